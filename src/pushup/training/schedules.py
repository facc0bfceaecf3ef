"""Learning-rate schedules."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler


@dataclass(frozen=True)
class Schedule:
    """How the learning rate moves.

    Attributes:
        build: Makes the scheduler from the optimizer (and `total_steps`, see below).
        interval: When it steps: "step" (each batch) or "epoch".
        needs_total_steps: `build` also takes the number of batches of the whole training.
    """

    build: Callable[..., LRScheduler]
    interval: str = "epoch"
    needs_total_steps: bool = False

    def attach(self, optimizer: Optimizer, total_steps: int, monitor: str) -> dict:
        """What a LightningModule returns for its scheduler."""
        extra = {"total_steps": total_steps} if self.needs_total_steps else {}
        return {
            "scheduler": self.build(optimizer, **extra),
            "interval": self.interval,
            "monitor": monitor,
        }


def warmup_cosine(optimizer: Optimizer, total_steps: int, warmup: float = 0.05) -> LambdaLR:
    """Linear rise over the share `warmup` of all steps, then half a cosine down to 0."""
    rise = max(1, round(total_steps * warmup))

    def factor(step: int) -> float:
        if step < rise:
            return (step + 1) / rise
        progress = min(1.0, (step - rise) / max(1, total_steps - rise))
        return 0.5 * (1 + math.cos(math.pi * progress))

    return LambdaLR(optimizer, factor)
