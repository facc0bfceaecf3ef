"""MPII Human Pose: the community JSON and the release's own .mat, one person a record.

Community JSON (as published with HRNet and Simple Baselines): a list of `image, center, scale,
joints (16 x 2), joints_vis (16)`. Pixels are 1-based. `joints_vis` is 1 where a joint is labelled,
hidden or not, and 0 where it is not (its position then is -1 or 0). Optional fields of ours:
`source`, `group`, `head_box` ([x1, y1, x2, y2], 1-based), `joints_visible` (0 = hidden from view).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io.matlab import mat_struct

from pushup.cli import InputError
from pushup.data import annotations as check
from pushup.data import matlab
from pushup.data.pictures import inside
from pushup.data.records import Record
from pushup.foreign import parsing
from pushup.skeleton import MPII_JOINTS

JOINTS = len(MPII_JOINTS)
BOX_RULES = ("mpii", "tight")
_UNIT = 200
"""Pixels of body per unit of MPII's `scale`."""
_MARGIN = 1.25
"""How much larger than the person a box is cut, so that no limb is lost."""
_DOWN = 15
"""MPII's `center` lies high on the body: boxes move down by this many pixels per unit of scale."""


@dataclass(frozen=True)
class MpiiPerson:
    """One person as MPII annotates it, in 0-based pixels.

    Attributes:
        image: Name under the image folder.
        keypoints: (16, 2), NaN where unlabelled.
        labelled: (16,) bool.
        visible: (16,) bool, labelled and not marked as hidden.
        center: (2,) about the middle of the body; None if not given.
        scale: Size of the person / 200 pixels; None if not given.
        head_box: (4,) x1, y1, x2, y2; None if not given.
        source: Name of the collection.
        group: Images of one scene share it; the image's name by default.
        is_train: Of MPII's training images (its test labels are not public).
        index: 1-based numbers of image and person in the release, (0, 0) if unknown.
    """

    image: str
    keypoints: np.ndarray
    labelled: np.ndarray
    visible: np.ndarray
    center: np.ndarray | None = None
    scale: float | None = None
    head_box: np.ndarray | None = None
    source: str = "mpii"
    group: str = ""
    is_train: bool = True
    index: tuple[int, int] = (0, 0)

    def box_xyxy(self, rule: str) -> tuple[float, float, float, float] | None:
        """Square box: "mpii" moves the centre down first, "tight" takes it as it is."""
        if self.center is None or self.scale is None:
            return None
        x, y = self.center
        if rule == "mpii":
            y = y + _DOWN * self.scale
        half = _UNIT * self.scale * _MARGIN / 2
        return float(x - half), float(y - half), float(x + half), float(y + half)

    def record(self, images: Path, box_rule: str = "mpii") -> Record:
        """The typed record; `head_size` is MPII's PCKh length, 0.6 x the head box's diagonal."""
        head_size = None
        if self.head_box is not None:
            head_size = 0.6 * float(np.hypot(*(self.head_box[2:] - self.head_box[:2])))
        return Record(
            image=inside(images, self.image, self.image),
            keypoints=self.keypoints,
            labelled=self.labelled,
            visible=self.visible,
            box_xyxy=self.box_xyxy(box_rule),
            head_size=head_size,
            source=self.source,
            group=self.group or self.image,
        )

    def resized(self, factor_xy: tuple[float, float]) -> "MpiiPerson":
        """The same person in the image resized by these factors (pixel centres are integers)."""
        factor = np.asarray(factor_xy, float)

        def moved(points: np.ndarray) -> np.ndarray:
            return (points.reshape(-1, 2) + 0.5) * factor - 0.5

        return replace(
            self,
            keypoints=moved(self.keypoints),
            center=None if self.center is None else moved(self.center).ravel(),
            scale=None if self.scale is None else self.scale * float(np.sqrt(factor.prod())),
            head_box=None if self.head_box is None else moved(self.head_box).ravel(),
        )


def read_community_json(root: str | Path, split: str, box_rule: str = "mpii") -> list[Record]:
    """Records of `root/{split}.json` in the community layout.

    Args:
        root: Folder of the annotation; images lie in `root/images`, or in `root` without it.
        split: Name of the annotation file without `.json`.
        box_rule: "mpii" for MPII's own centre and scale, "tight" where they close round the joints.

    Raises:
        InputError: Anything missing or malformed, or an image that is absent.
    """
    if box_rule not in BOX_RULES:
        raise InputError(f"box_rule={box_rule}: unknown rule; choose one of {', '.join(BOX_RULES)}")
    path = check.find_annotation(root, split)
    images = check.image_folder(root)
    records = [person.record(images, box_rule) for person in read_community_people(path)]
    check.check_images((r.image for r in records), path)
    return records


def read_community_people(path: Path) -> list[MpiiPerson]:
    """The people of one community JSON file, images not looked for."""
    rows = check.read_rows(path)
    with parsing(path, "MPII's community JSON", "correct it, or choose another reader"):
        return [_community_person(row, where) for where, row in rows]


def _community_person(row: dict, where: str) -> MpiiPerson:
    name = check.text(row, "image", where)
    labelled, joints = np.zeros(JOINTS, bool), np.full((JOINTS, 2), np.nan)
    if "joints" in row or "joints_vis" in row:  # MPII's test split has neither
        labelled = check.flags(row, "joints_vis", JOINTS, where)
        joints = check.numbers(row, "joints", (JOINTS, 2), where, needed=labelled)
    visible = labelled.copy()
    if "joints_visible" in row:
        visible &= check.flags(row, "joints_visible", JOINTS, where)
    center = check.numbers(row, "center", (2,), where)
    scale = float(check.numbers(row, "scale", (), where))
    has_box = center[0] != -1 and scale > 0
    head_box = row.get("head_box")
    return MpiiPerson(
        image=name,
        keypoints=np.where(labelled[:, None], joints - 1, np.nan),
        labelled=labelled,
        visible=visible,
        center=center - 1 if has_box else None,
        scale=scale if has_box else None,
        head_box=None if head_box is None else check.numbers(row, "head_box", (4,), where) - 1,
        source=str(row.get("source") or "mpii"),
        group=str(row.get("group") or ""),
    )


def write_community_json(path: Path, people: Iterable[MpiiPerson]) -> None:
    """Write people in the layout that `read_community_json` reads."""
    path.write_text(json.dumps([_community_row(p) for p in people]), encoding="utf-8")


def _community_row(person: MpiiPerson) -> dict:
    def listed(values: np.ndarray) -> list:
        return np.round(values + 1, 6).tolist()

    row: dict[str, Any] = {
        "image": person.image,
        "joints": listed(np.where(person.labelled[:, None], person.keypoints, -2)),
        "joints_vis": person.labelled.astype(int).tolist(),
        "joints_visible": person.visible.astype(int).tolist(),
        "center": [-1, -1] if person.center is None else listed(person.center),
        "scale": -1 if person.scale is None else round(person.scale, 8),
        "source": person.source,
        "group": person.group or person.image,
    }
    if person.head_box is not None:
        row["head_box"] = listed(person.head_box)
    return row


def read_release_people(path: str | Path) -> list[MpiiPerson]:
    """Every labelled person of MPII's release file.

    Its oddities: fields absent from whole images or empty for one person, one struct in place of
    an array of them, `is_visible` absent, empty, a character or a number. Joints without
    `is_visible` count as visible.

    Raises:
        InputError: The file is missing, truncated or of another kind.
    """
    path = Path(path)
    content = matlab.load(path)
    with parsing(path, "MPII's release", "download it again"):
        return _release_people(path, content.get("RELEASE"))


def _release_people(path: Path, release: Any) -> list[MpiiPerson]:
    images = matlab.structs(getattr(release, "annolist", None))
    is_train = np.ravel(getattr(release, "img_train", []))
    if not images or len(images) != len(is_train):
        raise InputError(f"{path}: not MPII's release; give mpii_human_pose_v1_u12_1.mat")
    people = []
    for i, image in enumerate(images):
        where = f"{path}: annolist({i + 1})"
        name = next(
            (getattr(s, "name", "") for s in matlab.structs(getattr(image, "image", None))), ""
        )
        for p, rect in enumerate(matlab.structs(getattr(image, "annorect", None))):
            points = _points(rect)
            if points:
                place = f"{where}.annorect({p + 1})"
                person = _release_person(str(name), rect, points, place)
                people.append(replace(person, is_train=bool(is_train[i]), index=(i + 1, p + 1)))
    if not people:
        raise InputError(f"{path}: no labelled person; give mpii_human_pose_v1_u12_1.mat")
    return people


def _points(rect: mat_struct) -> list[mat_struct]:
    return [
        point
        for annopoints in matlab.structs(getattr(rect, "annopoints", None))
        for point in matlab.structs(getattr(annopoints, "point", None))
    ]


def _release_person(
    image: str, rect: mat_struct, points: list[mat_struct], where: str
) -> MpiiPerson:
    if not image:
        raise InputError(f"{where}: the image has no name; download the file again")
    keypoints = np.full((JOINTS, 2), np.nan)
    visible = np.zeros(JOINTS, bool)
    for point in points:
        values = matlab.numbers(point, ("id", "x", "y"), where)
        if values is None or values[0] not in range(JOINTS):
            raise InputError(
                f"{where}: a point without x, y or an id from 0 to 15; download it again"
            )
        joint = int(values[0])
        keypoints[joint] = values[1:] - 1
        visible[joint] = matlab.number(point, "is_visible", where) != 0
    center = next(
        (matlab.numbers(s, "xy", where) for s in matlab.structs(getattr(rect, "objpos", None))),
        None,
    )
    scale = matlab.number(rect, "scale", where)
    head_box = matlab.numbers(rect, ("x1", "y1", "x2", "y2"), where)
    return MpiiPerson(
        image=image,
        keypoints=keypoints,
        labelled=np.isfinite(keypoints[:, 0]),
        visible=visible,
        center=None if center is None or scale is None else center - 1,
        scale=None if center is None else scale,
        head_box=None if head_box is None else head_box - 1,
    )
