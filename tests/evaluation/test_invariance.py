"""Counts of the same clip in variants: what is written, what is counted, what the table says."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pushup.cli import InputError, composed
from pushup.commands.evaluate import evaluate
from pushup.data.clips import LabelledClip, read_clips
from pushup.evaluation.counting.invariance import ORIGINAL, summarise
from pushup.evaluation.counting.variants import VARIANTS, Variant, at_rate, changed, write_variant
from pushup.synthetic.clip_files import write_clips
from pushup.video.frames import Frame
from pushup.video.source import open_source
from support.block_clips import write_block_clips

NETWORK = ("model=mobilenet", "split=rendered")


def run(root: Path, out: Path, *overrides: str) -> dict:
    """The command on one process; the figures of the default counter."""
    usual = ["mode=invariance", f"data.root={root}", f"output_dir={out}", "workers=1"]
    evaluate(composed("evaluate", [*usual, *overrides]))
    return json.loads((out / "results.json").read_text())["counters"]["default"]


def pictures(video: Path) -> list[Frame]:
    with open_source(video) as source:
        return list(source)


def test_a_rate_drops_and_repeats_frames_at_their_times() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    frames = [Frame(image + k, 0.1 * k, k, 0.0) for k in range(4)]

    def shown(fps: float) -> list[tuple[int, float]]:
        found = at_rate(frames, fps)
        return [(int(f.image_bgr[0, 0, 0]), round(f.time_s, 3)) for f in found]

    assert shown(5) == [(0, 0.0), (2, 0.2)]
    assert [f.time_s for f in at_rate(frames[:1], 15)] == [0.0]  # a single one is shown once
    assert shown(20) == [(k // 2, round(0.05 * k, 3)) for k in range(8)]
    assert shown(15) == [(0, 0.0), (0, 0.067), (1, 0.133), (2, 0.2), (2, 0.267), (3, 0.333)]


def test_a_picture_is_changed_as_its_variant_says() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (4, 6, 3)).astype(np.uint8)
    np.testing.assert_array_equal(changed(image, Variant(mirrored=True), rng), image[:, ::-1])
    turned = changed(image, Variant(turn=90), rng)
    np.testing.assert_array_equal(turned, np.rot90(image, -1))
    assert changed(image, Variant(scale=0.5), rng).shape == (2, 3, 3)
    darker = changed(image, Variant(gamma=2), rng)
    np.testing.assert_allclose(darker, 255 * (image / 255) ** 2, atol=0.5)
    grey = np.full((200, 200, 3), 128, np.uint8)
    assert changed(grey, Variant(noise=12), rng).std() == pytest.approx(12, rel=0.05)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_is_a_video_of_the_same_length(name, tmp_path) -> None:
    [clip] = read_clips(write_block_clips(tmp_path / "clips", (1,)), "val")
    frames = pictures(clip.video)
    variant = VARIANTS[name]
    write_variant(clip, variant, tmp_path / "made.mp4")
    made = pictures(tmp_path / "made.mp4")
    fps = variant.fps or 15
    assert len(made) == pytest.approx(len(frames) * fps / 15, abs=1)
    assert [frame.time_s for frame in made] == pytest.approx(np.arange(len(made)) / fps, abs=1e-3)
    height, width = changed(frames[0].image_bgr, variant, np.random.default_rng(0)).shape[:2]
    assert made[0].image_bgr.shape == (height, width, 3)
    if variant == replace(Variant(), encoding=variant.encoding):
        away = made[9].image_bgr.astype(float) - frames[9].image_bgr
        assert np.abs(away).mean() < 25
        assert np.abs(away.mean((0, 1))).max() < 4


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rendered clips of push-ups seen from the side."""
    root = tmp_path_factory.mktemp("rendered")
    write_clips(root, (11, 12), duration_s=4.0, fps=12.0, view="side", tempo_s=1.6)
    return root


def test_rendered_clips_keep_their_counts_and_are_written_and_looked_at_once(
    rendered, tmp_path
) -> None:
    variants = ("mirrored", "fps_15", "turned_180")
    options = (*NETWORK, f"variants=[{','.join(variants)}]")
    one = run(rendered, tmp_path, *options)
    assert list(one["variants"]) == [ORIGINAL, *variants]
    assert one["with_repetitions"] == one["clips"] == 2
    assert one["variants"][ORIGINAL]["exact"] == 1.0
    for name in variants:
        assert one["variants"][name]["same"] == 1.0, name
    assert one["never_changes"] == 1.0
    with (tmp_path / "default.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["mirrored"] for row in rows] == [row["count"] for row in rows]
    assert "| all of them " in (tmp_path / "results.md").read_text()
    files = [*tmp_path.rglob("*.mp4"), *tmp_path.rglob("*.npz")]
    assert len(files) == 2 * 3 + 2 * 4
    written = {file: file.stat().st_mtime_ns for file in files}
    run(rendered, tmp_path, *options, "counters=[default,published]")
    assert {file: file.stat().st_mtime_ns for file in files} == written


def test_clips_that_change_are_told_and_drawn(rendered, tmp_path) -> None:
    one = run(rendered, tmp_path, *NETWORK, "variants=[turned_90]", "rotate=0")
    assert one["variants"]["turned_90"]["same"] < 1.0
    assert one["changed"]
    for name, counts in one["changed"].items():
        assert counts["turned_90"] != counts[ORIGINAL]
        picture = cv2.imread(str(tmp_path / "changed" / "default" / f"{name}_turned_90.png"))
        assert picture.std() > 5


def test_shares_are_by_hand() -> None:
    scenes = ("a", "a", "b", "c")
    clips = [
        LabelledClip(f"{k}", Path(f"{k}.mp4"), count, "side", scene, ())
        for k, (count, scene) in enumerate(zip((3, 2, 4, 0), scenes, strict=True))
    ]
    one = summarise(
        clips,
        {
            ORIGINAL: {"0": 3, "1": 1, "2": 4, "3": 0},
            "x": {"0": 3, "1": 2, "2": 2, "3": 0},
            "y": {"0": 3, "1": 1, "2": 4, "3": 1},
        },
    )
    assert one["variants"]["x"]["same"] == 0.5
    assert one["variants"]["y"]["same"] == 0.75
    assert one["variants"]["x"]["exact"] == pytest.approx(2 / 3)
    assert (one["variants"]["x"]["fewer"], one["variants"]["x"]["more"]) == (2, 1)
    assert one["never_changes"] == 0.25
    assert one["never_changes_with_repetitions"] == pytest.approx(1 / 3)
    assert one["never_changes_ci"] == (0.0, 0.5)
    assert list(one["changed"]) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((*NETWORK, "variants=[upside_down]"), "no variant 'upside_down'"),
        ((*NETWORK, "rotate=12"), "rotate=12"),
        (("split=rendered",), "model=NAME"),
        ((*NETWORK, "counters=[best]"), "no counter 'best'"),
        ((*NETWORK, "counters=[moving_pixels]"), "looks at pictures"),
        (("model=mobilenet", "split=test"), "no clip of split"),
    ],
)
def test_bad_input_is_told_in_one_line(rendered, tmp_path, overrides, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        run(rendered, tmp_path, *overrides)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "results.json").exists()
