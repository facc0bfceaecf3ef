"""The fit of the cycle classifier: the regression, the data file, and the command."""

import json
from pathlib import Path

import numpy as np
import pytest

from pushup.commands import fit_counter as command
from pushup.counting.build import build_counter
from pushup.counting.classifier import PUSH_UP, CycleClassifier
from pushup.counting.cycles import Cycle
from pushup.counting.trace import load_trace, save_trace
from pushup.data.clips import LabelledClip
from pushup.evaluation.counting.fit import bounded, dumps, fit, fold_of, logistic
from pushup.evaluation.counting.recordings import Found, Recording, counted, record, replay
from pushup.evaluation.counting.runs import run_counter
from pushup.synthetic.routines import Routine


def test_the_regression_finds_the_weights_that_made_its_data() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0, 2, (4000, 3))
    y = (rng.random(4000) < 1 / (1 + np.exp(-(0.5 + x @ [1.0, -2.0, 0.0])))).astype(float)
    found = logistic(x, y, np.ones(4000), l2=1.0)
    np.testing.assert_allclose(found, [0.5, 1.0, -2.0, 0.0], atol=0.2)
    ridged = logistic(x, y, np.ones(4000), l2=4000.0)
    assert np.abs(ridged[1:]).sum() < 0.5 * np.abs(found[1:]).sum()


def found(is_rep: bool, index: int, rng: np.random.Generator) -> Found:
    features = {
        "depth": rng.normal(0.5 if is_rep else 0.25, 0.05),
        "duration_s": 2.0,
        "descent_s": 1.0,
        "hands_certainty": 1.0,
        "hands_follow": rng.normal(0.0 if is_rep else 1.0, 0.2),
    }
    cycle = Cycle(2.0 * index, 2.0 * index + 1, 2.0 * index + 1, 2.0 * index + 2, 1.0, 0.5)
    return Found(cycle, features, is_rep, admitted=True, restarts=index == 0)


def clip(name: str, count: int, note: str = "") -> LabelledClip:
    return LabelledClip(name, Path(name), count, "side", name, (), note=note)


def recording(index: int, is_rep: bool, rng: np.random.Generator, set_index: int = 0) -> Recording:
    cycles = [found(is_rep, k, rng) for k in range(4)]
    return Recording(clip(f"{index}", 4 * is_rep), 0.1, cycles, set_index)


def test_a_fitted_file_is_read_back_and_tells_its_cycles_apart(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    recordings = [recording(index, index % 2 == 0, rng) for index in range(60)]
    file = tmp_path / "classifier.json"
    file.write_text(dumps(fit(recordings, [1.0], CycleClassifier(), l2=1.0)))
    fitted = CycleClassifier(file)
    right = [
        (logit > 0) == cycle.is_rep
        for one in recordings
        for cycle, _, logit in replay(one, fitted.logit, fitted)
    ]
    assert np.mean(right) > 0.97
    assert fitted.limits == CycleClassifier().limits
    assert [t.feature for t in fitted.terms] == [t.feature for t in CycleClassifier().terms]


def test_a_false_count_may_cost_more_and_kinds_of_negatives_weigh_alike() -> None:
    rng = np.random.default_rng(3)
    reps = [recording(index, True, rng) for index in range(10)]
    others = [
        Recording(clip(f"n{k}", 0, note), 0.1, [found(False, j, rng) for j in range(4)], 1)
        for k, note in enumerate(["squat"] * 9 + ["plank"])
    ]
    start = CycleClassifier()
    cheap = fit([*reps, *others], [1.0, 1.0], start)
    dear = fit([*reps, *others], [1.0, 1.0], start, other_weight=8.0)
    again = fit([*reps, others[0], others[-1]], [1.0, 1.0], start)

    def doubtful(model) -> float:
        return model["intercept"] + 0.5 * sum(
            t["weight"] for t in model["terms"] if t["feature"] == "hands_follow"
        )

    assert doubtful(dear) < doubtful(cheap)
    assert abs(doubtful(again) - doubtful(cheap)) < 1.0


def test_a_recording_replayed_counts_as_the_counter_does(tmp_path: Path) -> None:
    for seed, name in ((0, "push_up"), (3, "push_up"), (2, "squat")):
        routine = Routine.sample(seed, (name,), 10.0)
        path = tmp_path / f"{seed}.npz"
        save_trace(path, routine.trace(10.0, classifier=True))
        labels = LabelledClip("a", path, 0, "side", "a", tuple(routine.bottoms_s))
        kept = record(labels, path, 0)
        reps = run_counter(build_counter("default"), load_trace(path)).reps
        assert counted(kept, bounded().logit, bounded()) == [rep.bottom_s for rep in reps]


def test_the_shipped_file_is_as_the_command_writes_it() -> None:
    text = PUSH_UP.read_text()
    assert dumps(json.loads(text)) == text


def test_scenes_are_spread_over_folds() -> None:
    folds = [fold_of(f"scene {i}", 10) for i in range(200)]
    assert set(folds) == set(range(10))
    assert folds == [fold_of(f"scene {i}", 10) for i in range(200)]


def test_the_command_fits_and_reports(tmp_path: Path, capsys) -> None:
    root, out = tmp_path / "clips", tmp_path / "out"
    counts, reps = ["video,count,split"], ["video,rep,bottom_s"]
    for seed, name in ((0, "push_up"), (4, "push_up"), (2, "squat"), (7, "squat")):
        routine = Routine.sample(seed, (name,), 10.0)
        save_trace(root / "traces" / f"{name}{seed}.npz", routine.trace(10.0))
        counts.append(f"{name}{seed}.mp4,{len(routine.bottoms_s)},fit")
        reps += [f"{name}{seed}.mp4,{i},{t}" for i, t in enumerate(routine.bottoms_s)]
    (root / "counts.csv").write_text("\n".join(counts) + "\n")
    (root / "reps.csv").write_text("\n".join(reps) + "\n")
    options = ["--folds", "2", "--output-dir", str(out)]
    command.main(["--fit", f"{root},fit", "--check", f"{root},fit", *options])
    assert "left out by scene" in capsys.readouterr().out
    assert CycleClassifier(out / "classifier.json").terms
    assert "| clips fit" in (out / "report.md").read_text()
    with pytest.raises(SystemExit):
        command.main(["--fit", f"{tmp_path},fit", *options])
    assert "counts.csv" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["--fit", str(tmp_path), *options])
    assert "give ROOT,SPLIT[,TRACES[,WEIGHT]]" in capsys.readouterr().err
