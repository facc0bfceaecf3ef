"""Runs of one counter to figures: plain dictionaries, ready for JSON."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pushup.data.clips import LabelledClip
from pushup.evaluation.counting.runs import Run
from pushup.metrics import counting as metrics
from pushup.metrics.bootstrap import group_interval

MANY = 3
"""Most clips hold one or two repetitions; figures of those with so many are given apart."""


def summarise(
    clips: Sequence[LabelledClip], runs: dict[str, Run], offset: float = 0.0
) -> dict[str, Any]:
    """All figures of one counter.

    MAE, OBO, exact, RMSE and F1 are over the clips with a count above 0, false counts over those
    without. Intervals (`*_ci`, 95 %) resample scenes.

    Args:
        clips: What was counted.
        runs: By the clips' names.
        offset: Of the denominator of MAE, see `relative_errors`; above 0 the clips without
            repetitions take part in all, as in the papers that divide so.
    """
    predicted = {clip.name: len(runs[clip.name].reps) for clip in clips}
    duration_s = sum(runs[clip.name].duration_s for clip in clips)
    seconds = sum(runs[clip.name].seconds for clip in clips)
    frames = sum(runs[clip.name].frames for clip in clips)
    return {
        **_figures(clips, predicted, offset),
        **_time_figures(clips, runs),
        **_false_figures(clips, predicted, runs),
        "realtime_factor": duration_s / seconds if seconds > 0 else math.nan,
        "ms_per_frame": 1e3 * seconds / frames if frames else math.nan,
        f"with_{MANY}_or_more": _subset(
            [clip for clip in clips if clip.count >= MANY], predicted, runs, offset
        ),
        **{
            f"by_{key}": _by(
                clips, predicted, runs, offset, lambda clip, a=attribute: getattr(clip, a)
            )
            for key, attribute in (("class", "kind"), ("view", "view"), ("scene", "scene"))
        },
        "clips": {clip.name: _clip(clip, runs[clip.name]) for clip in clips},
    }


def constant_row(
    clips: Sequence[LabelledClip], runs: dict[str, Run], offset: float = 0.0
) -> dict[str, Any]:
    """The figures of always guessing the one count that is best on these clips."""
    counts = np.array([clip.count for clip in clips])
    guess = metrics.best_constant(counts) if counts.any() else 0
    predicted = {clip.name: guess for clip in clips}
    return {
        "count": guess,
        **_figures(clips, predicted, offset),
        **_false_figures(clips, predicted, runs),
    }


def _figures(
    clips: Sequence[LabelledClip], predicted: dict[str, int], offset: float
) -> dict[str, Any]:
    counted = [clip for clip in clips if clip.count + offset > 0]
    guess = np.array([predicted[clip.name] for clip in counted], float)
    true = np.array([clip.nearest(predicted[clip.name]) for clip in counted], float)
    scenes = [clip.scene for clip in counted]
    ones = np.ones(len(counted))
    each = {
        "mae": metrics.relative_errors(guess, true, offset),
        "mae_abs": np.abs(guess - true),
        "obo": (np.abs(guess - true) <= 1).astype(float),
        "exact": (guess == true).astype(float),
    }
    intervals = {f"{key}_ci": group_interval(v, ones, scenes) for key, v in each.items()}
    return {"number": len(counted), **metrics.count_errors(guess, true, offset), **intervals}


def _time_figures(clips: Sequence[LabelledClip], runs: dict[str, Run]) -> dict[str, Any]:
    """F1 of the times, pooled over clips whose repetition times are known."""
    timed = [clip for clip in clips if clip.bottoms_s]
    matched = np.array([_matched(clip, runs[clip.name]) for clip in timed], float)
    events = [len(runs[clip.name].reps) + len(clip.bottoms_s) for clip in timed]
    total = np.array(events, float)
    scenes = [clip.scene for clip in timed]
    return {
        "f1_time": float(2 * matched.sum() / total.sum()) if timed else math.nan,
        "f1_time_ci": group_interval(2 * matched, total, scenes),
    }


def _matched(clip: LabelledClip, run: Run) -> int:
    return len(metrics.match_times([rep.bottom_s for rep in run.reps], clip.bottoms_s))


def _false_figures(
    clips: Sequence[LabelledClip], predicted: dict[str, int], runs: dict[str, Run]
) -> dict[str, Any]:
    empty = [clip for clip in clips if clip.count == 0]
    false = np.array([predicted[clip.name] for clip in empty], float)
    minutes = np.array([runs[clip.name].duration_s / 60 for clip in empty])
    return {
        "false": int(false.sum()),
        "empty_minutes": float(minutes.sum()),
        "false_per_minute": float(false.sum() / minutes.sum()) if len(empty) else math.nan,
        "false_per_minute_ci": group_interval(false, minutes, [clip.scene for clip in empty]),
    }


def _subset(
    clips: Sequence[LabelledClip], predicted: dict[str, int], runs: dict[str, Run], offset: float
) -> dict[str, Any]:
    return {
        **_figures(clips, predicted, offset),
        **_time_figures(clips, runs),
        **_false_figures(clips, predicted, runs),
    }


def _by(
    clips: Sequence[LabelledClip],
    predicted: dict[str, int],
    runs: dict[str, Run],
    offset: float,
    key: Callable[[LabelledClip], str],
) -> dict[str, Any]:
    """Figures of each group of clips, without intervals."""
    found = {}
    for name in sorted({key(clip) for clip in clips}):
        group = [clip for clip in clips if key(clip) == name]
        figures = _subset(group, predicted, runs, offset)
        found[name] = {k: v for k, v in figures.items() if not k.endswith("_ci")}
    return found


def _clip(clip: LabelledClip, run: Run) -> dict[str, Any]:
    return {
        "count": clip.count,
        "nearest": clip.nearest(len(run.reps)),
        "predicted": len(run.reps),
        "matched": _matched(clip, run),
        "view": clip.view,
        "scene": clip.scene,
        "duration_s": run.duration_s,
        "bottoms_s": [round(rep.bottom_s, 3) for rep in run.reps],
    }
