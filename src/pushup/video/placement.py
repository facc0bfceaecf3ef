"""The corner of the picture in which a panel hides the person least."""

import math

import numpy as np

from pushup.video.overlay import Corner

CORNERS: tuple[Corner, ...] = (
    ("left", "top"),
    ("right", "top"),
    ("left", "bottom"),
    ("right", "bottom"),
)

_PANEL = 0.36  # of the picture's shorter side, both ways
_AROUND = 0.25  # what of a person lies beyond the joints, as a share of their box
_TAU_S, _CLEARLY = 1.5, 0.15


class PanelCorner:
    """Follows the person slowly, so that a panel does not jump."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin at the top left."""
        self.corner: Corner = CORNERS[0]
        self._hidden = dict.fromkeys(CORNERS, 0.0)
        self._time_s: float | None = None

    def update(self, time_s: float, keypoints: np.ndarray, size_wh: tuple[int, int]) -> None:
        """Take (K, 2) joints in pixels, NaN where unknown, in a picture of this size."""
        known = keypoints[np.isfinite(keypoints).all(1)]
        if len(known) == 0:
            return
        low, high = known.min(0), known.max(0)
        low, high = low - _AROUND * (high - low), high + _AROUND * (high - low)
        share = 1.0
        if self._time_s is not None:
            share = 1 - math.exp(-max(0.0, time_s - self._time_s) / _TAU_S)
        self._time_s = time_s
        side = _PANEL * min(size_wh)
        for corner in CORNERS:
            left = 0.0 if corner[0] == "left" else size_wh[0] - side
            top = 0.0 if corner[1] == "top" else size_wh[1] - side
            across = min(high[0], left + side) - max(low[0], left)
            down = min(high[1], top + side) - max(low[1], top)
            hidden = max(0.0, across) * max(0.0, down) / side**2
            self._hidden[corner] += share * (hidden - self._hidden[corner])
        best = min(CORNERS, key=lambda corner: self._hidden[corner])
        if self._hidden[self.corner] > self._hidden[best] + _CLEARLY:
            self.corner = best
