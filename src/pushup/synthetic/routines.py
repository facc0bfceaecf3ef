"""Rendered people who do one thing after the other: as pictures, or as keypoints without pictures.

Pictures are for our own networks to look at. Keypoints take milliseconds: the joints are exact
projections, and what a light pose network does to them is added: jitter, slow drift, wild joints,
swapped sides, lost frames, and what lies outside the picture at its edge.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pushup.counting.trace import Trace
from pushup.skeleton import BODY16, UPPER7
from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body, Figure, IKTargets, rotation, solve, vec
from pushup.synthetic.camera import aim, sample_view
from pushup.synthetic.effects import Lens, shifted
from pushup.synthetic.mesh import Skin
from pushup.synthetic.motion import Entrance, PhaseTrack, RepTruth, Tempo, ease, wander
from pushup.synthetic.other_poses import OTHER_POSES
from pushup.synthetic.pictures import EXERCISES, place_props
from pushup.synthetic.places import sample_scene
from pushup.synthetic.poses import Motion
from pushup.synthetic.render import draw
from pushup.video.source import Frame

MOTIONS: dict[str, Callable[..., Motion]] = {**EXERCISES, **OTHER_POSES}
"""Everything that a rendered person can do."""
NEGATIVES = tuple(name for name in MOTIONS if name not in ("push_up", "free"))
"""What must not be counted. Free poses are single pictures: between them a body only blends."""
REPEATING = ("push_up", "squat", "pull_up", "jumping_jack", "sit_up", "lunge", "bent_over")
"""Done over and over; the others are held, with a body's unrest."""
_PRONE = ("push_up", "plank", "all_fours")
_JOINTS = [BODY16.index(joint) for joint in UPPER7.joints]


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
        self,
        keypoints: np.ndarray,
        size_wh: tuple[int, int],
        time_s: np.ndarray,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (T, 7, 2) and scores (T, 7) as a network might give them.

        What lies outside the picture is guessed at its edge, since no network can point there.
        """
        arm = np.hypot(*(keypoints[:, 2] - keypoints[:, 0]).T)
        unit = max(float(np.percentile(arm, 90)), 1.0)
        slow = [wander(rng, self.drift * unit, 3.0) for _ in UPPER7.joints]
        drift = np.array([[path(float(t)) for path in slow] for t in time_s])
        found = keypoints + drift + rng.normal(0, self.jitter * unit, keypoints.shape)
        found = np.clip(found, 0, np.array(size_wh) - 1.0)
        outside = ~np.all((keypoints >= 0) & (keypoints < size_wh), axis=-1)
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

    def stance(self, time_s: float) -> IKTargets:
        if self.track is not None:
            return self.act.stance(self.track(time_s))
        return self.act.stance(float(np.clip(0.5 + self.unrest(time_s)[0], 0, 1)))

    @property
    def repetitions(self) -> list[RepTruth]:
        return self.track.repetitions if self.track is not None else []


class Routine:
    """One person who walks in and does these things one after the other, before one camera.

    Args:
        seed: Chooses person, place, camera, tempo and errors.
        names: Keys of `MOTIONS`.
        scene_s: Seconds of each, the change from one to the next included.
        view: A key of `camera.VIEWS`; None for a random one.

    Attributes:
        duration_s: Of everything, the walk in included.
        bottoms_s: The true lowest points of its push-ups in seconds.
    """

    size_wh = (426, 240)
    change_s = 1.2

    def __init__(
        self, seed: int, names: tuple[str, ...], scene_s: float = 15.0, view: str | None = None
    ) -> None:
        rng = np.random.default_rng([seed, 4099])
        self._seed, self._scene_s = seed, scene_s
        self._body = body = Body.sample(rng)
        self._scenes = [_Scene(name, body, rng, scene_s) for name in names]
        angles_deg = sample_view(rng, view)
        first = self._scenes[0]
        self._entrance = Entrance(body, rng, first.stance(0.0), first.prone, angles_deg[0])
        self._heading_deg = float(rng.uniform(0, 360))
        self._turn = rotation(vec(0, 0, 1), self._heading_deg)
        acts = [scene.act for scene in self._scenes]
        self._extremes = np.concatenate(
            [self._solve(act.stance(phase)).joints for act in acts for phase in (0.0, 1.0)]
        )
        fill = float(np.clip(rng.normal(0.75, 0.2), 0.3, 1.15))  # above 0.95 parts are cut off
        self._camera = aim(rng, self._extremes, self._heading_deg, angles_deg, fill, self.size_wh)
        self._shake = wander(rng, float(rng.choice([0.0, 1.5])), 2.5)
        entered_s = self._entrance.duration_s
        self.duration_s = entered_s + scene_s * len(names)
        self.bottoms_s = [
            entered_s + i * scene_s + rep.bottom_s
            for i, (name, scene) in enumerate(zip(names, self._scenes, strict=True))
            for rep in scene.repetitions
            if name == "push_up"
        ]

    def _solve(self, stance: IKTargets) -> Figure:
        return solve(self._body, stance.moved(self._turn, vec(0, 0, 0)))

    def _when(self, time_s: float) -> tuple[int, float]:
        """Index of the scene, and seconds since it began; below 0 while walking in."""
        since_s = time_s - self._entrance.duration_s
        index = min(int(max(since_s, 0.0) / self._scene_s), len(self._scenes) - 1)
        return index, since_s - index * self._scene_s

    def _figure(self, time_s: float) -> Figure:
        """The person at a time."""
        index, local_s = self._when(time_s)
        if local_s < 0:
            return self._solve(self._entrance(time_s))
        stance = self._scenes[index].stance(local_s)
        if index > 0 and local_s <= self.change_s:
            before = self._scenes[index - 1].stance(self._scene_s)
            stance = before.blend(stance, float(ease(local_s / self.change_s)))
        return self._solve(stance)

    def trace(self, fps: float = 25.0, errors: Errors | None = None) -> Trace:
        """The seven keypoints as a pose network might give them."""
        time_s = np.arange(0, self.duration_s, 1 / fps)
        exact = np.array(
            [
                self._camera.project(self._figure(float(t)).joints[_JOINTS])[0]
                + self._shake(float(t))
                for t in time_s
            ]
        )
        rng = np.random.default_rng([self._seed, 4111])
        keypoints, scores = (errors or Errors()).apply(exact, self.size_wh, time_s, rng)
        return Trace(time_s, keypoints, scores, self.size_wh)

    def film(self, fps: float = 12.5) -> Iterator[Frame]:
        """The pictures, one at a time; everything stands in one room, its props come and go."""
        rng = np.random.default_rng([self._seed, 4127])
        skin = Skin(self._body, Appearance.sample(rng, self._body.feminine, self._body.muscle))
        lens, place = Lens.sample(rng).steady(), int(rng.integers(2**32))
        scenes, views = [], []
        for scene in self._scenes:
            place_rng = np.random.default_rng(place)
            props = place_props(scene.act.props, self._heading_deg, place_rng)
            middle = self._extremes.mean(0)
            scenes.append(sample_scene(place_rng, self._camera, middle, self._heading_deg, props))
            views.append(scenes[-1].view(self._camera))
        lens = lens.metered(views[0].rgb)
        for i, time_s in enumerate(np.arange(0, self.duration_s, 1 / fps).tolist()):
            index, _ = self._when(time_s)
            light = scenes[index].light
            drawing = draw(views[index], self._camera, light, skin, self._figure(time_s))
            image_rgb = lens.apply(shifted(drawing.rgb, self._shake(time_s)), rng)
            yield Frame(np.ascontiguousarray(image_rgb[..., ::-1]), time_s, i, time_s)


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
