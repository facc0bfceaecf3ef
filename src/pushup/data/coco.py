"""COCO keypoints JSON, as CVAT ("COCO Keypoints 1.0") and Label Studio ("COCO") export it.

Coordinates are 0-based pixels. A joint's flag is 0 = unlabelled, 1 = labelled but hidden, 2 =
visible. Keypoints are found by name: those of COCO, ours, or any others that a skeleton of
conf/skeleton names, in any spelling with "left" or "l" and "right" or "r" ("Left Shoulder",
"left-shoulder", "LShoulder", "shoulder_l").

COCO has no head top. It is taken from a point "head" or "head top" where there is one, else
estimated where nose, both ears and both shoulders are labelled, as
ears + 0.587 (ears - shoulders) - 0.450 (nose - ears), with the midpoints of ears and of shoulders.
Pelvis and thorax are the midpoints of hips and of shoulders unless labelled themselves.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.data import annotations as check
from pushup.data.pictures import find
from pushup.data.records import Record
from pushup.foreign import parsing, read_json
from pushup.geometry import enlarge_box
from pushup.skeleton import MPII_JOINTS

_MARGIN = 1.25
"""COCO's boxes close round the person: enlarged as the other readers' boxes are."""
_ALIASES = {
    "head_top": "head",
    "top_head": "head",
    "neck_upper": "upper_neck",
    "hip_center": "pelvis",
}
_SIDES = {"l": "left", "r": "right"}
_FACE = ("nose", "left_ear", "right_ear")

Point = tuple[np.ndarray, bool]
"""Position (2,) and whether it is visible."""


@dataclass(frozen=True)
class Tables:
    """The three lists of a COCO file."""

    images: list[dict]
    annotations: list[dict]
    categories: list[dict]


def read(root: str | Path, split: str) -> list[Record]:
    """Records of every person with at least one labelled joint.

    The annotation is `root/{split}.json` or `root/annotations/person_keypoints_{split}.json`. (The
    one split of CVAT is "default"; `python -m pushup prepare coco` makes others of it.) Images are
    looked for under `root/images`, `root/images/{split}` and `root`, see `pictures.find`. Crowd
    regions and annotations of other categories are passed over.

    Raises:
        InputError: Anything missing or malformed, no keypoint of a known name, an absent image, two
            images with one id or one file.
    """
    path = annotation_file(root, split)
    tables = read_tables(path)
    with parsing(path, "a COCO file", "export it again"):
        records = _records(Path(root), split, path, tables)
    if not records:
        raise InputError(f"{path}: no person with labelled keypoints; export skeletons, not boxes")
    check.check_images((r.image for r in records), path)
    return records


def annotation_file(root: str | Path, split: str) -> Path:
    """Where the annotation of a split lies; InputError if nowhere."""
    return check.find_annotation(root, split, ["annotations/person_keypoints_*.json"])


def image_folders(root: Path, split: str) -> tuple[Path, ...]:
    """Where the images of a split may lie, the likeliest first."""
    folder = check.image_folder(root)
    return folder, folder / split, root


def _records(root: Path, split: str, path: Path, tables: Tables) -> list[Record]:
    names_by_category = _categories(tables.categories, path)
    image_by_id = images_by_id(tables.images, path)
    folders = image_folders(root, split)
    file_of: dict[int | str, Path] = {}
    records = []
    for annotation in tables.annotations:
        where = f"{path}: annotation {annotation.get('id', '?')}"
        names = names_by_category.get(check.identifier(annotation, "category_id", where))
        if names is None or annotation.get("iscrowd") or "keypoints" not in annotation:
            continue
        image_id = check.identifier(annotation, "image_id", where)
        image = image_by_id.get(image_id)
        if image is None:
            raise InputError(f"{where}: its image_id is not among the images; export it again")
        points = _points(annotation, names, where)
        if points:
            if image_id not in file_of:
                file_of[image_id] = find(folders, check.text(image, "file_name", where), where)
            file = file_of[image_id]
            records.append(_record(points, names, annotation, image, file, where))
    _check_files(file_of, path)
    return records


def _check_files(file_of: dict[int | str, Path], path: Path) -> None:
    """InputError if two images are one file, as when folders with equal names were made one."""
    id_of: dict[Path, int | str] = {}
    for image_id, file in file_of.items():
        if file in id_of:
            raise InputError(
                f"{path}: images {id_of[file]} and {image_id} are both {file}; put the images into "
                "the folders that their names state"
            )
        id_of[file] = image_id


def images_by_id(images: Sequence[dict], path: Path) -> dict[int | str, dict]:
    """Images by their id; InputError if one is missing or there twice."""
    found: dict[int | str, dict] = {}
    for image in images:
        key = check.identifier(image, "id", f"{path}: an image")
        if key in found:
            raise InputError(f"{path}: two images have the id {key!r}; export it again")
        found[key] = image
    return found


def read_tables(path: Path) -> Tables:
    """The lists of a COCO file; InputError if it has them not."""
    content = read_json(path)
    names = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(n), list) for n in names):
        raise InputError(f"{path}: no COCO file; it must hold the lists {', '.join(names)}")
    images, annotations, categories = (content[n] for n in names)
    if not all(isinstance(row, dict) for row in images + annotations + categories):
        raise InputError(f"{path}: one of {', '.join(names)} holds something that is no object")
    return Tables(images, annotations, categories)


def joint_name(name: str) -> str:
    """A keypoint's name as we spell it.

    >>> [joint_name(n) for n in ("Left Shoulder", "r-wrist", "LElbow", "wrist_right", "Head Top")]
    ['left_shoulder', 'right_wrist', 'left_elbow', 'right_wrist', 'head']
    """
    spaced: str = re.sub(r"(?i)(left|right)", r" \1 ", name)
    found: list[str] = re.findall(r"[A-Z](?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+", spaced)
    words = [_SIDES.get(w.lower(), w.lower()) for w in found]
    sides = [w for w in words if w in ("left", "right")]
    joined = "_".join(sides + [w for w in words if w not in sides])
    return _ALIASES.get(joined, joined)


def _categories(categories: list[dict], path: Path) -> dict[int | str, list[str]]:
    """Joint names by category id: of "person" if that has keypoints, else of all that have."""
    named = {
        check.identifier(c, "id", f"{path}: a category"): [
            joint_name(str(n)) for n in c["keypoints"]
        ]
        for c in categories
        if isinstance(c.get("keypoints"), list)
    }
    usable = {key: names for key, names in named.items() if names}
    for key, names in usable.items():
        twice = {n for n in names if names.count(n) > 1}
        if twice:
            raise InputError(f"{path}: category {key} names {', '.join(sorted(twice))} twice")
    if not usable:
        raise InputError(
            f"{path}: no category has named keypoints; export skeletons, with names such as "
            f"{', '.join(MPII_JOINTS[10:13])}"
        )
    people = {
        c["id"]: usable[c["id"]]
        for c in categories
        if str(c.get("name")).lower() == "person" and c["id"] in usable
    }
    return people or usable


def _points(annotation: dict, names: list[str], where: str) -> dict[str, Point]:
    """The labelled points of one annotation by joint name, derived ones included."""
    size = (3 * len(names),)
    values = check.numbers(annotation, "keypoints", size, where, needed=np.zeros(size, bool))
    values = values.reshape(-1, 3)
    if not np.isin(values[:, 2], (0, 1, 2)).all():
        raise InputError(f"{where}: a keypoint's flag is not 0, 1 or 2; export it again")
    if not np.isfinite(values[values[:, 2] > 0]).all():
        raise InputError(f"{where}: a labelled keypoint has no finite position; export it again")
    points = {n: (v[:2], bool(v[2] == 2)) for n, v in zip(names, values, strict=True) if v[2] > 0}
    _derive(points, "thorax", ("left_shoulder", "right_shoulder"), lambda a, b: (a + b) / 2)
    _derive(points, "pelvis", ("left_hip", "right_hip"), lambda a, b: (a + b) / 2)
    _derive(points, "head", (*_FACE, "left_shoulder", "right_shoulder"), _head_top)
    ours = set(names) & set(MPII_JOINTS)
    return points if not ours or ours & set(points) else {}


def _derive(
    points: dict[str, Point], name: str, parts: tuple[str, ...], formula: Callable[..., np.ndarray]
) -> None:
    if name not in points and all(p in points for p in parts):
        position = formula(*(points[p][0] for p in parts))
        points[name] = position, all(points[p][1] for p in parts)


def _head_top(nose, left_ear, right_ear, left_shoulder, right_shoulder) -> np.ndarray:
    ears, shoulders = (left_ear + right_ear) / 2, (left_shoulder + right_shoulder) / 2
    return ears + 0.587 * (ears - shoulders) - 0.450 * (nose - ears)


def _record(
    points: dict[str, Point],
    names: Sequence[str],
    annotation: dict,
    image: dict,
    file: Path,
    where: str,
) -> Record:
    joints = (*MPII_JOINTS, *(name for name in names if name not in MPII_JOINTS))
    keypoints = np.full((len(joints), 2), np.nan)
    visible = np.zeros(len(joints), bool)
    for name, (position, is_visible) in points.items():
        joint = joints.index(name)
        keypoints[joint], visible[joint] = position, is_visible
    box = None
    if annotation.get("bbox"):
        x, y, width, height = check.numbers(annotation, "bbox", (4,), where).tolist()
        if width > 0 and height > 0:
            box = enlarge_box((x, y, x + width, y + height), _MARGIN)
    return Record(
        image=file,
        keypoints=keypoints,
        labelled=np.isfinite(keypoints[:, 0]),
        visible=visible,
        box_xyxy=box,
        source=str(image.get("source") or "coco"),
        group=str(image.get("group") or image["file_name"]),
        image_id=image["id"],
        size_wh=_size(image, where),
        joints=joints,
    )


def _size(image: dict, where: str) -> tuple[int, int] | None:
    """What is stated of an image's width and height; COCO demands both, some tools leave them 0."""
    if not image.get("width") or not image.get("height"):
        return None
    width, height = (float(check.numbers(image, name, (), where)) for name in ("width", "height"))
    return round(width), round(height)
