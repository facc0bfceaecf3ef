"""Paired comparison of two networks by scene."""

import csv
import math
import re
from pathlib import Path

import numpy as np
import pytest

from pushup.cli import InputError
from pushup.commands.compare import main
from pushup.evaluation.keypoints.compare import compare, read
from pushup.metrics.bootstrap import group_means, mean_interval

SCENES = [f"scene {i}" for i in range(12)]


def images(rise: float = 0.0, source: str = "clip") -> dict:
    """Scenes from hard to easy, of one to twelve images; each `rise` better than without it."""
    return {
        (source, scene, f"{scene} {k}.png"): {"pcks": i / 20 + rise, "pck_bbox": i / 20}
        for i, scene in enumerate(SCENES)
        for k in range(i + 1)
    }


def write(path: Path, rows: dict) -> Path:
    columns = ("source", "group", "image", "pcks", "pck_bbox")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for key, values in rows.items():
            texts = ("" if math.isnan(v) else v for v in values.values())
            writer.writerow((*key, *texts))
    return path


def test_scenes_count_alike_and_images_without_a_value_not_at_all() -> None:
    values = np.array([1.0, 0.0, math.nan, 1.0, math.nan])
    assert group_means(values, ["b", "b", "b", "a", "none"]).tolist() == [1.0, 0.5]


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    values = np.random.default_rng(1).normal(0.3, 0.1, 400)
    low, high = mean_interval(values)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=1e-3)
    assert all(math.isnan(v) for v in mean_interval(values[:1]))


def test_the_same_scenes_on_both_sides_make_a_small_gain_certain() -> None:
    """Scenes differ by far more than the gain: unpaired intervals would overlap."""
    pcks, body = compare(images(), images(rise=0.02))
    assert (pcks.scenes, pcks.better, pcks.worse) == (12, 12, 0)
    assert pcks.after - pcks.before == pytest.approx(0.02)
    assert pcks.interval == pytest.approx((0.02, 0.02))
    assert body.interval == (0.0, 0.0)
    assert (body.better, body.worse) == (0, 0)


def test_one_scene_alone_makes_a_gain_no_more_than_possible() -> None:
    after = images()
    after["clip", "scene 0", "scene 0 0.png"]["pcks"] = 1.0
    pcks, _ = compare(images(), after)
    assert pcks.after > pcks.before
    assert pcks.interval[0] == 0.0


def test_sources_are_kept_apart_and_a_scene_without_a_figure_is_left_out() -> None:
    both = {**images(), **images(source="still")}
    for key in both:
        if key[1] == "scene 3":
            both[key]["pcks"] = math.nan
    found = compare(both, both)
    assert [(d.source, d.figure, d.scenes) for d in found] == [
        ("clip", "pcks", 11),
        ("clip", "pck_bbox", 12),
        ("still", "pcks", 11),
        ("still", "pck_bbox", 12),
    ]


def test_the_command_takes_each_side_in_several_files(tmp_path: Path, capsys) -> None:
    sides = {}
    for side, rise in (("before", 0.0), ("after", 0.02)):
        sides[side] = [
            str(write(tmp_path / f"{side}_{source}.csv", images(rise, source)))
            for source in ("clip", "still")
        ]
    main(["--before", *sides["before"], "--after", *sides["after"]])
    rows = capsys.readouterr().out.splitlines()[2:]
    assert len(rows) == 4
    assert re.fullmatch(r"\| clip +\| +PCKs .* 0\.020 \[0\.020, 0\.020\] .* 12 \| +0 \|", rows[0])


@pytest.mark.parametrize("change", ["gone", "twice", "absent", "no column"])
def test_what_cannot_be_compared_is_one_line(change: str, tmp_path: Path) -> None:
    rows = images()
    file = write(tmp_path / "images.csv", rows)
    if change == "gone":
        fewer = dict(list(rows.items())[1:])
        with pytest.raises(InputError, match=r"scene 0 0\.png of clip is on one side alone"):
            compare(rows, fewer)
    elif change == "twice":
        with pytest.raises(InputError, match="again"):
            read([file, file])
    elif change == "absent":
        with pytest.raises(InputError, match=r"absent\.csv cannot be read"):
            read([tmp_path / "absent.csv"])
    else:
        file.write_text("image,source,group,pcks\na.png,clip,a,0.5\n")
        with pytest.raises(InputError, match="no column 'pck_bbox'"):
            read([file])
