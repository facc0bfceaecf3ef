"""Scores that are as sure as they are right: the maps of their logits that make them so."""

import numpy as np
from scipy.optimize import fminbound, minimize
from scipy.special import logit

EPS = 1e-7
"""Scores are taken to lie at least so far from 0 and 1."""


def temperature(scores: np.ndarray, labels: np.ndarray) -> float:
    """What logits have to be divided by so that scores are as sure as they are right.

    That of highest likelihood (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017):
    above 1 for a model that is too sure, below for one that is not sure enough. NaN without images
    of both kinds; where no score is on the wrong side of 0.5, the lower bound of the search, 0.01.
    """
    if labels.all() or not labels.any():
        return float("nan")
    margins = np.where(labels, 1, -1) * _logits(scores)

    def loss(log_temperature: float) -> float:
        return float(np.logaddexp(0, -margins * np.exp(-log_temperature)).mean())

    return float(np.exp(fminbound(loss, np.log(0.01), np.log(100))))


def platt_scaling(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """What logits have to be multiplied by, and then raised by, for scores to be chances.

    The pair of highest likelihood (Platt, "Probabilistic outputs for support vector machines",
    1999). NaN for both without scores of both kinds.

    Args:
        scores: (N,) in 0..1.
        right: (N,) bool.

    Returns:
        (scale, shift).
    """
    if right.all() or not right.any():
        return float("nan"), float("nan")
    logits, sign = _logits(scores), np.where(right, 1, -1)

    def loss(scale_shift: np.ndarray) -> float:
        return float(np.logaddexp(0, -sign * (scale_shift[0] * logits + scale_shift[1])).mean())

    scale, shift = minimize(loss, (1.0, 0.0)).x
    return float(scale), float(shift)


def _logits(scores: np.ndarray) -> np.ndarray:
    return logit(np.clip(np.asarray(scores, float), EPS, 1 - EPS))
