"""Fits the cycle classifier: which of the cycles in a signal are push-ups.

The terms of the present data file keep their features, transforms and bounds; their weights, the
intercept and what a missing feature is worth are a regularised logistic regression on the cycles
that the default counter finds in traces with known repetitions. What was found lately is a feature,
too: it is what the classifier of the round before said, so that one error does not follow from
another in counting when it did not in fitting. Leave-one-scene-out figures come with it: each clip
is counted by a classifier that no clip of its scene has shaped.
"""

import hashlib
import json
import math
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.counting.build import counter_config
from pushup.counting.classifier import PUSH_UP, CycleClassifier, Term
from pushup.counting.features import Features
from pushup.engines.process import ProcessEngine
from pushup.evaluation.counting.recordings import (
    TOLERANCE_S,
    Recording,
    TraceSet,
    counted,
    record,
    replay,
)
from pushup.evaluation.counting.runs import in_parallel
from pushup.evaluation.report import markdown_table, share
from pushup.files import write_text
from pushup.metrics.bootstrap import group_interval
from pushup.metrics.counting import count_errors, match_times

ABOUT = (
    "Logit that a cycle is a push-up: the intercept and the sum of the terms; see classifier.py. "
    "python -m pushup fit-counter writes such a file."
)


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
    recordings: Sequence[Recording],
    weights: Sequence[float],
    start: CycleClassifier,
    l2: float = 1.0,
    other_weight: float = 1.0,
    bounds: CycleClassifier | None = None,
    rounds: int = 3,
) -> dict[str, Any]:
    """The data file of a classifier fitted to cycles.

    A clip of n cycles weighs as the root of n. In a set without any repetition each kind, the
    clips' `note`, weighs alike.

    Args:
        recordings: Their cycles; those beyond a limit of `bounds` take no part.
        weights: Of each set, shared by its cycles.
        start: Gives the terms, and the limits that are written.
        l2: See `logistic`.
        other_weight: Of a cycle that is no repetition, where a repetition has 1: the price of a
            false count.
        bounds: Has the limits that counting has; None for those of `start`.
        rounds: Times that the fit is made again with the history that it leads to.
    """
    beta = np.zeros(1 + 2 * len(start.terms))
    shares = _shares(recordings, weights)
    for _ in range(1 + rounds):
        x, y, weight = [], [], []
        for recording, clip_share in zip(recordings, shares, strict=True):
            seen = replay(recording, partial(_linear, beta, start), bounds or start)
            for found, features, _ in seen:
                x.append(columns(start, features))
                y.append(float(found.is_rep))
                price = 1.0 if found.is_rep else other_weight
                weight.append(clip_share * price / math.sqrt(len(seen)))
        if len(set(y)) < 2:
            raise InputError("too few cycles of both kinds: give more sets, or fewer --folds")
        weighed = np.array(weight)
        beta = logistic(np.array(x), np.array(y), weighed * len(y) / weighed.sum(), l2)
    intercept, *coefficients = beta.tolist()
    number = len(start.terms)
    terms = [
        replace(term, weight=round(w, 3), missing=round(m, 3))
        for term, w, m in zip(
            start.terms, coefficients[:number], coefficients[number:], strict=True
        )
    ]
    return {
        "about": ABOUT,
        "intercept": round(intercept, 3),
        "terms": [_settings(term) for term in terms],
        "limits": {name: list(limit) for name, limit in start.limits.items()},
    }


def _linear(beta: np.ndarray, start: CycleClassifier, features: Features) -> float:
    return float(beta[0] + np.dot(beta[1:], columns(start, features)))


def _shares(recordings: Sequence[Recording], weights: Sequence[float]) -> list[float]:
    """For each clip, what the root of its number of cycles is multiplied by."""
    empty = {
        index
        for index in range(len(weights))
        if not any(r.clip.count for r in recordings if r.set_index == index)
    }
    keys = [(r.set_index, r.clip.note if r.set_index in empty else "all") for r in recordings]
    sizes: dict[tuple[int, str], float] = {}
    for key, recording in zip(keys, recordings, strict=True):
        sizes[key] = sizes.get(key, 0.0) + math.sqrt(len(recording.cycles))
    kinds = Tally(index for index, _ in sizes)
    return [weights[key[0]] / kinds[key[0]] / max(sizes[key], 1.0) for key in keys]


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


def bounded(file: Path = PUSH_UP) -> CycleClassifier:
    """The classifier of a data file within the limits of the default counter."""
    return CycleClassifier(file, counter_config("default")["cycle_classifier"].get("limits"))


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
    start, present = CycleClassifier(), bounded()
    every = (*sets, *checks)
    tasks = {
        f"{index} {clip.name}": partial(record, clip, path, index)
        for index, one in enumerate(every)
        for clip, path in one.clips()
    }
    found = dict(in_parallel(tasks, ProcessEngine(workers), "cycles"))
    recordings = [found[key] for key in tasks]
    fitted = {}
    for fold in (*range(folds), None):
        chosen = [
            r
            for r in recordings
            if r.set_index < len(sets) and (fold is None or fold_of(r.clip.scene, folds) != fold)
        ]
        file = out / ("classifier.json" if fold is None else f"fold_{fold}.json")
        write_text(file, dumps(fit(chosen, weights, start, l2, other_weight, present)))
        fitted[fold] = bounded(file)
    rows = []
    for index, one in enumerate(every):
        role = "left out by scene" if index < len(sets) else "not fitted"
        clips = [r for r in recordings if r.set_index == index]
        for which in ("present", "fitted"):
            counts = []
            for clip in clips:
                fold = fold_of(clip.clip.scene, folds) if index < len(sets) else None
                model = present if which == "present" else fitted[fold]
                counts.append(counted(clip, model.logit, model))
            shown = role if which == "fitted" else ""
            rows.append([_name(one), shown, which, *_figures(clips, counts)])
    header = ("set", "fitted file", "file", "clips", *_FIGURES)
    model = json.loads((out / "classifier.json").read_text())
    terms = [
        [t["feature"], str(t.get("weight", 0.0)), str(t.get("missing", ""))] for t in model["terms"]
    ]
    cycles = [cycle.is_rep for r in recordings if r.set_index < len(sets) for cycle in r.cycles]
    text = (
        f"# Cycle classifier\n\n{len(cycles)} cycles, {sum(cycles)} of them "
        f"repetitions; l2 = {l2}, other cycles weigh {other_weight}, intercept "
        f"{model['intercept']}.\n\n"
        f"{markdown_table(header, rows)}\n\n"
        f"{markdown_table(('feature', 'weight', 'where missing'), terms)}\n"
    )
    write_text(out / "report.md", text)
    print(text)
    return model


def _name(one: TraceSet) -> str:
    traces = "" if one.traces is None else f", {one.traces.parent.name}"
    return f"{one.root.name} {one.split}{traces}"


_FIGURES = ("exact", "off by <= 1", "MAE", "MAE by scene", "F1", "false", "false / min by kind")


def _figures(recordings: Sequence[Recording], counts: Sequence[list[float]]) -> list[str]:
    """The number of clips, and `_FIGURES`.

    The interval resamples scenes. False counts are of clips without repetitions; a minute, they are
    the mean over the kinds of such clips.
    """
    pairs = list(zip(recordings, counts, strict=True))
    with_reps = [(r.clip, times_s) for r, times_s in pairs if r.clip.count]
    shown = ["-"] * 5
    if with_reps:
        true = np.array([clip.count for clip, _ in with_reps], float)
        errors = count_errors(np.array([len(t) for _, t in with_reps], float), true)
        off = np.array([abs(len(t) - clip.count) / clip.count for clip, t in with_reps])
        scenes = np.array([clip.scene for clip, _ in with_reps])
        by_scene = float(np.mean([off[scenes == scene].mean() for scene in sorted(set(scenes))]))
        low, high = group_interval((off == 0).astype(float), np.ones(len(off)), scenes)
        matched = sum(
            len(match_times(times_s, clip.bottoms_s, TOLERANCE_S)) for clip, times_s in with_reps
        )
        total = sum(len(times_s) + clip.count for clip, times_s in with_reps)
        shown = [
            f"{share(errors['exact'])} [{share(low)}, {share(high)}]",
            *(share(errors[key]) for key in ("obo", "mae")),
            share(by_scene),
            share(2 * matched / total),
        ]
    kinds: dict[str, list[float]] = {}
    for recording, times_s in pairs:
        if not recording.clip.count:
            tally = kinds.setdefault(recording.clip.note, [0.0, 0.0])
            tally[0] += len(times_s)
            tally[1] += recording.minutes
    false = int(sum(number for number, _ in kinds.values()))
    rates = [number / minutes for number, minutes in kinds.values()]
    rate = share(float(np.mean(rates)), 2) if rates else "-"
    return [str(len(pairs)), *shown, str(false), rate]
