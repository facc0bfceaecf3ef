"""Batch norm for weights that come without it, so that they can be trained on."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def undo_normalisation(net: nn.Module, images: Tensor) -> None:
    """Let every batch norm give back what it gets, but for the shift that it already has.

    It takes the mean and variance of what reaches it as its statistics, and as its scale and shift
    those that undo them: nothing changes in evaluation mode, and little in training.

    Args:
        net: Its batch norms hold the shifts that are to stay (0 in new ones).
        images: (B, 3, H, W), normalised as its weights expect, from which the statistics come.
    """

    def measure(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3))
        norm.running_mean.copy_(mean)  # type: ignore[union-attr]
        norm.running_var.copy_(variance)  # type: ignore[union-attr]
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)

    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [norm.register_forward_pre_hook(measure) for norm in norms]  # type: ignore[arg-type]
    net.eval()(images)
    for hook in hooks:
        hook.remove()
