"""Metrics of a yes-or-no classifier: pure functions of scores and labels.

Every figure takes a weight for each image, so that a bootstrap over scenes is the figure itself at
other weights: how often each image's scene was drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Confusion:
    """Weighted counts of the four outcomes; every ratio is NaN where nothing is counted."""

    true_positive: float
    false_positive: float
    false_negative: float
    true_negative: float

    @property
    def accuracy(self) -> float:
        """Share of images that are right."""
        right = self.true_positive + self.true_negative
        return _ratio(right, right + self.false_positive + self.false_negative)

    @property
    def precision(self) -> float:
        """Share of the positive answers that are right."""
        return _ratio(self.true_positive, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Share of the positive images that are found."""
        return _ratio(self.true_positive, self.true_positive + self.false_negative)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = 2 * self.true_positive
        return _ratio(both, both + self.false_positive + self.false_negative)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def confusion(
    scores: np.ndarray, labels: np.ndarray, threshold: float, weights: np.ndarray | None = None
) -> Confusion:
    """Outcomes where a score above the threshold means yes.

    Args:
        scores: (N,).
        labels: (N,) bool.
        threshold: Scores above it are positive answers.
        weights: (N,) of each image; 1 by default.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    cells = np.bincount(2 * labels.astype(int) + (scores > threshold), weights, 4)
    true_negative, false_positive, false_negative, true_positive = (float(c) for c in cells)
    return Confusion(true_positive, false_positive, false_negative, true_negative)


def auc(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Area under the ROC curve: the chance that a positive image outscores a negative one.

    Equal scores count half (Mann and Whitney). NaN without images of both kinds.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    levels, level_of = np.unique(scores, return_inverse=True)
    positive = np.bincount(level_of, weights * labels, len(levels))
    negative = np.bincount(level_of, weights * ~labels, len(levels))
    below = np.cumsum(negative) - negative / 2
    return _ratio(float(positive @ below), float(positive.sum() * negative.sum()))


def best_threshold(scores: np.ndarray, labels: np.ndarray) -> float:
    """The threshold of best F1, half-way between two scores; of equals the nearest to 0.5."""
    levels = np.unique(scores)
    candidates = np.append((levels[1:] + levels[:-1]) / 2, levels[0] / 2)
    f1 = np.array([confusion(scores, labels, t).f1 for t in candidates])
    best = candidates[f1 == np.nanmax(f1)]
    return float(best[np.abs(best - 0.5).argmin()])


def bootstrap_interval(
    figure: Callable[[np.ndarray], float],
    groups: Sequence[str] | np.ndarray,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of a figure of weighted images, drawing whole groups with replacement.

    Args:
        figure: Takes a weight for each image; draws for which it is NaN are left out.
        groups: N names of scenes.
        level: Probability that the interval covers.
        resamples: Number of draws.
        seed: Of the draws.

    Returns:
        (low, high); NaN when there are fewer than two groups, or no draw has the figure.
    """
    names, member_of = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    number = len(names)
    if number < 2:
        return float("nan"), float("nan")
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), resamples)
    values = np.array([figure(times[member_of].astype(float)) for times in drawn])
    values = values[np.isfinite(values)]
    if not len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
