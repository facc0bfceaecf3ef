"""Clips beside each other: how they are composed, and the mode on rendered ones."""

import hydra
import numpy as np
import pytest

from pushup.cli import InputError
from pushup.commands.evaluate import evaluate
from pushup.data.clips import read_clips
from pushup.evaluation.counting.people import ALONE, BESIDE, MIRROR, Place, beside, compose
from pushup.paths import CONF
from pushup.synthetic import write_clips


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Clips of three push-ups and of two, at two rates."""
    root = tmp_path_factory.mktemp("clips")
    options = {"duration_s": 7.0, "fps": 12.0, "size_wh": (240, 180), "clean": True}
    rows = []
    for seed, number, view in ((3, 3, "side"), (8, 2, "three_quarter")):
        write_clips(root, [seed], repetitions=number, view=view, **options)
        header, row = (root / "counts.csv").read_text().splitlines()
        rows.append(row)
    (root / "counts.csv").write_text("\n".join([header, *rows]) + "\n")
    (root / "reps.csv").unlink()
    return root


def test_clips_of_other_rates_run_in_step_and_wait_for_each_other(folder):
    a, b = read_clips(folder, "rendered")
    alone = [len(list(Place(clip).images(24.0))) for clip in (a, b)]
    assert alone[0] == pytest.approx(2 * 84, abs=2)
    edges, pictures = beside([Place(a), Place(b, mirrored=True)], 24.0)
    images = list(pictures)
    assert (len(images), edges) == (max(alone), [240, 480])
    first = next(Place(b).images(24.0))
    assert np.array_equal(images[0][:, 240:], first[:, ::-1])


def test_pairs_differ_and_too_many_are_refused(folder):
    clips = read_clips(folder, "rendered")
    composed = compose(clips, 1, seed=0)
    [pair] = composed[BESIDE].values()
    assert {place.clip.count for place in pair} == {2, 3}
    [mirror] = composed[MIRROR].values()
    assert [place.mirrored for place in mirror] == [False, True]
    with pytest.raises(InputError, match="give pairs=1"):
        compose(clips, 2, seed=0)


def test_each_is_counted_alone_beside_another_and_beside_a_mirror(folder, tmp_path):
    overrides = ["mode=people", "model=mobilenet", f"data.root={folder}", "split=rendered"]
    overrides += ["pairs=1", "fps=12", "workers=1", f"output_dir={tmp_path}"]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        figures = evaluate(hydra.compose("evaluate", overrides))["kinds"]
    assert [figures[kind]["people"] for kind in (ALONE, BESIDE, MIRROR)] == [2, 2, 2]
    assert all(f["exact"] == 2 and not f["nobody"] and not f["several"] for f in figures.values())
    assert "beside each other" in (tmp_path / "results.md").read_text()
