"""Labelled pictures as network inputs."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from pushup.cli import InputError
from pushup.data.augment import Augment
from pushup.data.records import Record
from pushup.data.sampling import Draw
from pushup.data.source import KeypointSource
from pushup.geometry import Box, Framing
from pushup.skeleton import Skeleton


class KeypointDataset(Dataset):
    """Pictures of a source as inputs of a network, with keypoints in input space."""

    def __init__(
        self,
        source: KeypointSource,
        skeleton: Skeleton,
        input_size: int,
        framing: Framing = Framing.SQUARE,
        augment: Augment | None = None,
    ) -> None:
        """Wrap a source.

        Args:
            source: Pictures and records.
            skeleton: Which joints, in which order.
            input_size: Longer side of the input in pixels.
            framing: How the network looks at a picture; CROP needs records with boxes.
            augment: Random variation, always of squares; none for evaluation.
        """
        check_joints(source, skeleton)
        self.source, self.skeleton, self.input_size = source, skeleton, input_size
        self.framing, self.augment = framing, augment

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, draw: int | Draw) -> dict[str, Any]:
        """One sample.

        Args:
            draw: Index; and the seed of the variation (default: the index).

        Returns:
            image: uint8 RGB tensor (3, H, W).
            keypoints: float32 (K, 2) in input space, 0 where unlabelled.
            labelled, visible: bool (K,).
            matrix: float64 (3, 3), frame to input.
            index: int.
            name: of the image file, "" for a rendered picture.
            source, group: as in the record; an image without a group is one of its own.
            head_size: PCKh reference length in input pixels, NaN if unknown.
        """
        index, seed = draw if isinstance(draw, tuple) else (draw, draw)
        image, record = self.source[index]
        person = self._person(record)
        height, width = image.shape[:2]
        flip = False
        if self.augment is None:
            transform = self.framing.transform((width, height), self.input_size, person)
            pixels = transform.warp(image)
        else:
            rng = np.random.default_rng(seed)
            base = person or (-0.5, -0.5, width - 0.5, height - 0.5)
            transform, flip = self.augment.draw_transform(base, record, self.input_size, rng)
            pixels = self.augment.change_pixels(transform.warp(image), rng)
        order = self.skeleton.within(record.joints)
        if flip:
            order = order[self.skeleton.flip]
        known = order >= 0
        labelled = known & record.labelled[order]
        keypoints = np.where(labelled[:, None], transform.to_input(record.keypoints[order]), 0.0)
        return {
            "image": torch.from_numpy(pixels).permute(2, 0, 1).contiguous(),
            "keypoints": torch.from_numpy(keypoints.astype(np.float32)),
            "labelled": torch.from_numpy(labelled),
            "visible": torch.from_numpy(known & record.visible[order]),
            "matrix": torch.from_numpy(transform.matrix),
            "index": index,
            "name": record.image.name,
            "source": record.source,
            "group": record.group or f"picture {index}",
            "head_size": (record.head_size or np.nan) * transform.scale,
        }

    def _person(self, record: Record) -> Box | None:
        """The box that is framed; None for the whole picture."""
        if self.framing is not Framing.CROP:
            return None
        if record.box_xyxy is None:
            raise InputError(f"{record.image} has no person box: choose framing=square")
        return record.box_xyxy


def check_joints(source: KeypointSource, skeleton: Skeleton) -> None:
    """InputError if the data know none of a skeleton's joints."""
    records = getattr(source, "records", None)
    joints = {joint for record in records or () for joint in record.joints}
    if joints and not joints & set(skeleton.joints):
        raise InputError(
            f"skeleton {skeleton.name}: the data have none of its joints "
            f"{', '.join(skeleton.joints)}, but {', '.join(sorted(joints))}; choose another "
            "skeleton=NAME, or write one into conf/skeleton"
        )
