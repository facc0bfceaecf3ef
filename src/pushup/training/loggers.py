"""Loggers that need more than a constructor."""

import netrc
import os
from pathlib import Path

from pytorch_lightning.loggers import WandbLogger


def wandb_logger(save_dir: str, project: str, name: str, resume: bool) -> WandbLogger:
    """Weights & Biases, offline where no key is at hand (`wandb sync` uploads later)."""
    return WandbLogger(
        project=project,
        name=name,
        id=name.replace("/", "-"),
        save_dir=save_dir,
        offline=not _has_key(),
        resume="allow" if resume else None,
    )


def _has_key() -> bool:
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc.netrc(Path.home() / ".netrc").authenticators("api.wandb.ai") is not None
    except (OSError, netrc.NetrcParseError):
        return False
