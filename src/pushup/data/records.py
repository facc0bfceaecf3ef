"""The one typed record that every annotation reader produces."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.skeleton import MPII_JOINTS


@dataclass(frozen=True)
class Record:
    """One labelled person in one image.

    Attributes:
        image: Path of the image file ("" for rendered pictures).
        keypoints: (J, 2) 0-based frame pixels, NaN where unlabelled.
        labelled: (J,) bool, the joint has a position.
        visible: (J,) bool, labelled and not known to be hidden from view.
        box_xyxy: Person box in frame pixels, already by its source's own rule; None if unknown.
        head_size: PCKh reference length in pixels (0.6 x head-box diagonal); None if unknown.
        source: Name of the collection the image comes from.
        group: Images that share a scene share a group: never split, resampled together.
        joints: Names of the J joints.
        image_id: Of the image in its annotation; None if it has none.
        size_wh: Width and height that the annotation states of the image; None if it does not.
    """

    image: Path
    keypoints: np.ndarray
    labelled: np.ndarray
    visible: np.ndarray
    box_xyxy: tuple[float, float, float, float] | None = None
    head_size: float | None = None
    source: str = "unknown"
    group: str = field(default="")
    image_id: int | str | None = None
    size_wh: tuple[int, int] | None = None
    joints: tuple[str, ...] = MPII_JOINTS

    def __post_init__(self) -> None:
        joints = len(self.joints)
        if self.keypoints.shape != (joints, 2):
            raise InputError(
                f"{self.image}: expected {joints} joints with x and y, "
                f"got an array of shape {self.keypoints.shape}"
            )
        if not np.isfinite(self.keypoints[self.labelled]).all():
            raise InputError(f"{self.image}: a labelled joint has no finite position")
