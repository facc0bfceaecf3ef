"""What a light pose network makes of exact keypoints: a model of its errors, for simulated traces.

Measured on rendered clips that our MobileNet looked at (`python evaluate.py mode=placements
model=mobilenet` writes the figures, `keypoint_errors` in results.json, beside those of this
model). There the frame-to-frame noise is small; most of the error is a constant offset of each
joint and a part that comes and goes with the pose, 60 % of the variance that is left. Beside
these, joints are confused with others for anything from one frame to seconds, left and right are
exchanged, and scores tell errors only roughly.
"""

from dataclasses import dataclass, fields

import numpy as np

from pushup.skeleton import UPPER7

_PAIRS = [UPPER7.pair(part) for part in ("wrist", "elbow", "shoulder")]
_OFTEN = np.array([1.5 if "wrist" in j else 1.3 if "elbow" in j else 0.6 for j in UPPER7.joints])
"""How often each joint is confused, against the mean."""


def unit_length(keypoints: np.ndarray, size_wh: tuple[int, int]) -> float:
    """The length in pixels that errors are told in: an arm's as it is seen, or 1.4 shoulder widths.

    Args:
        keypoints: (T, 7, 2) exact pixels.
        size_wh: Of the picture: people behind whom the camera lies have no size.
    """
    (wrists, _, shoulders) = (keypoints[:, list(pair)] for pair in _PAIRS)
    arms = np.hypot(*np.moveaxis(wrists - shoulders, -1, 0)).max(1)
    wide = 1.4 * np.hypot(*(shoulders[:, 0] - shoulders[:, 1]).T)
    length = float(np.percentile(np.maximum(arms, wide), 90))
    return min(max(length, 1.0), 2.0 * max(size_wh))


_BY_VIEW = {
    "side_left": (0.9, 0.01, 0.002, 0.002, -0.1),
    "side_right": (0.9, 0.015, 0.002, 0.003, -0.1),
    "front": (0.8, 0.015, 0.002, 0.002, 0.4),
    "three_quarter": (1.1, 0.03, 0.005, 0.005, 0.2),
    "rear": (2.2, 0.15, 0.15, 0.01, 0.6),
    "high_front": (1.6, 0.16, 0.25, 0.2, 1.0),
    "high_side": (2.4, 0.2, 0.03, 0.01, 0.5),
    "overhead": (2.0, 0.2, 0.2, 0.02, 1.2),
    "floor_front": (1.1, 0.04, 0.01, 0.005, 0.2),
    "under_chest": (1.4, 0.02, 0.0, 0.02, 2.8),
    "far": (2.5, 0.3, 0.02, 0.9, 0.4),
    "close": (1.2, 0.09, 0.005, 0.01, 0.5),
    "portrait": (1.5, 0.04, 0.005, 0.01, 0.1),
    "landscape": (1.3, 0.08, 0.01, 0.03, 0.1),
    "rotated_90": (1.7, 0.12, 0.02, 0.01, 0.7),
    "tilted_20": (1.8, 0.15, 0.05, 0.03, 0.6),
}
"""By viewpoint: size against the usual, shares confused, swapped and missed, doubt."""


@dataclass(frozen=True)
class Errors:
    """How far a pose network is off. Lengths in `unit_length`, shares of the time.

    Attributes:
        white: Noise of every coordinate in every frame.
        slow: Wandering of each joint.
        offset: Constant offset of each joint in a clip.
        posed: Offset that grows and shrinks with the height of the upper body in the picture.
        pixel: Further noise, as a share of the longer side: what is small is found less well.
        confused: Share of the time that a joint is taken for another or lies far off.
        swapped: Share of the time that left and right are exchanged.
        missed: Share of the time that something else is taken for the person.
        lost: Frames without a pose.
        doubt: What all scores lose, in logits.
    """

    white: float = 0.004
    slow: float = 0.014
    offset: float = 0.035
    posed: float = 0.04
    pixel: float = 0.0012
    confused: float = 0.08
    swapped: float = 0.03
    missed: float = 0.02
    lost: float = 0.005
    doubt: float = 0.3

    @classmethod
    def before(cls, view: str) -> "Errors":
        """As they are from a viewpoint; see `_BY_VIEW`."""
        size, confused, swapped, missed, doubt = _BY_VIEW[view]
        usual = cls()
        return cls(
            white=usual.white * size,
            slow=usual.slow * size,
            offset=usual.offset * size,
            posed=usual.posed * size,
            confused=confused,
            swapped=swapped,
            missed=missed,
            doubt=doubt,
        )

    def scaled(self, factor: float) -> "Errors":
        """All of it so many times as strong."""
        return Errors(**{f.name: getattr(self, f.name) * factor for f in fields(self)})

    def apply(
        self,
        keypoints: np.ndarray,
        size_wh: tuple[int, int],
        time_s: np.ndarray,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (T, 7, 2) and scores (T, 7) as a network might give them.

        What lies outside the picture is guessed near its edge, since no network can point there.

        Args:
            keypoints: (T, 7, 2) exact pixels.
            size_wh: Of the picture.
            time_s: (T,) seconds.
            rng: Samples the errors.
        """
        joints = keypoints.shape[1]
        outside = ~np.all((keypoints >= 0) & (keypoints < size_wh), axis=-1)
        unit = unit_length(keypoints, size_wh)
        # People, clothes and light differ: so does how well the network sees them.
        hard = float(np.exp(rng.normal(0, 0.4)))
        moves = self._posed(keypoints, outside, rng) + wander_paths(
            rng, self.slow, 2.5, time_s, joints
        )
        moves += rng.normal(0, self.offset, (joints, 2))
        error = hard * unit * moves
        error += hard * rng.normal(0, self.white * unit, keypoints.shape)
        error += rng.normal(0, self.pixel * max(size_wh), keypoints.shape)
        found = np.clip(keypoints + error, 0, np.array(size_wh) - 1.0)
        far = np.hypot(*np.moveaxis(error, -1, 0)) / unit

        for joint in range(joints):
            share = min(hard * self.confused * _OFTEN[joint], 0.6)
            for start, stop in _episodes(rng, share, time_s):
                found[start:stop, joint], off = _confusion(rng, found, joint, start, stop, unit)
                far[start:stop, joint] = off
        # One person is exchanged all the time, most never.
        swapped, missed = np.exp(rng.normal(-0.6, 1.1, 2)) * (self.swapped, self.missed)
        for start, stop in _episodes(rng, min(swapped, 0.8), time_s):
            found[start:stop] = found[start:stop][:, UPPER7.flip]
            far[start:stop] += 0.15
        found = np.clip(found, 0, np.array(size_wh) - 1.0)
        scores = _scores(rng, far, outside, time_s, self.doubt)
        for start, stop in _episodes(rng, min(missed, 0.95), time_s, long_s=4.0):
            found[start:stop], scores[start:stop] = _elsewhere(rng, stop - start, size_wh)
        _nobody(rng, found, scores, outside.all(1), size_wh)
        for start, stop in _episodes(rng, self.lost, time_s):
            found[start:stop], scores[start:stop] = np.nan, 0.0
        return found, scores

    def _posed(
        self, keypoints: np.ndarray, outside: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """(T, 7, 2) in units: -1 to 1 with the place of the shoulders, times a joint's own gain."""
        gain = rng.normal(0, self.posed, keypoints.shape[1:])
        shoulders = keypoints[:, list(_PAIRS[2])].mean(1)
        seen = ~outside[:, list(_PAIRS[2])].any(1)
        if not seen.any():
            return np.zeros(keypoints.shape)
        place = shoulders - np.median(shoulders[seen], 0)
        along = place[:, int(np.argmax(np.percentile(np.abs(place[seen]), 90, axis=0)))]
        most = max(float(np.percentile(np.abs(along[seen]), 90)), 1.0)
        return np.clip(along / most, -1, 1)[:, None, None] * gain


NO_ERRORS = Errors(**{f.name: 0.0 for f in fields(Errors)})
"""The exact joints, those outside the picture at its edge."""


def wander_paths(
    rng: np.random.Generator, size: float, slowest_s: float, time_s: np.ndarray, joints: int
) -> np.ndarray:
    """(T, joints, 2) smooth random paths around zero of that typical size."""
    rate = 2 * np.pi / (slowest_s * np.array([1.0, 0.53, 0.29, 0.17]))
    phase = rng.uniform(0, 2 * np.pi, (joints, 2, 4))
    strength = size * rng.normal(0, 1, (joints, 2, 4)) * np.array([1.0, 0.6, 0.35, 0.15])
    return (strength * np.sin(rate * time_s[:, None, None, None] + phase)).sum(-1)


def _episodes(
    rng: np.random.Generator, share: float, time_s: np.ndarray, long_s: float = 1.6
) -> list[tuple[int, int]]:
    """Frames (start, stop) of episodes that fill that share of the time: many short, a few long."""
    if share <= 0 or len(time_s) < 2:
        return []
    short_s, often_short = 0.12, 0.65
    mean_s = often_short * short_s + (1 - often_short) * long_s
    lasting_s = float(time_s[-1] - time_s[0])
    number = rng.poisson(lasting_s * share / ((1 - share) * mean_s))
    starts_s = time_s[0] + rng.uniform(0, lasting_s, number)
    lasts_s = rng.exponential(np.where(rng.random(number) < often_short, short_s, long_s))
    first = np.searchsorted(time_s, starts_s)
    last = np.maximum(np.searchsorted(time_s, starts_s + lasts_s), first + 1)
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _confusion(
    rng: np.random.Generator, found: np.ndarray, joint: int, start: int, stop: int, unit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where a confused joint seems to be, (n, 2), and how far off that is in units, (n,)."""
    was = found[start:stop, joint]
    chance = rng.random()
    if chance < 0.35:
        seems = found[start:stop, UPPER7.flip[joint]]
    elif chance < 0.5:
        seems = found[start:stop, int(rng.integers(found.shape[1]))]
    else:
        seems = was + rng.normal(0, 0.4 * unit, 2)
    seems = seems + rng.normal(0, 0.04 * unit, was.shape)
    return seems, np.hypot(*(seems - was).T) / unit


def _scores(
    rng: np.random.Generator,
    far: np.ndarray,
    outside: np.ndarray,
    time_s: np.ndarray,
    doubt: float,
) -> np.ndarray:
    """(T, 7): lower where the joint is far off, lowest outside, but by chance in between."""
    joints = far.shape[1]
    logit = (
        1.3 - doubt - 5.0 * np.minimum(far, 0.35) + rng.normal(0, 0.35) + rng.normal(0, 0.4, joints)
    )
    logit = np.where(outside, -2.4 + rng.normal(0, 0.8, joints), logit)
    logit += wander_paths(rng, 0.35, 2.0, time_s, joints)[..., 0] + rng.normal(0, 0.12, far.shape)
    return 1 / (1 + np.exp(-logit))


def _elsewhere(
    rng: np.random.Generator, frames: int, size_wh: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Keypoints (T, 7, 2) and scores (T, 7) where furniture is taken for the person."""
    middle = rng.uniform(0.1, 0.9, 2) * size_wh
    place = middle + rng.normal(0, 0.08 * max(size_wh), (len(UPPER7), 2))
    found = place + rng.normal(0, 0.01 * max(size_wh), (frames, len(UPPER7), 2))
    scores = np.exp(rng.normal(np.log(0.2), 0.5, len(UPPER7)))
    noisy = scores * np.exp(rng.normal(0, 0.2, (frames, len(UPPER7))))
    return np.clip(found, 0, np.array(size_wh) - 1.0), noisy.clip(0, 0.7)


def _nobody(
    rng: np.random.Generator,
    found: np.ndarray,
    scores: np.ndarray,
    away: np.ndarray,
    size_wh: tuple[int, int],
) -> None:
    """While nobody is in the picture, joints jump over it; in place."""
    number = int(away.sum())
    if not number:
        return
    places = rng.uniform(0, 1, (number, *found.shape[1:])) * size_wh
    stays = rng.random((number, found.shape[1])) > 0.12
    stays[0] = False
    kept = np.maximum.accumulate(np.where(stays, 0, np.arange(number)[:, None]), 0)
    places = np.take_along_axis(places, kept[..., None], 0)
    places += rng.normal(0, 0.006 * max(size_wh), places.shape)
    found[away] = np.clip(places, 0, np.array(size_wh) - 1.0)
    scores[away] = np.exp(rng.normal(np.log(0.035), 1.1, scores[away].shape)).clip(0, 0.5)
