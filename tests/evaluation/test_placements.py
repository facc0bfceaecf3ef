"""The placement benchmark's command, on simulated keypoints and with a network that looks."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap
from pushup.counting.trace import Trace, load_trace
from pushup.engines.process import ProcessEngine
from pushup.evaluation.counting import keypoint_errors
from pushup.evaluation.counting.placements import evaluate_placements
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.keypoint_model import KeypointModel
from pushup.skeleton import UPPER7
from pushup.synthetic import placements
from pushup.synthetic.errors import NO_ERRORS
from support.counters import GATE

TRACKER = {"_target_": "pushup.inference.predictor.KeypointPredictor"}


def run(out: Path, **options: object) -> dict:
    usual = {
        "split": "fit",
        "counters": ["default"],
        "engine": ProcessEngine(1),
        "clips": 4,
        "others": 3,
    }
    return evaluate_placements(
        output_dir=out, gate=GATE, tracker=TRACKER, **{**usual, "fps": 10.0, **options}
    )


def test_figures_add_up_over_views_manners_and_kinds(tmp_path) -> None:
    figures = run(tmp_path, clips=12, others=19, fps=6.0)
    assert json.loads((tmp_path / "results.json").read_text())["split"] == "fit"
    one = figures["counters"]["default"]
    true = [len(placements.sample("fit", index).repetitions) for index in range(12)]
    assert one["all"]["true"] == sum(true) > 12
    assert 0 < one["all"]["counted"] < 2 * sum(true)
    for label in ("view", "manner", "start", "end"):
        groups = one[f"by_{label}"].values()
        assert sum(group["clips"] for group in groups) == 12
        exact = sum(group["exact"] * group["clips"] for group in groups) / 12
        assert exact == pytest.approx(one["all"]["exact"])
        assert sum(group["false"] for group in groups) == one["all"]["false"]
    assert one["by_view"]["side_left"]["joints_seen"] > one["by_view"]["under_chest"]["joints_seen"]
    assert sum(kind["minutes"] for kind in one["by_kind"].values()) == pytest.approx(
        one["others"]["minutes"]
    )
    assert len(one["by_kind"]) == 19
    assert "| under_chest" in (tmp_path / "results.md").read_text()
    assert cv2.imread(str(tmp_path / "heat_map_default.png")).shape[1] > 500
    assert not (tmp_path / "watched").exists()


def test_networks_look_once_at_what_has_not_changed(tmp_path) -> None:
    torch.manual_seed(0)
    model = KeypointModel("blazepose", BlazePose, GaussianHeatmap(64), UPPER7, (0.5,) * 3)
    weights.save(model, model.spec(), tmp_path / "blazepose.safetensors")
    options = {"ckpt_path": str(tmp_path / "blazepose.safetensors"), "fps": 1.0, "clips": 2}
    figures = run(tmp_path / "out", others=1, **options)
    watched = tmp_path / "out" / "watched"
    files = {path: path.stat().st_mtime_ns for path in watched.glob("*.npz")}
    assert len(files) == 3
    assert load_trace(next(iter(files))).seconds > 0
    views = {placements.sample("fit", index).view for index in range(2)}
    assert set(figures["keypoint_errors"]) == views
    assert "networks / simulated" in (tmp_path / "out" / "results.md").read_text()
    again = run(tmp_path / "out", others=1, **options)
    assert {path: path.stat().st_mtime_ns for path in watched.glob("*.npz")} == files
    assert again["counters"]["default"]["all"] == figures["counters"]["default"]["all"]
    run(tmp_path / "out", others=1, **options | {"fps": 0.5})
    assert not set(watched.glob("*.npz")) - set(files)
    assert {path.stat().st_mtime_ns for path in watched.glob("*.npz")} != set(files.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "val"}, "split=NAME"),
        ({"counters": ["best"]}, "no counter 'best'"),
        ({"clips": 0}, "clips=0"),
        ({"model": "best"}, "best"),
    ],
)
def test_bad_input_is_told_in_one_line(tmp_path, change, message) -> None:
    with pytest.raises(InputError, match=message) as caught:
        run(tmp_path, **change)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "results.json").exists()


def test_keypoint_errors_measure_offsets_swaps_and_misses() -> None:
    routine = placements.sample("fit", 0, "three_quarter", "normal", "top", "stays").routine
    trace = routine.trace(10.0, NO_ERRORS)
    exact = routine.keypoints(trace.time_s)
    exact = np.clip(exact, 0, np.array(trace.size_wh) - 1)
    half = len(exact) // 2

    def figures(keypoints: np.ndarray) -> dict[str, float]:
        changed = Trace(trace.time_s, keypoints, trace.scores, trace.size_wh)
        return keypoint_errors.summarise([keypoint_errors.measure(exact, changed)])

    right = figures(exact)
    assert right["median"] == right["frame_to_frame"] == right["swapped"] == right["missed"] == 0
    unit = keypoint_errors.unit_length(exact, trace.size_wh)
    assert figures(exact + np.array([0.1 * unit, 0]))["median"] == pytest.approx(0.1)
    swapped, missed, confused = exact.copy(), exact.copy(), exact.copy()
    swapped[:half] = swapped[:half, UPPER7.flip]
    missed[:half] += 0.8 * unit
    confused[:, UPPER7.index("right_wrist")] += 0.5 * unit
    assert figures(swapped)["swapped"] == pytest.approx(0.5, abs=0.15)
    assert figures(missed)["missed"] == pytest.approx(0.5, abs=0.05)
    assert figures(confused)["confused"] == pytest.approx(1 / 7, abs=0.02)
    jumping = exact + np.where(np.arange(len(exact)) % 2, 0.1 * unit, 0)[:, None, None]
    assert figures(jumping)["frame_to_frame"] == pytest.approx(0.1)
