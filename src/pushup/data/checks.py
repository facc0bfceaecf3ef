"""Pictures held against their records before anything is learnt or measured from them."""

from collections.abc import Sequence

import numpy as np

from pushup.cli import InputError
from pushup.data.pictures import Exif, Header, header
from pushup.data.records import Record

MOST_OUTSIDE = 0.5
"""Share of a person's joints that may lie outside the picture; none does in whole data sets."""

FEW = 3
"""Labelled joints from which a share means something."""


def checked(
    records: Sequence[Record], exif: Exif | None = None, drop_truncated: bool = False
) -> list[Record]:
    """The records, when their pictures are those that were labelled.

    Prints how many pictures are truncated: what is missing of them is read as grey.

    Args:
        records: With images that exist.
        exif: What labels of pictures refer to that EXIF turns. None: the picture as it is shown,
            where nothing speaks against it.
        drop_truncated: Leave truncated pictures out.

    Raises:
        InputError: A picture cannot be read, has another size than its annotation states, or most
            joints of a person lie outside it.
    """
    headers = {image: header(image) for image in dict.fromkeys(r.image for r in records)}
    for record in records:
        fault = _fault(record, headers[record.image], exif)
        if fault:
            raise InputError(f"{record.image}: {fault}")
    truncated = [image for image, found in headers.items() if found.truncated]
    if truncated:
        remedy = "left out" if drop_truncated else "data.drop_truncated=true leaves them out"
        print(
            f"{len(truncated)} of {len(headers)} pictures are truncated ({truncated[0]}): {remedy}"
        )
    if not drop_truncated:
        return list(records)
    return [record for record in records if not headers[record.image].truncated]


def _fault(record: Record, found: Header, exif: Exif | None) -> str | None:
    has = found.size_wh(exif)
    if record.size_wh is not None and record.size_wh != has:
        stated = "{} x {} pixels stated, {} x {} read".format(*record.size_wh, *has)
        other: Exif = "labels_upright" if exif == "labels_raw" else "labels_raw"
        if record.size_wh == found.size_wh(other):
            return f"{stated}, as EXIF turns it: give data.exif={other}"
        return f"{stated}: resized after it was labelled? Restore the picture, or label it again"
    points = record.keypoints[record.labelled]
    outside = ((points < -0.5) | (points > np.array(has) - 0.5)).any(1)
    if len(points) < FEW or outside.mean() <= MOST_OUTSIDE:
        return None
    most = f"{outside.sum()} of {len(points)} joints lie outside its {has[0]} x {has[1]} pixels"
    if found.orientation > 1 and exif is None:
        return f"{most}, and EXIF turns it: give data.exif=labels_raw"
    return f"{most}: resized after it was labelled? Restore the picture, or label it again"
