"""How far counts and repetition times are from the truth: pure functions over arrays.

The names are those of the repetition-counting field (RepNet, TransRAC): MAE is relative to the true
count, OBO the share of clips off by at most one, OBZ (here `exact`) the share counted exactly.
"""

import math
from collections.abc import Sequence

import numpy as np


def relative_errors(predicted: np.ndarray, true: np.ndarray, offset: float = 0.0) -> np.ndarray:
    """(N,) |p - g| / (g + offset); NaN where that divides by 0: there is no relative error.

    RepNet's paper divides by g, TransRAC's by g + 0.1.

    >>> relative_errors(np.array([3, 1]), np.array([4, 0]), offset=0.1).round(3).tolist()
    [0.244, 10.0]
    """
    predicted, true = np.asarray(predicted, float), np.asarray(true, float)
    errors = np.full(true.shape, np.nan)
    counted = true + offset > 0
    errors[counted] = np.abs(predicted - true)[counted] / (true + offset)[counted]
    return errors


def _mean(values: np.ndarray) -> float:
    """Mean of the finite values; NaN when there are none."""
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else math.nan


def count_errors(predicted: np.ndarray, true: np.ndarray, offset: float = 0.0) -> dict[str, float]:
    """Summary of (N,) predicted against (N,) true counts; `offset` as of `relative_errors`.

    Returns:
        `mae` (relative, over clips where that is a number), `mae_abs`, `obo`, `exact`, `rmse`; NaN
        where no clip takes part.
    """
    difference = np.asarray(predicted, float) - np.asarray(true, float)
    return {
        "mae": _mean(relative_errors(predicted, true, offset)),
        "mae_abs": _mean(np.abs(difference)),
        "obo": _mean((np.abs(difference) <= 1).astype(float)),
        "exact": _mean((difference == 0).astype(float)),
        "rmse": math.sqrt(_mean(difference**2)) if len(difference) else math.nan,
    }


def match_times(
    predicted_s: Sequence[float], true_s: Sequence[float], tolerance_s: float = 0.5
) -> list[tuple[int, int]]:
    """One-to-one pairs (predicted, true) of times within the tolerance: as many as possible.

    Both are taken in time order; pairing each true time with the earliest free prediction in reach
    is optimal on a line.
    """
    order = np.argsort(predicted_s, kind="stable")
    pairs, next_free = [], 0
    for true_index in np.argsort(true_s, kind="stable"):
        time_s = true_s[true_index]
        while next_free < len(order) and predicted_s[order[next_free]] < time_s - tolerance_s:
            next_free += 1
        if next_free < len(order) and predicted_s[order[next_free]] <= time_s + tolerance_s:
            pairs.append((int(order[next_free]), int(true_index)))
            next_free += 1
    return pairs


def best_constant(true: np.ndarray) -> int:
    """The one whole count with the least mean relative error over clips with a count above 0.

    Raises:
        ValueError: No clip has a count above 0.
    """
    true = np.asarray(true)
    true = true[true > 0]
    if not len(true):
        raise ValueError("no clip has a count above 0")
    guesses = np.arange(true.max() + 1)
    return int(
        min(guesses, key=lambda guess: _mean(relative_errors(np.full_like(true, guess), true)))
    )
