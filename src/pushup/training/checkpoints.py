"""Checkpoints that are whole, whatever happens while they are written."""

import os
from typing import Any

import torch
from lightning_fabric.plugins.io.torch_io import TorchCheckpointIO

from pushup.files import replacing

MAKE_ROOM = "make room, then go on with resume=true"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the target, on the same file system, and renames when all is on the disk.

    Lightning's own moves the file from the folder for temporary files: where that is another file
    system, a kill or a full disk leaves half a checkpoint in place of the one before.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None
    ) -> None:
        """Write `checkpoint`; InputError if it cannot be written: the one before then stays."""
        with (
            replacing(path, MAKE_ROOM) as part,
            part.open("wb") as file,
        ):
            torch.save(checkpoint, file)
            file.flush()
            os.fsync(file.fileno())
