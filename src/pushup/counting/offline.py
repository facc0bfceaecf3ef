"""The offline counter: the stages of `counter.py` over a whole recording, as an upper bound."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d

from pushup.counting.body import BodyEstimator, BodyState
from pushup.counting.classifier import CycleClassifier
from pushup.counting.cycles import Cycle, CycleDetector
from pushup.counting.features import CycleFeatures, CycleHistory, Features
from pushup.counting.types import Observation, Rep
from pushup.skeleton import UPPER7, Skeleton


class OfflineCycleCounter:
    """Counts a finished recording with the stages of `CycleCounter`.

    What only hindsight gives: smoothing without delay, the usual depth of the repetitions before
    the first one, and dips on the way up that turn out to be no repetitions.

    Args:
        cycle_classifier: Says of a cycle whether it is a push-up.
        min_depth: Least depth in arm lengths.
        relative_depth: Least depth as a share of the median depth of the recording's repetitions.
        recover: Share of the descent that has to be climbed back.
        smooth_s: Standard deviation of the Gaussian that smooths the height.
        skeleton: Order of the keypoints.
    """

    rate_hz = 60.0
    """The height is resampled to this rate, so that smoothing does not depend on the clip's."""

    def __init__(
        self,
        cycle_classifier: CycleClassifier,
        min_depth: float = 0.25,
        relative_depth: float = 0.5,
        recover: float = 0.6,
        smooth_s: float = 0.05,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        self._classifier = cycle_classifier
        self.min_depth, self.relative_depth = min_depth, relative_depth
        self.recover, self.smooth_s = recover, smooth_s
        self._skeleton = skeleton

    def count(self, observations: Sequence[Observation]) -> list[Rep]:
        """The repetitions of a recording, in order of time."""
        reps: list[Rep] = []
        for bodies in self._stretches(observations):
            found = self._reps(bodies, self.min_depth)
            if found:
                usual = float(np.median([rep.depth for rep in found]))
                found = self._reps(bodies, max(self.min_depth, self.relative_depth * usual))
            reps += found
        return reps

    def _stretches(self, observations: Sequence[Observation]) -> list[list[BodyState]]:
        """Runs of frames that show one body without a cut or a long loss."""
        estimator = BodyEstimator(self._skeleton)
        stretches: list[list[BodyState]] = []
        for observation in observations:
            body = estimator.update(observation)
            if body is None:
                continue
            if body.restarted or not stretches:
                stretches.append([])
            stretches[-1].append(body)
        return stretches

    def _reps(self, bodies: list[BodyState], min_depth: float) -> list[Rep]:
        if len(bodies) < 2:
            return []
        time_s = np.array([body.time_s for body in bodies])
        even_s = np.arange(time_s[0], time_s[-1], 1 / self.rate_hz)
        height = np.interp(even_s, time_s, [body.height for body in bodies])
        height = gaussian_filter1d(height, self.smooth_s * self.rate_hz, mode="nearest")
        detector = CycleDetector(min_depth, self.recover, short_returns=True)
        samples = zip(even_s.tolist(), height.tolist(), strict=True)
        cycles = [detector.update(t, value) for t, value in samples]
        cycles.append(detector.finish(self.recover))
        history = CycleHistory()
        reps = [
            self._rep(cycle, self._features(cycle, bodies), history) for cycle in cycles if cycle
        ]
        return [rep for rep in reps if rep is not None]

    @staticmethod
    def _features(cycle: Cycle, bodies: list[BodyState]) -> Features:
        features = CycleFeatures()
        for body in bodies:
            if cycle.start_s - features.score_s <= body.time_s <= cycle.top_s:
                features.add(body)
        return features.of(cycle)

    def _rep(self, cycle: Cycle, own: Features, history: CycleHistory) -> Rep | None:
        features = own | history.of(cycle)
        logit = self._classifier.logit(features)
        history.add(cycle, logit)
        if logit <= 0:
            return None
        times = cycle.start_s, cycle.bottom_s, cycle.top_s
        return Rep(*times, cycle.depth, float(1 / (1 + np.exp(-logit))), features)
