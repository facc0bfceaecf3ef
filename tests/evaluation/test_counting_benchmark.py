"""The counting benchmark: its metrics by hand, its files, its errors, and levels on real traces."""

import csv
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap
from pushup.commands.evaluate import evaluate
from pushup.counting.build import build_counter
from pushup.counting.trace import Trace, load_trace, save_trace
from pushup.counting.types import Rep
from pushup.data.clips import read_clips
from pushup.engines.process import ProcessEngine
from pushup.evaluation.counting.evaluate import evaluate_counting
from pushup.evaluation.counting.runs import Run, Setup, invalidate_cache, run_counter
from pushup.evaluation.counting.summary import summarise
from pushup.metrics import counting as metrics
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.keypoint_model import KeypointModel
from pushup.skeleton import UPPER7
from support.counters import GATE
from support.stick_figures import film, push_ups

REPOSITORY = Path(__file__).parents[2]

TRACKER = {"_target_": "pushup.inference.predictor.KeypointPredictor"}


def write_csv(path: Path, rows: list[dict]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def trace_of(frames) -> Trace:
    return Trace(
        np.array([o.time_s for o in frames]),
        np.array([o.keypoints for o in frames]),
        np.array([o.scores for o in frames]),
        (400, 300),
    )


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three push-up clips in two scenes, one of them labelled with one too many, and a plank."""
    root = tmp_path / "clips with, odd=name"
    (root / "traces").mkdir(parents=True)
    counts, reps = [], []
    truth = {"a": 3, "b": 1, "c": 3, "plank": 0}
    for name, count in truth.items():
        done = 2 if name == "c" else count
        frames = film(*push_ups(done, 2.0)) if count else film(lambda t: 0.9, 30.0)
        save_trace(root / "traces" / f"{name}.npz", trace_of(frames))
        scene = "gym" if name in "ab" else name
        counts.append(
            {"video": f"{name}.mp4", "count": count, "split": "val", "view": "side", "scene": scene}
        )
        reps += [{"video": f"{name}.mp4", "bottom_s": 0.5 + 2 * i + 1} for i in range(count)]
    write_csv(root / "counts.csv", counts)
    write_csv(root / "reps.csv", reps)
    return root


def test_count_errors_by_hand() -> None:
    figures = metrics.count_errors(np.array([2, 5, 0]), np.array([2, 4, 4]))
    assert figures["mae"] == pytest.approx((0 + 1 / 4 + 1) / 3)
    assert figures["mae_abs"] == pytest.approx(5 / 3)
    assert figures["obo"] == pytest.approx(2 / 3)
    assert figures["exact"] == pytest.approx(1 / 3)
    assert figures["rmse"] == pytest.approx(math.sqrt(17 / 3))
    assert np.isnan(metrics.relative_errors(np.array([1]), np.array([0]))).all()
    assert math.isnan(metrics.count_errors(np.array([]), np.array([]))["mae"])


def test_times_match_one_to_one_and_as_many_as_possible() -> None:
    assert metrics.match_times([1.0, 1.1], [1.05]) == [(0, 0)]
    # the greedy nearest pair (1.4, 1.3) would leave 0.9 and 1.8 alone
    assert len(metrics.match_times([1.4, 0.9], [1.3, 1.8])) == 2
    assert metrics.match_times([2.0], [1.49]) == []
    assert metrics.match_times([], [1.0]) == []


def test_best_constant() -> None:
    assert metrics.best_constant(np.array([1, 1, 2, 0, 9])) == 1
    with pytest.raises(ValueError, match="above 0"):
        metrics.best_constant(np.array([0, 0]))


def test_figures_of_a_run(clips) -> None:
    found = read_clips(clips, "val")
    counter = "default"
    runs = {
        clip.name: run_counter(
            build_counter(counter, GATE), load_trace(clips / "traces" / f"{clip.name}.npz")
        )
        for clip in found
    }
    figures = summarise(found, runs)
    assert figures["number"] == 3
    assert figures["mae"] == pytest.approx((0 + 0 + 1 / 3) / 3)
    assert figures["exact"] == pytest.approx(2 / 3)
    assert figures["obo"] == 1.0
    assert figures["f1_time"] == pytest.approx(2 * 6 / (6 + 7))
    assert figures["false"] == 0
    assert figures["empty_minutes"] == pytest.approx(30 / 60, rel=0.01)
    assert figures["with_3_or_more"]["exact"] == pytest.approx(1 / 2)
    assert figures["by_scene"]["gym"]["mae"] == 0.0
    assert figures["by_view"]["side"]["mae"] == pytest.approx(figures["mae"])
    assert figures["clips"]["c"]["predicted"] == 2
    low, high = figures["mae_ci"]
    assert low == 0.0
    assert high == pytest.approx(1 / 3)  # the scene of c drawn every time


def test_the_command_writes_results_a_table_and_plots(clips, tmp_path) -> None:
    out = tmp_path / "out"
    with initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        config = compose(
            "evaluate",
            [
                "mode=counting",
                f"data.root='{clips}'",
                "traces=true",
                "counters=[default,offline]",
                f"output_dir={out}",
                "workers=1",
            ],
        )
    evaluate(config)
    results = json.loads((out / "results.json").read_text())
    assert set(results["counters"]) == {"default", "offline", "best_constant"}
    needed = {"mae", "mae_abs", "obo", "exact", "rmse", "f1_time", "false_per_minute"}
    assert needed | {"realtime_factor", "clips"} <= set(results["counters"]["default"])
    text = (out / "results.md").read_text()
    assert "| default" in text
    assert "always 1" in text
    for name in ("default", "offline"):
        assert [p.name for p in (out / "failed" / name).glob("*")] == ["c.png"]
        picture = cv2.imread(str(out / "failed" / name / "c.png"))
        assert picture.std() > 10


def write_videos(root: Path) -> None:
    """Eight grey frames for each clip."""
    (root / "videos").mkdir()
    for clip in read_clips(root, "val"):
        writer = cv2.VideoWriter(str(clip.video), cv2.VideoWriter.fourcc(*"mp4v"), 25, (64, 48))
        for value in range(0, 200, 25):
            writer.write(np.full((48, 64, 3), value, np.uint8))
        writer.release()


def test_own_keypoints_are_predicted_once_and_reusable(clips, tmp_path) -> None:
    torch.manual_seed(0)
    model = KeypointModel("blazepose", BlazePose, GaussianHeatmap(64), UPPER7, (0.5,) * 3)
    weights.save(model, model.spec(), tmp_path / "blazepose.safetensors")
    write_videos(clips)
    arguments = (clips, "val", tmp_path / "out", ["published"], GATE, TRACKER)
    options = {"engine": ProcessEngine(1), "plots": False}
    first = evaluate_counting(
        *arguments, ckpt_path=str(tmp_path / "blazepose.safetensors"), **options
    )
    folder = tmp_path / "out" / "traces"
    trace = load_trace(folder / "a.npz")
    assert trace.keypoints.shape == (8, 7, 2)
    assert trace.size_wh == (64, 48)
    assert trace.time_s[1] == pytest.approx(1 / 25)
    assert trace.seconds > 0
    again = evaluate_counting(*arguments, traces=str(folder), **options)
    one, other = (r["counters"]["published"]["clips"]["a"] for r in (first, again))
    assert one == other


def test_traces_of_other_weights_are_not_taken_for_ones_own(clips, tmp_path) -> None:
    write_videos(clips)
    folder = tmp_path / "out" / "traces"

    def predicted(seed: int) -> tuple[np.ndarray, int]:
        file = tmp_path / f"blazepose_{seed}.safetensors"
        torch.manual_seed(seed)
        model = KeypointModel("blazepose", BlazePose, GaussianHeatmap(64), UPPER7, (0.5,) * 3)
        for parameter in model.network.parameters():
            torch.nn.init.normal_(parameter, std=0.1)
        weights.save(model, model.spec(), file)
        evaluate_counting(
            clips,
            "val",
            tmp_path / "out",
            ["published"],
            GATE,
            TRACKER,
            ckpt_path=str(file),
            engine=ProcessEngine(1),
            plots=False,
        )
        path = folder / "a.npz"
        return load_trace(path).keypoints, path.stat().st_mtime_ns

    (first, written), (again, kept), (other, _) = (predicted(seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert kept == written
    assert not np.array_equal(first, other)


def test_a_folder_holds_traces_of_one_origin(tmp_path) -> None:
    mine, other = tmp_path / "mine.npz", tmp_path / "other.npz"
    invalidate_cache(tmp_path, {"weights": "a"})
    mine.touch()
    other.touch()
    invalidate_cache(tmp_path, {"weights": "a"})
    assert mine.exists()
    assert other.exists()
    invalidate_cache(tmp_path, {"weights": "b"})
    assert not mine.exists()
    assert not other.exists()
    mine.touch()
    (tmp_path / "cache_key.json").unlink()
    with pytest.raises(InputError, match="unknown origin"):
        invalidate_cache(tmp_path, {"weights": "b"})
    assert mine.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"root": None}, "data.root=DIR"),
        ({"root": "nowhere"}, "counts.csv"),
        ({"split": "test"}, "split=NAME of val"),
        ({"counters": ["best"]}, "no counter 'best'"),
        ({"traces": False}, "ckpt_path=FILE"),
        ({"traces": "nowhere"}, "no traces of split"),
    ],
)
def test_bad_input_is_told_in_one_line(clips, tmp_path, change, message) -> None:
    arguments = {
        "root": clips,
        "split": "val",
        "output_dir": tmp_path,
        "counters": ["default"],
        "gate": GATE,
        "tracker": TRACKER,
        "traces": True,
        "engine": ProcessEngine(1),
    }
    with pytest.raises(InputError, match=message) as caught:
        evaluate_counting(**(arguments | change))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "results.json").exists()


def test_damaged_files_are_told_in_one_line(clips) -> None:
    (clips / "traces" / "a.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"a\.npz"):
        load_trace(clips / "traces" / "a.npz")
    np.savez(
        clips / "traces" / "b.npz", time_s=[0.0], keypoints=np.zeros((1, 16, 3)), size_wh=[4, 3]
    )
    with pytest.raises(InputError, match=r"\(1, 16, 3\)"):
        load_trace(clips / "traces" / "b.npz")
    (clips / "counts.csv").write_text("video,count,split\na.mp4,many,val\n")
    with pytest.raises(InputError, match="line 2: 'many' is not a number"):
        read_clips(clips, "val")
    (clips / "counts.csv").write_text("video,split\na.mp4,val\n")
    with pytest.raises(InputError, match="no column 'count'"):
        read_clips(clips, "val")


@pytest.mark.parametrize(
    "time_s", [[0.0, 0.0, 0.0], [1.0, 0.0, 2.0], [0.0, math.nan, 1.0], [0.0, 1.0, math.inf]]
)
def test_times_of_a_trace_have_to_increase(tmp_path, time_s) -> None:
    np.savez(tmp_path / "a.npz", time_s=time_s, keypoints=np.zeros((3, 7, 3)), size_wh=[4, 3])
    with pytest.raises(InputError, match=r"a\.npz: time_s has to increase"):
        load_trace(tmp_path / "a.npz")


def real_figures(shared_data: Path, split: str, counter: str) -> dict:
    root = shared_data / "counting"
    found = [c for c in read_clips(root, split) if (root / "traces" / f"{c.name}.npz").is_file()]
    runs = {
        clip.name: run_counter(
            build_counter(counter, GATE), load_trace(root / "traces" / f"{clip.name}.npz")
        )
        for clip in found
    }
    return summarise(found, runs)


@pytest.mark.slow
@pytest.mark.realdata
def test_the_default_counter_on_real_traces(shared_data) -> None:
    val = real_figures(shared_data, "val", "default")
    assert val["mae"] <= 0.045
    assert val["exact"] >= 0.88
    assert val["f1_time"] >= 0.96
    assert val["false"] <= 1
    assert abs(val["clips"]["val_p034"]["predicted"] - 76) <= 1
    train = real_figures(shared_data, "train", "default")
    assert train["mae"] <= 0.03
    assert train["exact"] >= 0.95


@pytest.mark.slow
@pytest.mark.realdata
def test_the_published_counters_on_real_traces(shared_data) -> None:
    exact = real_figures(shared_data, "val", "published_exact")
    assert exact["mae"] == pytest.approx(0.498, abs=0.01)  # as measured before this project
    assert exact["exact"] == pytest.approx(0.267, abs=0.01)
    mended = real_figures(shared_data, "val", "published")
    assert mended["mae"] <= 0.08


def test_setups_travel_to_other_processes() -> None:
    import pickle

    setup = Setup(GATE, TRACKER, "weights.ckpt")
    assert pickle.loads(pickle.dumps(setup)) == setup


def test_a_count_may_be_a_choice_and_scores_take_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "counts.csv").write_text("video,count,split\na.mp4,5|6,val\nb.mp4,4,val\n")
    first, second = read_clips(tmp_path, "val")
    assert (first.count, first.also, second.also) == (5, (6,), ())
    assert [first.nearest(n) for n in (3, 5, 6, 9)] == [5, 5, 6, 6]
    runs = {
        name: Run([Rep(0, 0, 0, 0)] * n, 0.0, 1.0, np.zeros((0, 4)))
        for name, n in (("a", 6), ("b", 5))
    }
    figures = summarise([first, second], runs)
    assert figures["exact"] == 0.5
    assert figures["mae"] == pytest.approx(0.125)
    (tmp_path / "counts.csv").write_text("video,count,split\na.mp4,5|six,val\n")
    with pytest.raises(InputError, match="six"):
        read_clips(tmp_path, "val")
