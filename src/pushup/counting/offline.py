"""The offline reference: the whole clip at once, as an upper bound for the streaming counter."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d

from pushup.counting.body import Body, BodyTracker
from pushup.counting.cycles import Cycle, CycleDetector
from pushup.counting.evidence import CycleEvidence, push_up_odds
from pushup.counting.types import Observation, Rep
from pushup.skeleton import UPPER7, Skeleton

_Frame = tuple[Body, float | None]
"""A body, and the push-up classifier's score where there is one."""


class OfflineCounter:
    """Counts a finished clip with the signals and the evidence of the default counter.

    What only hindsight gives: smoothing without delay, the usual depth of the clip's repetitions
    before its first one, and dips on the way up that turn out to be no repetitions.

    Args:
        floor: Least depth in body lengths.
        relative_floor: Least depth as a share of the median depth in the clip.
        recover: Share of the descent that has to be climbed back.
        smooth_s: Standard deviation of the Gaussian that smooths the height.
        skeleton: Order of the keypoints.
    """

    rate_hz = 60.0
    """The height is resampled to this rate, so that smoothing does not depend on the clip's."""

    def __init__(
        self,
        floor: float = 0.25,
        relative_floor: float = 0.5,
        recover: float = 0.6,
        smooth_s: float = 0.05,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        self.floor = floor
        self.relative_floor = relative_floor
        self.recover = recover
        self.smooth_s = smooth_s
        self._skeleton = skeleton

    def count(self, observations: Sequence[Observation]) -> list[Rep]:
        """The repetitions of a clip, in order of time."""
        reps: list[Rep] = []
        for frames in self._stretches(observations):
            found = self._reps(frames, self.floor)
            if found:
                usual = float(np.median([rep.depth for rep in found]))
                found = self._reps(frames, max(self.floor, self.relative_floor * usual))
            reps += found
        return reps

    def _stretches(self, observations: Sequence[Observation]) -> list[list[_Frame]]:
        """Runs of frames that show one body without a cut or a long loss."""
        tracker = BodyTracker(self._skeleton, smooth_s=0.0)
        stretches: list[list[_Frame]] = []
        for observation in observations:
            body = tracker.update(observation)
            if body is None:
                continue
            if body.restarted or not stretches:
                stretches.append([])
            stretches[-1].append((body, observation.pushing_up))
        return stretches

    def _reps(self, frames: list[_Frame], floor: float) -> list[Rep]:
        time_s = np.array([body.time_s for body, _ in frames])
        even_s = np.arange(time_s[0], time_s[-1] + 0.5 / self.rate_hz, 1 / self.rate_hz)
        height = np.interp(even_s, time_s, [body.height for body, _ in frames])
        height = gaussian_filter1d(height, self.smooth_s * self.rate_hz, mode="nearest")
        turning = CycleDetector(floor, self.recover)
        cycles = [turning.update(t, value) for t, value in zip(even_s, height, strict=True)]
        reps = [self._judge(cycle, frames) for cycle in cycles if cycle is not None]
        return [rep for rep in reps if rep is not None]

    def _judge(self, cycle: Cycle, frames: list[_Frame]) -> Rep | None:
        evidence = CycleEvidence()
        for body, pushing_up in frames:
            if cycle.start_s - evidence.classifier_tau_s <= body.time_s <= cycle.top_s:
                evidence.add(body, pushing_up)
                if body.time_s < cycle.start_s:
                    evidence.restart()  # of what came before only the classifier counts
        figures = evidence.figures() | {"depth": cycle.depth, "duration_s": cycle.duration_s}
        odds = push_up_odds(figures)
        if odds <= 0:
            return None
        confidence = float(1 / (1 + np.exp(-odds)))
        times = float(cycle.start_s), float(cycle.bottom_s), float(cycle.top_s)
        return Rep(*times, float(cycle.depth), confidence, figures)
