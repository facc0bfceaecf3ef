"""Rendered people as keypoint traces, without pictures: minutes of movement in milliseconds.

The joints are exact projections; what a light pose network does to them is added: jitter, slow
drift, wild joints, swapped sides, lost frames, and what lies outside the picture at its edge.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pushup.data.synthetic.body import Body, Stance, rotation, solve, vec
from pushup.data.synthetic.camera import aim, sample_view
from pushup.data.synthetic.motion import Entrance, PhaseTrack, RepTruth, Tempo, ease, wander
from pushup.data.synthetic.other_poses import OTHER_POSES
from pushup.data.synthetic.poses import Act
from pushup.data.synthetic.source import EXERCISES
from pushup.evaluation.counting_clips import Trace
from pushup.skeleton import BODY16, UPPER7

MOTIONS: dict[str, Callable[..., Act]] = {**EXERCISES, **OTHER_POSES}
"""Everything that a rendered person can do."""
NEGATIVES = tuple(name for name in MOTIONS if name not in ("push_up", "free"))
"""What must not be counted. Free poses are single pictures: between them a body only blends."""
REPEATING = ("push_up", "squat", "pull_up", "jumping_jack", "sit_up", "lunge", "bent_over")
"""Done over and over; the others are held, with a body's unrest."""
_PRONE = ("push_up", "plank", "all_fours")
_JOINTS = [BODY16.index(joint) for joint in UPPER7.joints]
_SIZE_WH = (426, 240)


@dataclass(frozen=True)
class Errors:
    """How far a pose network is off. Lengths in arms' lengths, shares of the frames.

    Attributes:
        jitter: Of every coordinate in every frame.
        drift: Typical excursion of a joint's slow error.
        wild: Joints that are somewhere on the body for one frame.
        swapped: Frames in which left and right are exchanged.
        lost: Frames without a pose.
    """

    jitter: float = 0.03
    drift: float = 0.03
    wild: float = 0.01
    swapped: float = 0.01
    lost: float = 0.01

    def apply(
        self, keypoints: np.ndarray, time_s: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (T, 7, 2) and scores (T, 7) as a network might give them.

        What lies outside the picture is guessed at its edge, since no network can point there.
        """
        arm = np.hypot(*(keypoints[:, 2] - keypoints[:, 0]).T)
        unit = max(float(np.percentile(arm, 90)), 1.0)
        slow = [wander(rng, self.drift * unit, 3.0) for _ in UPPER7.joints]
        drift = np.array([[path(float(t)) for path in slow] for t in time_s])
        found = keypoints + drift + rng.normal(0, self.jitter * unit, keypoints.shape)
        found = np.clip(found, 0, np.array(_SIZE_WH) - 1.0)
        outside = ~np.all((keypoints >= 0) & (keypoints < _SIZE_WH), axis=-1)
        scores = rng.uniform(0.5, 0.9, outside.shape)
        scores[outside] *= 0.5
        wild = rng.random(outside.shape) < self.wild
        other = rng.integers(0, len(UPPER7), outside.shape)
        found[wild] = np.take_along_axis(found, other[..., None], 1)[wild]
        scores[wild] *= 0.6
        swapped = rng.random(len(time_s)) < self.swapped
        found[swapped] = found[swapped][:, UPPER7.flip]
        lost = rng.random(len(time_s)) < self.lost
        found[lost], scores[lost] = np.nan, 0.0
        return found, scores


class _Scene:
    """One thing that a person does for a while."""

    def __init__(self, name: str, body: Body, rng: np.random.Generator, duration_s: float) -> None:
        self.act = MOTIONS[name](body, rng)
        self.track = None
        if name in REPEATING:
            self.track = PhaseTrack(rng, Tempo.sample(rng), 1.5, duration_s - 1.0, None)
        self.unrest = wander(rng, 0.2, 4.0)
        self.prone = name in _PRONE

    def stance(self, time_s: float) -> Stance:
        if self.track is not None:
            return self.act.stance(self.track(time_s))
        return self.act.stance(float(np.clip(0.5 + self.unrest(time_s)[0], 0, 1)))

    @property
    def repetitions(self) -> list[RepTruth]:
        return self.track.repetitions if self.track is not None else []


def perform(
    seed: int,
    names: tuple[str, ...],
    scene_s: float = 15.0,
    fps: float = 25.0,
    errors: Errors | None = None,
) -> tuple[Trace, list[float]]:
    """One person who walks in and does these things one after the other, as a keypoint trace.

    Args:
        seed: Chooses person, camera, tempo and errors.
        names: Keys of `MOTIONS`.
        scene_s: Seconds of each, the change from one to the next included.
        fps: Frames a second.
        errors: Of the pose network.

    Returns:
        The trace, and the true lowest points of its push-ups in seconds.
    """
    rng = np.random.default_rng([seed, 4099])
    body = Body.sample(rng)
    scenes = [_Scene(name, body, rng, scene_s) for name in names]
    azimuth_deg, elevation_deg = sample_view(rng, None)
    entrance = Entrance(body, rng, scenes[0].stance(0.0), scenes[0].prone, azimuth_deg)
    change_s, total_s = 1.2, entrance.duration_s + scene_s * len(scenes)

    def stance(time_s: float) -> Stance:
        since_s = time_s - entrance.duration_s
        if since_s < 0:
            return entrance(time_s)
        index = min(int(since_s / scene_s), len(scenes) - 1)
        local_s = since_s - index * scene_s
        now = scenes[index].stance(local_s)
        if index == 0 or local_s > change_s:
            return now
        before = scenes[index - 1].stance(scene_s)
        return before.blend(now, float(ease(local_s / change_s)))

    heading_deg = float(rng.uniform(0, 360))
    turn = rotation(vec(0, 0, 1), heading_deg)

    def joints(stance: Stance) -> np.ndarray:
        return solve(body, stance.moved(turn, vec(0, 0, 0))).joints

    extremes = [joints(scene.act.stance(phase)) for scene in scenes for phase in (0.0, 1.0)]
    fill = float(np.clip(rng.normal(0.75, 0.2), 0.3, 1.15))  # above 0.95 parts are cut off
    angles_deg = azimuth_deg, elevation_deg
    camera = aim(rng, np.concatenate(extremes), heading_deg, angles_deg, fill, _SIZE_WH)
    shake = wander(rng, float(rng.choice([0.0, 1.5])), 2.5)
    time_s = np.arange(0, total_s, 1 / fps)
    exact = np.array(
        [camera.project(joints(stance(float(t)))[_JOINTS])[0] + shake(float(t)) for t in time_s]
    )
    keypoints, scores = (errors or Errors()).apply(exact, time_s, rng)
    bottoms_s = [
        entrance.duration_s + i * scene_s + rep.bottom_s
        for i, (name, scene) in enumerate(zip(names, scenes, strict=True))
        for rep in scene.repetitions
        if name == "push_up"
    ]
    return Trace(time_s, keypoints, scores, _SIZE_WH), bottoms_s


def loop(trace: Trace, duration_s: float) -> Trace:
    """The trace over and over, as if filmed on, until it lasts so long."""
    times = max(1, int(np.ceil(duration_s / max(trace.duration_s, 1e-3))))
    shifts = np.repeat(np.arange(times) * trace.duration_s, len(trace.time_s))
    return Trace(
        np.tile(trace.time_s - trace.time_s[0], times) + shifts,
        np.tile(trace.keypoints, (times, 1, 1)),
        np.tile(trace.scores, (times, 1)),
        trace.size_wh,
        None if trace.pushing_up is None else np.tile(trace.pushing_up, times),
    )
