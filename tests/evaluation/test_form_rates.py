"""evaluate.py mode=form: how often each rule speaks, on clips whose faults are known."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir

from pushup.cli import InputError
from pushup.commands.evaluate import evaluate
from pushup.counting.trace import Trace, save_trace
from support.stick_figures import film, push_ups

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two clips of clean push-ups, one of three hasty ones, and a plank."""
    root = tmp_path / "clips with, odd=name"
    rows = []
    for name, count, period_s in (("a", 2, 2.0), ("b", 2, 2.0), ("hasty", 3, 0.6), ("plank", 0, 0)):
        frames = film(*push_ups(count, period_s)) if count else film(lambda t: 0.9, 5.0)
        trace = Trace(
            np.array([o.time_s for o in frames]),
            np.array([o.keypoints for o in frames]),
            np.array([o.scores for o in frames]),
            (400, 300),
        )
        save_trace(root / "traces" / f"{name}.npz", trace)
        rows.append({"video": f"{name}.mp4", "count": count, "split": "val", "scene": name})
    with (root / "counts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


def rates(out: Path, *overrides: str) -> dict:
    with initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        config = compose("evaluate", ["mode=form", f"output_dir={out}", *overrides])
    return evaluate(config)


def test_rates_by_hand(clips, tmp_path, capsys) -> None:
    figures = rates(tmp_path / "out", f"data.root='{clips}'")
    assert figures["repetitions"] == 7
    descent = figures["rules"]["descent"]
    assert (descent["judged"], descent["advised"]) == (7, 3)
    assert descent["rate"] == pytest.approx(3 / 7)
    assert (descent["clips_judged"], descent["clips_advised"]) == (3, 1)
    assert [case["clip"] for case in descent["cases"]] == ["hasty"] * 3
    assert [case["hint"] for case in descent["cases"]] == ["lower yourself more slowly"] * 3
    assert figures["rules"]["depth"]["advised"] == 0
    assert figures["rules"]["hips"]["judged"] == 0
    assert json.loads((tmp_path / "out" / "results.json").read_text())["repetitions"] == 7
    table = (tmp_path / "out" / "results.md").read_text()
    assert table in capsys.readouterr().out
    (row,) = [line for line in table.splitlines() if line.startswith("| descent")]
    assert [cell.strip() for cell in row.split("|")[2:4]] == ["7", "3"]


def test_limits_are_configuration(clips, tmp_path) -> None:
    overrides = ("form.limits.descent=[0.01,null]", "form.limits.depth=null")
    figures = rates(tmp_path / "out", f"data.root='{clips}'", *overrides)
    assert figures["rules"]["descent"]["advised"] == 0
    assert figures["rules"]["depth"]["judged"] == 0


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ((), "data.root=DIR"),
        (("data.root='{clips}'", "counter=offline"), "needs the whole clip"),
        (("data.root='{clips}'", "split=test"), "no clip of split 'test'"),
        (("data.root='{clips}'", "traces='{clips}'"), "no repetition is counted"),
        (("data.root='{clips}'", "form.limits.grip=[1,2]"), "no rule 'grip'"),
    ],
)
def test_bad_input_is_told(clips, tmp_path, overrides, words) -> None:
    given = [
        o.format(clips=clips).replace("form.limits.grip", "+form.limits.grip") for o in overrides
    ]
    with pytest.raises(Exception, match=r".") as error:
        rates(tmp_path / "out", *given)
    cause: BaseException | None = error.value
    while cause is not None and not isinstance(cause, InputError):
        cause = cause.__cause__
    assert cause is not None
    assert words in str(cause)


@pytest.mark.realdata
def test_ordinary_repetitions_of_real_clips_get_little_advice(shared_data, tmp_path) -> None:
    figures = rates(tmp_path / "out", f"data.root='{shared_data / 'counting'}'", "split=val")
    hasty = {"val_p034", "val_p014", "val_p015", "val_p017"}  # by eye: fast, arms never straight
    others = [c for r in figures["rules"].values() for c in r["cases"] if c["clip"] not in hasty]
    assert figures["repetitions"] > 180
    assert len(others) <= 10
