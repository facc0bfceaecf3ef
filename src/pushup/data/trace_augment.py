"""Random variation of keypoint traces, in training."""

from dataclasses import dataclass, replace

import numpy as np

from pushup.data.trace_labels import LabelledTrace
from pushup.skeleton import UPPER7


@dataclass(frozen=True)
class TraceAugment:
    """Random variation of a trace that leaves its labels what they are.

    Attributes:
        mirror: Chance of a mirror image.
        turn: Chance of a turn by any angle; else by a quarter in a tenth of the cases.
        pace: Times are stretched by up to this factor either way.
        noise: Standard deviation of further noise, in shares of the body's extent.
        blind: Chance that the classifier's score is missing.
        invent: Chance that one is made up where there is none.
    """

    mirror: float = 0.5
    turn: float = 0.2
    pace: float = 1.4
    noise: float = 0.006
    blind: float = 0.3
    invent: float = 0.7

    def __call__(self, trace: LabelledTrace, rng: np.random.Generator) -> LabelledTrace:
        """Another trace."""
        points, scores = trace.keypoints.copy(), trace.scores
        if rng.random() < self.mirror:
            points[..., 0] *= -1
            points, scores = points[:, UPPER7.flip], scores[:, UPPER7.flip]
        points = points @ self._turn(rng).T
        seen = points[np.isfinite(points).all((1, 2))]
        if len(seen):
            extent = np.median(np.ptp(seen, axis=1))
            points = points + rng.normal(0, self.noise * rng.random() * extent, points.shape)
        factor = self.pace ** rng.uniform(-1, 1)
        return replace(
            trace,
            time_s=trace.time_s[:1] + (trace.time_s - trace.time_s[:1]) * factor,
            keypoints=points,
            scores=scores,
            pushing_up=self._score(trace, rng),
        )

    def _turn(self, rng: np.random.Generator) -> np.ndarray:
        angle = rng.normal(0, np.deg2rad(6))
        if rng.random() < self.turn:
            angle = rng.uniform(0, 2 * np.pi)
        elif rng.random() < 0.1:
            angle += rng.integers(1, 4) * np.pi / 2
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    def _score(self, trace: LabelledTrace, rng: np.random.Generator) -> np.ndarray:
        if rng.random() < self.blind:
            return np.full(len(trace.time_s), np.nan)
        if np.isfinite(trace.pushing_up).any() or rng.random() > self.invent:
            return trace.pushing_up
        # Of a rendered clip: mostly right, slow to change, at times wrong all along.
        centre = np.where(np.nan_to_num(trace.labels[:, 1]) > 0, rng.normal(2.5, 1.5), 0.0)
        centre = np.where(centre == 0, rng.normal(-1.5, 2.0), centre)
        steps = np.repeat(rng.normal(0, 1, len(centre) // 8 + 1), 8)[: len(centre)]
        return 1 / (1 + np.exp(-(centre + steps)))
