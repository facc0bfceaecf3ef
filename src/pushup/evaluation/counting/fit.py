"""Fits the cycle classifier: which of the cycles in a signal are push-ups.

The terms of the present data file keep their features, transforms and bounds; their weights, the
intercept and what a missing feature is worth are a regularised logistic regression on the cycles
that the default counter finds in traces with known repetitions. The traces of a set weigh as much
together as those of any other set. Leave-one-scene-out figures come with it: each clip is counted
by a classifier that no clip of its scene has shaped.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from hydra.utils import instantiate

from pushup.cli import InputError
from pushup.counting.build import build_counter, counter_config
from pushup.counting.classifier import PUSH_UP, CycleClassifier, Term
from pushup.counting.counter import CycleCounter
from pushup.counting.cycles import Cycle
from pushup.counting.features import Features
from pushup.counting.trace import Trace, load_trace
from pushup.counting.types import Rep
from pushup.data.clips import LabelledClip, read_clips
from pushup.evaluation.counting.runs import in_parallel, run_counter
from pushup.evaluation.report import markdown_table, share
from pushup.files import write_text
from pushup.metrics.counting import count_errors, match_times

ABOUT = (
    "Logit that a cycle is a push-up: the intercept and the sum of the terms; see classifier.py. "
    "python -m pushup fit-counter writes such a file."
)
TOLERANCE_S = 0.5
"""A cycle whose bottom is so near to that of a true repetition is one."""


@dataclass(frozen=True)
class TraceSet:
    """Clips with known repetitions, and their traces.

    Attributes:
        root: Folder of `counts.csv` and `reps.csv`.
        split: Of `counts.csv`.
        traces: Folder of the traces; None for `root / "traces"`.
        limit: Take so many clips; None for all.
    """

    root: Path
    split: str
    traces: Path | None = None
    limit: int | None = None

    def clips(self) -> list[tuple[LabelledClip, Path]]:
        """Each clip that has a trace and whose repetition times are known, with that trace."""
        folder = self.traces or self.root / "traces"
        found = [(clip, folder / f"{clip.name}.npz") for clip in read_clips(self.root, self.split)]
        found = [
            (clip, path)
            for clip, path in found
            if path.is_file() and len(clip.bottoms_s) == clip.count
        ]
        if not found:
            raise InputError(f"no trace of split {self.split!r} of {self.root} lies in {folder}")
        return found[: self.limit]


class CycleRecorder(CycleCounter):
    """A counter with a classifier that knows the truth; it keeps every cycle's features."""

    def record(self, trace: Trace, bottoms_s: Sequence[float]) -> tuple[list[Features], set[int]]:
        """The features of each cycle of a trace, and which cycles are repetitions."""
        self._found: list[tuple[Cycle, Features]] = []
        self._bottoms_s = bottoms_s
        run_counter(self, trace)
        times_s = [cycle.bottom_s for cycle, _ in self._found]
        pairs = match_times(times_s, bottoms_s, TOLERANCE_S)
        return [features for _, features in self._found], {index for index, _ in pairs}

    def _classify(self, cycle: Cycle, features: Features) -> tuple[Rep | None, str]:
        self._found.append((cycle, features))
        near = any(abs(cycle.bottom_s - true_s) <= TOLERANCE_S for true_s in self._bottoms_s)
        self._history.add(cycle, 2.0 if near else -2.0)
        return None, ""


@dataclass(frozen=True)
class Sample:
    """One cycle.

    Attributes:
        features: See `pushup.counting.features`.
        is_rep: It is a repetition.
        scene: Of its clip.
        set_index: Of the set that it is from.
    """

    features: Features
    is_rep: bool
    scene: str
    set_index: int


def _samples(clip: LabelledClip, path: Path, set_index: int) -> list[Sample]:
    recorder = f"{CycleRecorder.__module__}.{CycleRecorder.__name__}"
    config = counter_config("default") | {"_target_": recorder}
    features, reps = instantiate(config).record(load_trace(path), clip.bottoms_s)
    return [Sample(f, i in reps, clip.scene, set_index) for i, f in enumerate(features)]


def columns(classifier: CycleClassifier, features: Features) -> list[float]:
    """(2 N,) bases of the N terms, 0 where a feature is missing; and 1 where it is missing."""
    missing = [term.feature not in features for term in classifier.terms]
    bases = [
        0.0 if gone else term.basis(features)
        for term, gone in zip(classifier.terms, missing, strict=True)
    ]
    return [*bases, *map(float, missing)]


def logistic(x: np.ndarray, y: np.ndarray, weight: np.ndarray, l2: float) -> np.ndarray:
    """(1 + D,) intercept and coefficients of a ridge logistic regression, by Newton's method.

    The penalty is on coefficients of columns scaled to unit deviation; what hardly ever varies is
    scaled as if it varied by 0.3, so that a few cases do not make a weight.

    Args:
        x: (N, D).
        y: (N,) 0 or 1.
        weight: (N,), of sum N.
        l2: Weight of half the sum of squares.
    """
    mean = np.average(x, axis=0, weights=weight)
    deviation = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
    scale = np.maximum(deviation, 0.3)
    z = np.hstack([np.ones((len(x), 1)), (x - mean) / scale])
    penalty = np.diag([0.0, *np.full(x.shape[1], l2)])
    beta = np.zeros(z.shape[1])
    for _ in range(100):
        share = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        gradient = z.T @ (weight * (y - share)) - penalty @ beta
        curvature = (z * (weight * share * (1 - share))[:, None]).T @ z + penalty
        step = np.linalg.solve(curvature + 1e-9 * np.eye(len(beta)), gradient)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    coefficients = beta[1:] / scale
    return np.array([beta[0] - coefficients @ mean, *coefficients])


def fit(
    samples: Sequence[Sample],
    weights: Sequence[float],
    start: CycleClassifier,
    l2: float = 1.0,
    other_weight: float = 1.0,
) -> dict[str, Any]:
    """The data file of a classifier fitted to cycles.

    Args:
        samples: The cycles; those beyond a limit of `start` take no part.
        weights: Of each set, shared by its cycles.
        start: Gives the terms.
        l2: See `logistic`.
        other_weight: Of a cycle that is no repetition, where a repetition has 1: the price of a
            false count.
    """
    samples = [s for s in samples if not start.beyond(s.features)]
    x = np.array([columns(start, s.features) for s in samples])
    y = np.array([s.is_rep for s in samples], float)
    if len(set(y)) < 2:
        raise InputError("too few cycles of both kinds: give more sets, or fewer --folds")
    sizes = np.bincount([s.set_index for s in samples], minlength=len(weights))
    weight = np.array([weights[s.set_index] / sizes[s.set_index] for s in samples])
    weight *= np.where(y > 0, 1.0, other_weight)
    intercept, *coefficients = logistic(x, y, weight * len(weight) / weight.sum(), l2)
    number = len(start.terms)
    terms = [
        replace(term, weight=round(float(w), 3), missing=round(float(m), 3))
        for term, w, m in zip(
            start.terms, coefficients[:number], coefficients[number:], strict=True
        )
    ]
    return {
        "about": ABOUT,
        "intercept": round(float(intercept), 3),
        "terms": [_settings(term) for term in terms],
        "limits": {name: list(limit) for name, limit in start.limits.items()},
    }


def _settings(term: Term) -> dict[str, Any]:
    """Of a term, what is not as usual; its weight always."""
    usual = asdict(Term("", math.nan))
    return {k: list(v) if k == "clip" else v for k, v in asdict(term).items() if v != usual[k]}


def dumps(model: dict[str, Any]) -> str:
    """The text of a data file, one term a line."""
    terms = ",\n".join(f"    {json.dumps(term)}" for term in model["terms"])
    rest = {k: json.dumps(model[k]) for k in ("about", "intercept", "limits")}
    return (
        f'{{\n  "about": {rest["about"]},\n  "intercept": {rest["intercept"]},\n'
        f'  "terms": [\n{terms}\n  ],\n  "limits": {rest["limits"]}\n}}\n'
    )


def count(clip: LabelledClip, path: Path, file: Path) -> tuple[int, int]:
    """Repetitions that the default counter finds with a data file, and how many are true."""
    counter = build_counter("default", cycle_classifier=_classifier(file))
    times_s = [rep.bottom_s for rep in run_counter(counter, load_trace(path)).reps]
    return len(times_s), len(match_times(times_s, clip.bottoms_s, TOLERANCE_S))


def _classifier(file: Path) -> CycleClassifier:
    limits = counter_config("default")["cycle_classifier"].get("limits")
    return CycleClassifier(file, limits)


def fold_of(scene: str, folds: int) -> int:
    """The fold of a scene: the same on every machine."""
    return int(hashlib.sha256(scene.encode()).hexdigest(), 16) % folds


def fit_counter(
    sets: Sequence[TraceSet],
    weights: Sequence[float],
    checks: Sequence[TraceSet],
    out: Path,
    l2: float = 1.0,
    other_weight: float = 1.0,
    folds: int = 10,
    workers: int = 1,
) -> dict[str, Any]:
    """Fit the classifier; write `classifier.json` and `report.md`.

    Args:
        sets: What is fitted to.
        weights: Of each of them.
        checks: What only the figures are of.
        out: Folder.
        l2: See `logistic`.
        other_weight: See `fit`.
        folds: Parts into which the scenes of `sets` are divided for their figures.
        workers: Processes.

    Raises:
        InputError: A folder or a trace is of no use.
    """
    start = CycleClassifier()
    clips = [[(c, p) for c, p in one.clips()] for one in (*sets, *checks)]
    tasks = {
        f"{index} {clip.name}": partial(_samples, clip, path, index)
        for index, _ in enumerate(sets)
        for clip, path in clips[index]
    }
    samples = [s for _, found in sorted(in_parallel(tasks, workers, "cycles")) for s in found]
    files = {}
    for fold in (*range(folds), None):
        chosen = [s for s in samples if fold is None or fold_of(s.scene, folds) != fold]
        files[fold] = out / ("classifier.json" if fold is None else f"fold_{fold}.json")
        write_text(files[fold], dumps(fit(chosen, weights, start, l2, other_weight)))
    jobs = {}
    for index, one in enumerate(clips):
        for clip, path in one:
            fold = fold_of(clip.scene, folds) if index < len(sets) else None
            jobs[f"{index} {clip.name} fitted"] = partial(count, clip, path, files[fold])
            jobs[f"{index} {clip.name} present"] = partial(count, clip, path, PUSH_UP)
    counted = dict(in_parallel(jobs, workers, "counting"))
    rows = []
    for index, (one, name) in enumerate(zip(clips, map(_name, (*sets, *checks)), strict=True)):
        role = "left out by scene" if index < len(sets) else "not fitted"
        for which in ("present", "fitted"):
            found = [(c, *counted[f"{index} {c.name} {which}"]) for c, _ in one]
            rows.append([name, role if which == "fitted" else "", which, *_figures(found)])
    header = ("set", "fitted file", "file", "clips", "exact", "off by <= 1", "MAE", "F1", "false")
    model = json.loads(files[None].read_text())
    shown = [
        [t["feature"], str(t.get("weight", 0.0)), str(t.get("missing", ""))] for t in model["terms"]
    ]
    text = (
        f"# Cycle classifier\n\n{len(samples)} cycles, {sum(s.is_rep for s in samples)} of them "
        f"repetitions; l2 = {l2}, other cycles weigh {other_weight}, intercept "
        f"{model['intercept']}.\n\n"
        f"{markdown_table(header, rows)}\n\n"
        f"{markdown_table(('feature', 'weight', 'where missing'), shown)}\n"
    )
    write_text(out / "report.md", text)
    print(text)
    return model


def _name(one: TraceSet) -> str:
    traces = "" if one.traces is None else f", {one.traces.parent.name}"
    return f"{one.root.name} {one.split}{traces}"


def _figures(found: list[tuple[LabelledClip, int, int]]) -> list[str]:
    """Clips, exact, off by one, MAE, F1 of times; and repetitions in clips that have none."""
    counted = [(clip.count, n) for clip, n, _ in found if clip.count]
    true, guess = (np.array(x, float) for x in zip(*counted, strict=True)) if counted else ([], [])
    errors = count_errors(np.array(guess), np.array(true))
    total = sum(n + clip.count for clip, n, _ in found)
    f1 = 2 * sum(matched for _, _, matched in found) / total if total else float("nan")
    false = sum(n for clip, n, _ in found if not clip.count)
    shares = [share(errors[key]) for key in ("exact", "obo", "mae")]
    return [str(len(found)), *shares, share(f1), str(false)]
