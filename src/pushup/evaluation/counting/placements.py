"""The placement benchmark: rendered push-ups of every view, manner and edge, and what is none.

    python evaluate.py mode=placements model=mobilenet
    python evaluate.py mode=placements split=choose counters=[default,published]

With a model our networks look at the pictures; without one, the exact keypoints get errors like a
network's (`pushup.synthetic.errors`), and the push-up classifier's scores are simulated, too,
unless `classifier=null`. What counts as a repetition is said in docs/placements.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.counting.build import build_counter
from pushup.counting.trace import Trace
from pushup.engines import Engine
from pushup.evaluation.counting import keypoint_errors
from pushup.evaluation.counting.heat_map import Cell, draw_heat_map
from pushup.evaluation.counting.rendered import Watcher
from pushup.evaluation.counting.runs import Setup, in_parallel, run_counter
from pushup.evaluation.report import markdown_table, share
from pushup.files import write_json, write_text
from pushup.metrics import counting as metrics
from pushup.synthetic import non_push_ups, placements
from pushup.synthetic.non_push_ups import KINDS
from pushup.synthetic.routines import Routine
from pushup.synthetic.splits import seed_range

_LABELS = ("view", "manner", "start", "end")


@dataclass(frozen=True)
class _Outcome:
    """One clip, and what each counter made of it."""

    labels: dict[str, str]
    minutes: float
    true_s: list[float]
    counted_s: dict[str, list[float]]
    joints_seen: float
    errors: dict[str, dict[str, np.ndarray]]


def _watch(
    kind: str, split: str, index: int, watcher: Watcher, names: Sequence[str], gate: dict[str, Any]
) -> _Outcome:
    if kind == "push_ups":
        clip = placements.sample(split, index)
        labels = {label: str(getattr(clip, label)) for label in _LABELS}
        routine = clip.routine
    else:
        other = non_push_ups.sample(split, index)
        labels, routine = {"view": other.view, "kind": other.kind}, other.routine
    trace = watcher.trace(routine)
    counted_s = {
        name: [rep.bottom_s for rep in run_counter(build_counter(name, gate), trace).reps]
        for name in names
    }
    exact = routine.keypoints(trace.time_s)
    seen = ((exact >= 0) & (exact < trace.size_wh)).all(-1).sum(1).mean()
    errors = _errors(routine, exact, trace, watcher) if kind == "push_ups" else {}
    return _Outcome(
        labels, trace.duration_s / 60, routine.bottoms_s, counted_s, float(seen), errors
    )


def _errors(
    routine: Routine, exact: np.ndarray, trace: Trace, watcher: Watcher
) -> dict[str, dict[str, np.ndarray]]:
    """The networks' errors and the simulated ones on the same clip."""
    if watcher.simulates:
        return {}
    simulated = routine.trace(watcher.fps)
    return {
        "networks": keypoint_errors.measure(exact, trace),
        "simulated": keypoint_errors.measure(routine.keypoints(simulated.time_s), simulated),
    }


def evaluate_placements(
    split: str,
    output_dir: str | Path,
    counters: Sequence[str],
    gate: dict[str, Any],
    tracker: dict[str, Any],
    ckpt_path: str | None = None,
    model: str | None = None,
    classifier: str | None = None,
    device: str = "cpu",
    clips: int = 240,
    others: int = 76,
    fps: float = 12.5,
    engine: Engine | None = None,
) -> dict[str, Any]:
    """Run counters over rendered placements; write `results.json`, tables and heat maps.

    Args:
        split: "fit", "choose" or "report" of the rendered clips.
        output_dir: Where results go, and in `watched` what networks saw.
        counters: Names of files in `conf/counter`.
        gate: Configuration that those files refer to as `${gate}`.
        tracker: Configuration of the predictor.
        ckpt_path: Weights of the keypoint model; None for those shipped for `model`. Without
            either, keypoints are simulated.
        model: Name of the model.
        classifier: See `open_classifier`; None for none, neither a network's nor simulated.
        device: Where networks run.
        clips: Number of clips with push-ups; 240 meet every pair of view and manner once.
        others: Number of clips without.
        fps: Frames a second.
        engine: Runs the clips; None: processes of this machine.

    Returns:
        What `results.json` holds.

    Raises:
        InputError: The split, a counter's name, a number or the weights are of no use.
    """
    try:
        seeds = seed_range(split)
    except ValueError as error:
        raise InputError(f"{error}: give split=NAME") from error
    if not 0 < clips <= len(seeds) or not 0 <= others <= len(seeds):
        raise InputError(f"clips={clips} others={others}: give 1 to {len(seeds)} of each")
    for name in counters:
        build_counter(name, gate)  # a wrong name is told before any work
    out = Path(output_dir)
    setup = Setup(gate, tracker, ckpt_path, model, classifier, device)
    watcher = Watcher(setup, fps, out / "watched")
    watcher.prepare()
    tasks = {
        f"{kind} {index}": partial(_watch, kind, split, index, watcher, counters, gate)
        for kind, number in (("push_ups", clips), ("others", others))
        for index in range(number)
    }
    found = dict(in_parallel(tasks, engine, "placements"))
    push_ups = [found[f"push_ups {index}"] for index in range(clips)]
    rest = [found[f"others {index}"] for index in range(others)]
    figures = {
        "split": split,
        "keypoints": setup.weights_file or "simulated",
        "fps": fps,
        "counters": {name: _figures(name, push_ups, rest) for name in counters},
    }
    text = _report(figures)
    if not watcher.simulates:
        figures["keypoint_errors"] = _keypoint_errors(push_ups)
        text += f"\n## Keypoints: networks / simulated\n\n{_error_table(figures)}\n"
    write_json(out / "results.json", figures)
    write_text(out / "results.md", text)
    for name in counters:
        draw_heat_map(_cells(name, push_ups), out / f"heat_map_{name}.png", name)
    print(text)
    return figures


def _figures(name: str, push_ups: Sequence[_Outcome], rest: Sequence[_Outcome]) -> dict[str, Any]:
    """All figures of one counter."""
    figures: dict[str, Any] = {"all": _score(name, push_ups)}
    for label in _LABELS:
        values = dict.fromkeys(outcome.labels[label] for outcome in push_ups)
        figures[f"by_{label}"] = {
            value: _score(name, [o for o in push_ups if o.labels[label] == value])
            for value in values
        }
    figures["others"] = _false(name, rest)
    figures["by_kind"] = {
        kind: _false(name, [o for o in rest if o.labels["kind"] == kind])
        for kind in KINDS
        if any(o.labels["kind"] == kind for o in rest)
    }
    return figures


def _score(name: str, outcomes: Sequence[_Outcome]) -> dict[str, float]:
    """Of some clips: those without a repetition have no MAE, but are exact at 0."""
    true = np.array([len(outcome.true_s) for outcome in outcomes], float)
    counted = np.array([len(outcome.counted_s[name]) for outcome in outcomes], float)
    matched = [len(metrics.match_times(o.counted_s[name], o.true_s)) for o in outcomes]
    events = true.sum() + counted.sum()
    errors = metrics.count_errors(counted, true)
    return {
        "clips": len(outcomes),
        "exact": errors["exact"],
        "obo": errors["obo"],
        "mae": errors["mae"],
        "f1_time": float(2 * sum(matched) / events) if events else float("nan"),
        "true": int(true.sum()),
        "counted": int(counted.sum()),
        "false": int(counted.sum() - sum(matched)),
        "joints_seen": float(np.mean([outcome.joints_seen for outcome in outcomes])),
    }


def _false(name: str, outcomes: Sequence[_Outcome]) -> dict[str, float]:
    minutes = sum(outcome.minutes for outcome in outcomes)
    false = sum(len(outcome.counted_s[name]) for outcome in outcomes)
    rate = false / minutes if minutes else float("nan")
    return {"minutes": minutes, "false": false, "false_per_minute": rate}


def _cells(name: str, outcomes: Sequence[_Outcome]) -> dict[tuple[str, str], Cell]:
    """By view and manner."""
    cells: dict[tuple[str, str], Cell] = {}
    for outcome in outcomes:
        counted, true = len(outcome.counted_s[name]), len(outcome.true_s)
        key = outcome.labels["view"], outcome.labels["manner"]
        cells[key] = cells.get(key, Cell()) + Cell(1, counted == true, counted, true)
    return cells


def _keypoint_errors(outcomes: Sequence[_Outcome]) -> dict[str, dict[str, dict[str, float]]]:
    return {
        view: {
            source: keypoint_errors.summarise(
                o.errors[source] for o in outcomes if o.labels["view"] == view
            )
            for source in ("networks", "simulated")
        }
        for view in dict.fromkeys(outcome.labels["view"] for outcome in outcomes)
    }


def _error_table(figures: dict[str, Any]) -> str:
    return keypoint_errors.table(figures["keypoint_errors"])


_COLUMNS = ("clips", "exact", "obo", "mae", "f1_time", "true", "counted", "false", "joints_seen")


def _report(figures: dict[str, Any]) -> str:
    """All tables as markdown."""
    by_counter = figures["counters"]
    names = list(by_counter)
    lines = [
        f"# Placements, split {figures['split']}, keypoints: {figures['keypoints']}",
        "",
        markdown_table(
            ("counter", *_COLUMNS, "false / min, others"),
            [
                [name, *_cells_of(one["all"]), share(one["others"]["false_per_minute"], 2)]
                for name, one in by_counter.items()
            ],
        ),
    ]
    for label in _LABELS:
        groups = by_counter[names[0]][f"by_{label}"]
        rows = [
            [
                value,
                str(groups[value]["clips"]),
                share(groups[value]["joints_seen"], 1),
                *(_exact_and_mae(by_counter[name][f"by_{label}"][value]) for name in names),
            ]
            for value in groups
        ]
        header = (label, "clips", "joints seen", *names)
        lines += ["", f"## By {label}: exact (MAE)", "", markdown_table(header, rows)]
    kinds = by_counter[names[0]]["by_kind"]
    if kinds:
        rows = [
            [
                kind.replace("_", " "),
                f"{kinds[kind]['minutes']:.1f}",
                *(share(by_counter[n]["by_kind"][kind]["false_per_minute"], 2) for n in names),
            ]
            for kind in kinds
        ]
        header = ("no push-up", "minutes", *names)
        lines += ["", "## False counts a minute", "", markdown_table(header, rows)]
    return "\n".join(lines) + "\n"


def _cells_of(score: dict[str, float]) -> list[str]:
    digits = {"joints_seen": 1}
    return [
        str(score[c]) if isinstance(score[c], int) else share(score[c], digits.get(c, 3))
        for c in _COLUMNS
    ]


def _exact_and_mae(score: dict[str, float]) -> str:
    return f"{share(score['exact'], 2)} ({share(score['mae'], 2)})"
