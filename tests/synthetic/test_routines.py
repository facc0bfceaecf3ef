"""Rendered people as pictures and as keypoints, and false counts over what is no push-up."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap
from pushup.commands.evaluate import evaluate
from pushup.counting.trace import load_trace, save_trace
from pushup.engines.process import ProcessEngine
from pushup.evaluation.counting.negatives import evaluate_negatives
from pushup.evaluation.counting.runs import run_counter
from pushup.metrics.counting import match_times
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.keypoint_model import KeypointModel
from pushup.skeleton import UPPER7
from pushup.synthetic.errors import NO_ERRORS, Errors
from pushup.synthetic.routines import NEGATIVES, Routine, loop
from support.counters import GATE, push_up_counter

REPOSITORY = Path(__file__).parents[2]

TRACKER = {"_target_": "pushup.inference.predictor.KeypointPredictor"}


def test_the_same_seed_gives_the_same_person() -> None:
    first, second, other = (Routine.sample(seed, ("squat",), 5.0).trace() for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.keypoints, second.keypoints)
    assert not np.array_equal(first.keypoints, other.keypoints)
    assert first.keypoints.shape == (len(first.time_s), 7, 2)
    assert first.duration_s > 5.0


def test_without_errors_the_joints_move_smoothly_and_every_push_up_is_a_low_point() -> None:
    routine = Routine.sample(3, ("push_up",), 20.0)
    trace, bottoms_s = routine.trace(errors=NO_ERRORS), routine.bottoms_s
    performing = trace.time_s > trace.duration_s - 20.0  # before it, joints are out of the picture
    steps = np.abs(np.diff(trace.keypoints[performing], axis=0)).max()
    assert 0 < steps < 30
    assert len(bottoms_s) >= 3
    shoulders_y = trace.keypoints[:, UPPER7.index("right_shoulder"), 1]
    for bottom_s in bottoms_s:
        near = np.abs(trace.time_s - bottom_s) < 0.3
        around = np.abs(trace.time_s - bottom_s) < 0.15
        assert shoulders_y[around].max() == pytest.approx(shoulders_y[near].max(), abs=1.0)


def test_frames_show_the_person_of_the_trace() -> None:
    routine = Routine.sample(4, ("squat",), 4.0)
    frames = list(routine.frames(5))
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(len(frames)) / 5)
    assert routine.duration_s - 0.2 <= frames[-1].time_s <= routine.duration_s
    pictures = np.stack([frame.image_bgr for frame in frames])
    width, height = routine.size_wh
    assert pictures.shape == (len(frames), height, width, 3)
    assert pictures.dtype == np.uint8
    moves = pictures[-20:].std(0).mean((0, 2))  # of each column, while squatting
    joints_x = routine.trace(5, NO_ERRORS).keypoints[-20:, :, 0]
    columns = np.arange(width)
    there = (columns > joints_x.min()) & (columns < joints_x.max())
    assert moves[there].mean() > 3 * moves[~there].mean()


def test_the_default_counter_counts_rendered_push_ups_of_all_kinds_and_views() -> None:
    true = counted = matched = 0
    for seed in range(10):
        routine = Routine.sample(seed, ("push_up",), 20.0)
        trace = routine.trace(errors=Errors().scaled(0.5))
        times_s = [rep.bottom_s for rep in run_counter(push_up_counter(), trace).reps]
        true, counted = true + len(routine.bottoms_s), counted + len(times_s)
        matched += len(match_times(times_s, routine.bottoms_s))
    assert true > 50
    assert matched >= 0.95 * true
    assert counted <= 1.03 * true


def test_a_looped_trace_goes_on_in_time() -> None:
    trace = Routine.sample(5, ("plank",), 5.0).trace()
    looped = loop(trace, 30.0)
    steps = np.diff(looped.time_s)
    assert steps == pytest.approx(np.full(len(steps), 1 / 25))
    assert looped.duration_s >= 30.0
    np.testing.assert_array_equal(looped.keypoints[-len(trace.time_s) :], trace.keypoints)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder with one clip without push-ups and one with."""
    root = tmp_path / "clips"
    (root / "traces").mkdir(parents=True)
    save_trace(root / "traces" / "plank.npz", Routine.sample(6, ("plank",), 5.0).trace())
    save_trace(root / "traces" / "set.npz", Routine.sample(6, ("push_up",), 5.0).trace())
    (root / "counts.csv").write_text("video,count,split\nplank.mp4,0,val\nset.mp4,2,val\n")
    return root


def test_the_command_tells_false_counts_a_minute(clips, tmp_path) -> None:
    out = tmp_path / "out"
    with initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        config = compose(
            "evaluate",
            [
                "mode=negatives",
                f"data.root={clips}",
                "traces=true",
                "counters=[default,published_exact]",
                f"output_dir={out}",
                "minutes=1.2",
                "loop_s=20",
                "workers=1",
            ],
        )
    evaluate(config)
    results = json.loads((out / "results.json").read_text())["counters"]
    for one in results.values():
        assert one["rendered"]["minutes"] == pytest.approx(2 * 49.2 / 60, abs=0.05)
        assert one["clip"]["minutes"] * 60 >= 20  # the clip with push-ups is none of them
        assert one["false"] == one["rendered"]["false"] + one["clip"]["false"]
        assert one["false_per_minute"] == pytest.approx(one["false"] / one["minutes"])
        assert set(one["rendered"]["by"]) <= set(NEGATIVES)
        assert one["push_ups"] > 5
    assert results["default"]["push_ups_counted"] >= 0.7 * results["default"]["push_ups"]
    assert results["published_exact"]["false"] > results["default"]["false"]
    assert "| default" in (out / "results.md").read_text()


def test_networks_look_at_rendered_people_once(clips, tmp_path) -> None:
    torch.manual_seed(0)
    model = KeypointModel("blazepose", BlazePose, GaussianHeatmap(64), UPPER7, (0.5,) * 3)
    weights.save(model, model.spec(), tmp_path / "blazepose.safetensors")
    arguments = (clips, "val", tmp_path / "out", ["published_exact"], GATE, TRACKER)
    options = {
        "traces": True,
        "ckpt_path": str(tmp_path / "blazepose.safetensors"),
        "minutes": 0.1,
        "loop_s": 5,
        "fps": 0.5,
        "engine": ProcessEngine(1),
    }
    first = evaluate_negatives(*arguments, **options)
    assert first["keypoints"].endswith("blazepose.safetensors")
    watched = tmp_path / "out" / "watched"
    files = {path: path.stat().st_mtime_ns for path in watched.glob("*.npz")}
    assert len(files) == 2
    for path in files:
        trace = load_trace(path)
        assert trace.time_s[1] == pytest.approx(2.0)
        assert trace.seconds > 0
    assert evaluate_negatives(*arguments, **options) == first
    assert {path: path.stat().st_mtime_ns for path in watched.glob("*.npz")} == files
    evaluate_negatives(*arguments, **options | {"fps": 0.25})
    assert load_trace(next(watched.glob("*.npz"))).time_s[1] == pytest.approx(4.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"counters": ["best"]}, "no counter 'best'"),
        ({"root": "nowhere"}, "counts.csv"),
        ({"traces": "nowhere"}, "traces=FOLDER"),
        ({"traces": False}, "model=NAME or traces=true"),
        ({"model": "best"}, "best"),
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
        "minutes": 0.1,
        "engine": ProcessEngine(1),
    }
    with pytest.raises(InputError, match=message) as caught:
        evaluate_negatives(**(arguments | change))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "results.json").exists()


@pytest.mark.slow
@pytest.mark.realdata
def test_false_counts_of_the_default_counter_stay_rare(shared_data, tmp_path) -> None:
    figures = evaluate_negatives(
        shared_data / "counting",
        "val",
        tmp_path,
        ["default"],
        GATE,
        TRACKER,
        traces=True,
        minutes=20,
        engine=ProcessEngine(1),
    )["counters"]["default"]
    assert figures["false_per_minute"] <= 0.3
    assert figures["push_ups_counted"] >= 0.9 * figures["push_ups"]
