"""Paired comparison of two networks by scene, from what `evaluate.py` wrote of each.

Every scene counts alike: a figure is the mean over scenes of the mean over a scene's images. The
interval of a difference resamples scenes, the same ones for both networks (a paired bootstrap), so
that what makes a scene hard for both does not widen it.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pushup.cli import InputError
from pushup.evaluation.report import markdown_table, share, with_interval
from pushup.metrics.bootstrap import group_means, mean_interval

FIGURES = {"pcks": "PCKs", "pck_bbox": "body PCK"}
"""Columns of images.csv, and what reports call them."""

KEYS = ("source", "group", "image")
"""Columns that tell an image from all others."""

Images = dict[tuple[str, ...], dict[str, float]]
"""The values in `FIGURES` of each image, NaN where it has none, by its `KEYS`."""


class Difference(NamedTuple):
    """One figure of one source, before and after.

    Attributes:
        source: Collection of images.
        figure: Column of images.csv.
        scenes: How many scenes have the figure.
        before: Mean over scenes.
        after: Mean over scenes.
        interval: 95 % interval of after - before.
        better: Scenes whose figure rose.
        worse: Scenes whose figure fell.
    """

    source: str
    figure: str
    scenes: int
    before: float
    after: float
    interval: tuple[float, float]
    better: int
    worse: int


def compare(before: Images, after: Images) -> list[Difference]:
    """Every figure of every source.

    Raises:
        InputError: The two are not of the same images.
    """
    if before.keys() != after.keys():
        one = sorted(before.keys() ^ after.keys())[0]
        raise InputError(
            f"{one[-1]} of {one[0]} is on one side alone: evaluate both on the same splits"
        )
    return [
        _difference(source, figure, before, after)
        for source in sorted({key[0] for key in before})
        for figure in FIGURES
    ]


def _difference(source: str, figure: str, before: Images, after: Images) -> Difference:
    keys = [key for key in before if key[0] == source]
    groups = [key[1] for key in keys]
    old, new = (
        group_means(np.array([images[key][figure] for key in keys]), groups)
        for images in (before, after)
    )
    change = new - old
    return Difference(
        source=source,
        figure=figure,
        scenes=len(change),
        before=float(old.mean()) if len(old) else float("nan"),
        after=float(new.mean()) if len(new) else float("nan"),
        interval=mean_interval(change),
        better=int((change > 0).sum()),
        worse=int((change < 0).sum()),
    )


def read(paths: Sequence[Path]) -> Images:
    """The images of one or several images.csv.

    Raises:
        InputError: A file is missing or no such file, or two hold the same image.
    """
    found: Images = {}
    for path in paths:
        for row in _rows(path):
            key = tuple(row[name] for name in KEYS)
            if key in found:
                raise InputError(f"{path} holds {row['image']} again: give each split once")
            found[key] = {name: float(row[name] or "nan") for name in FIGURES}
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: give images.csv of evaluate.py") from error
    missing = {*KEYS, *FIGURES} - set(rows[0] if rows else ())
    if missing:
        raise InputError(
            f"{path} has no column {sorted(missing)[0]!r}: write it again with evaluate.py"
        )
    return rows


def markdown(differences: Sequence[Difference]) -> str:
    """A table, a row for each figure of each source."""
    header = ("source", "figure", "scenes", "before", "after", "difference", "better", "worse")
    return markdown_table(
        header,
        [
            (
                d.source,
                FIGURES[d.figure],
                str(d.scenes),
                share(d.before),
                share(d.after),
                with_interval(d.after - d.before, d.interval),
                str(d.better),
                str(d.worse),
            )
            for d in differences
        ],
    )
