"""The seven-point JSON of the published push-up counter.

A list of `{"image", "points": [[x, y] * 7], "visibility": [0/1 * 7], "bbox"?: [[x1, y1], [x2, y2]],
"is_pushing_up"?: 0/1}` in 0-based pixels and the order of `pushup.skeleton.UPPER7`; [-1, -1] is
unlabelled. Optional fields of ours: `source` and `group`.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pushup.data import annotations as check
from pushup.data.pictures import inside
from pushup.data.records import Record
from pushup.foreign import parsing
from pushup.skeleton import MPII_JOINTS, UPPER7

POINTS = len(UPPER7)
_PADDING = 0.1
"""Share of its size by which the authors' box exceeds the points on each side (released code)."""


def read(root: str | Path, split: str) -> list[Record]:
    """Records of `root/{split}.json`, seven joints of the sixteen labelled at most.

    `source` is "pushup" where `is_pushing_up` is 1, "other" where it is 0, "authors" where absent.

    Raises:
        InputError: Anything missing or malformed, or an image that is absent.
    """
    path = check.find_annotation(root, split)
    images = check.image_folder(root)
    rows = check.read_rows(path)
    with parsing(path, "seven-point JSON", "correct it, or choose another reader"):
        records = [_record(row, images, where) for where, row in rows]
    check.check_images((r.image for r in records), path)
    return records


def _record(row: dict, images: Path, where: str) -> Record:
    name = check.text(row, "image", where)
    visibility = check.flags(row, "visibility", POINTS, where)
    points = check.numbers(row, "points", (POINTS, 2), where, needed=visibility)
    given = np.isfinite(points).all(1) & ~(points == -1).all(1)
    keypoints = np.full((len(MPII_JOINTS), 2), np.nan)
    labelled = np.zeros(len(MPII_JOINTS), bool)
    visible = np.zeros(len(MPII_JOINTS), bool)
    keypoints[UPPER7.mpii] = np.where(given[:, None], points, np.nan)
    labelled[UPPER7.mpii] = given
    visible[UPPER7.mpii] = given & visibility
    box = None
    if row.get("bbox") is not None:
        x1, y1, x2, y2 = check.numbers(row, "bbox", (2, 2), where).ravel().tolist()
        box = x1, y1, x2, y2
    return Record(
        image=inside(images, name, where),
        keypoints=keypoints,
        labelled=labelled,
        visible=visible,
        box_xyxy=box,
        source=str(row.get("source") or _source(row, where)),
        group=str(row.get("group") or name),
    )


def _source(row: dict, where: str) -> str:
    if "is_pushing_up" not in row:
        return "authors"
    return "pushup" if check.numbers(row, "is_pushing_up", (), where) else "other"


def write(path: Path, records: Iterable[Record], is_pushing_up: bool) -> None:
    """Write records in the layout that `read` reads.

    Args:
        path: The JSON file.
        records: Their `image` is written as it is: the name under the image folder.
        is_pushing_up: Whether these pictures show push-ups.
    """
    rows = [_row(record, is_pushing_up) for record in records]
    path.write_text(json.dumps(rows), encoding="utf-8")


def _row(record: Record, is_pushing_up: bool) -> dict:
    labelled = record.labelled[UPPER7.mpii]
    points = np.where(labelled[:, None], record.keypoints[UPPER7.mpii], -1)
    row: dict[str, Any] = {
        "image": record.image.as_posix(),
        "points": np.round(points, 6).tolist(),
        "visibility": record.visible[UPPER7.mpii].astype(int).tolist(),
        "is_pushing_up": int(is_pushing_up),
        "source": record.source,
        "group": record.group,
    }
    if labelled.any():
        low, high = points[labelled].min(0), points[labelled].max(0)
        margin = _PADDING * (high - low)
        row["bbox"] = np.round([low - margin, high + margin], 6).tolist()
    return row
