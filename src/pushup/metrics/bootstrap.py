"""Bootstrap intervals that resample groups: images of one scene are not independent."""

from collections.abc import Sequence

import numpy as np


def group_interval(
    totals: np.ndarray,
    counts: np.ndarray,
    groups: Sequence[str] | np.ndarray,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of sum(totals) / sum(counts), drawing whole groups with replacement.

    Each group is summed once; a resample is then a vector of how often each group was drawn, so all
    resamples together are one matrix product.

    Args:
        totals: (N,) numerator of each image.
        counts: (N,) denominator of each image; images with 0 do not take part.
        groups: N names.
        level: Probability that the interval covers.
        resamples: Number of draws.
        seed: Of the draws.

    Returns:
        (low, high); NaN when fewer than two groups take part, which say nothing about the spread.
    """
    takes_part = np.asarray(counts) > 0
    names, member_of = np.unique(np.asarray(groups, dtype=str)[takes_part], return_inverse=True)
    number = len(names)
    if number < 2:
        return float("nan"), float("nan")
    group_totals = np.bincount(member_of, np.asarray(totals)[takes_part], number)
    group_counts = np.bincount(member_of, np.asarray(counts)[takes_part], number)
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), resamples)
    ratios = (drawn @ group_totals) / (drawn @ group_counts)
    low, high = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def group_means(values: np.ndarray, groups: Sequence[str] | np.ndarray) -> np.ndarray:
    """(G,) mean of each group's values, groups in alphabetical order.

    Args:
        values: (N,), NaN where an image has no value; a group of such images is left out.
        groups: N names.
    """
    known = np.isfinite(values)
    names, member_of = np.unique(np.asarray(groups, dtype=str)[known], return_inverse=True)
    number = len(names)
    return np.bincount(member_of, values[known], number) / np.bincount(member_of, minlength=number)


def mean_interval(
    values: np.ndarray, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the mean of independent values, such as those of `group_means`.

    Of the differences between two systems on the same groups it is the paired bootstrap (Efron and
    Tibshirani, "An Introduction to the Bootstrap", 1993).

    Args: as those of `group_interval`.
    """
    return group_interval(
        values, np.ones(len(values)), np.arange(len(values)), level, resamples, seed
    )
