"""Rendered people who do one thing after the other: as pictures, or as keypoints without pictures.

Pictures are for our own networks to look at. Keypoints take milliseconds: the joints are exact
projections, and what a light pose network does to them is added: jitter, slow drift, wild joints,
swapped sides, lost frames, and what lies outside the picture at its edge.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pushup.counting.trace import Trace
from pushup.skeleton import BODY16, UPPER7
from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body, BodyPose
from pushup.synthetic.camera import Camera, sample_view
from pushup.synthetic.classifier_scores import ClassifierScores
from pushup.synthetic.dog import Dog
from pushup.synthetic.effects import Lens, shifted
from pushup.synthetic.errors import Errors
from pushup.synthetic.exercises import MOTIONS, PRONE, REPEATING
from pushup.synthetic.motions import standing
from pushup.synthetic.performance import Performance, Segment, held
from pushup.synthetic.stage import Scene, Stage
from pushup.synthetic.timing import Entrance, PhaseTrack, Tempo, walking, wander
from pushup.video.frames import Frame

SIZE_WH = 426, 240
"""Of the pictures."""
NEGATIVES = tuple(name for name in MOTIONS if name not in ("push_up", "free"))
"""What must not be counted. Free poses are single pictures: between them a body only blends."""
_REPEATING = (*REPEATING, "lunge", "bent_over")
"""Done over and over; the others are held, with a body's unrest."""
_JOINTS = [BODY16.index(joint) for joint in UPPER7.joints]


@dataclass(frozen=True)
class Passer:
    """Somebody else who walks through the picture, who is not labelled.

    Attributes:
        body: Who.
        appearance: In which clothes.
        heading_deg: Which way.
        spot: (3,) metres, where at time 0.
        speed: Metres a second.
    """

    body: Body
    appearance: Appearance
    heading_deg: float
    spot: np.ndarray
    speed: float

    def add_to(self, scene: Scene, time_s: float) -> Scene:
        """The scene with this person in its background."""
        upright = standing(self.body, np.random.default_rng(3)).targets(0)
        targets = walking(self.body, upright, self.speed * time_s)
        return scene.with_bystander(
            self.body, self.appearance, targets, self.heading_deg, self.spot
        )


class Routine:
    """One person before one camera: as keypoints with errors, or as pictures.

    Args:
        seed: Chooses clothes, surroundings and errors.
        performance: What the person does.
        stage: Who, before which camera.
        shake: Offset (2,) of the picture in pixels over time.
        passer: Somebody who walks by, or a dog.
        camera_at: The camera by time, where it is not the stage's.
        shade: What the light leaves of the picture by time, (H, W) in 0..1.
        errors: Of the keypoints in `trace`, unless others are asked for.
        classifier: How sure the push-up classifier is in `trace`.

    Attributes:
        duration_s: Of everything.
        repetitions: Its true push-ups.
        bottoms_s: Their lowest points in seconds.
    """

    def __init__(
        self,
        seed: int,
        performance: Performance,
        stage: Stage,
        shake: Callable[[float], np.ndarray],
        passer: Passer | Dog | None = None,
        camera_at: Callable[[float], Camera] | None = None,
        shade: Callable[[float], np.ndarray] | None = None,
        errors: Errors | None = None,
        classifier: ClassifierScores | None = None,
    ) -> None:
        self._errors, self._shade = errors or Errors(), shade
        self._classifier = classifier or ClassifierScores()
        self._seed, self._stage, self._shake = seed, stage, shake
        self._performance, self._passer, self._camera_at = performance, passer, camera_at
        self.duration_s, self.size_wh = performance.duration_s, stage.camera.size_wh
        self.repetitions = performance.repetitions("push_up")
        self.bottoms_s = [rep.bottom_s for rep in self.repetitions]

    @classmethod
    def sample(
        cls, seed: int, names: Sequence[str], segment_s: float = 15.0, view: str | None = None
    ) -> "Routine":
        """Somebody who walks in and does these things one after the other.

        Args:
            seed: Chooses person, camera, tempo, clothes, surroundings and errors.
            names: Keys of `MOTIONS`.
            segment_s: Seconds of each, the change from one to the next included.
            view: A key of `camera.VIEWS`; None for a random one.
        """
        rng = np.random.default_rng([seed, 4099])
        body = Body.sample(rng)
        segments = [_segment(name, body, rng, segment_s) for name in names]
        angles_deg = sample_view(rng, view)
        first = segments[0].targets(0.0)
        entrance = Entrance(body, rng, first, names[0] in PRONE, angles_deg[0])
        segments = [
            replace(segment, start_s=entrance.duration_s + i * segment_s)
            for i, segment in enumerate(segments)
        ]
        heading_deg = float(rng.uniform(0, 360))
        moments = [s.motion.targets(phase) for s in segments for phase in (0.0, 1.0)]
        fill = float(np.clip(rng.normal(0.75, 0.2), 0.3, 1.15))  # above 0.95 parts are cut off
        stage = Stage.sample(rng, body, moments, heading_deg, angles_deg, fill, SIZE_WH)
        shake = wander(rng, float(rng.choice([0.0, 1.5])), 2.5)
        duration_s = entrance.duration_s + segment_s * len(names)
        return cls(seed, Performance(segments, duration_s, entrance), stage, shake)

    def keypoints(self, time_s: np.ndarray) -> np.ndarray:
        """(T, 7, 2) the exact joints in pixels at (T,) seconds, also outside the picture."""
        return self._pixels([self.pose(t) for t in time_s.tolist()], time_s)

    def pose(self, time_s: float) -> BodyPose:
        """The person in space at a time."""
        return self._stage.pose(self._performance.targets(time_s))

    def _pixels(self, poses: Sequence[BodyPose], time_s: np.ndarray) -> np.ndarray:
        """(T, 7, 2)."""
        return np.array(
            [
                self._stage_at(t).camera.project(pose.joints[_JOINTS])[0] + self._shake(t)
                for t, pose in zip(time_s.tolist(), poses, strict=True)
            ]
        )

    def _stage_at(self, time_s: float) -> Stage:
        if self._camera_at is None:
            return self._stage
        return replace(self._stage, camera=self._camera_at(time_s))

    def trace(
        self, fps: float = 25.0, errors: Errors | None = None, classifier: bool = False
    ) -> Trace:
        """The seven keypoints as a pose network might give them.

        Args:
            fps: Frames a second.
            errors: Of the keypoints, in place of the routine's own.
            classifier: With the push-up classifier's scores.
        """
        time_s = self._times(fps)
        rng = np.random.default_rng([self._seed, 4111])
        poses = [self.pose(t) for t in time_s.tolist()]
        exact = self._pixels(poses, time_s)
        keypoints, scores = (errors or self._errors).apply(exact, self.size_wh, time_s, rng)
        pushing_up = None
        if classifier:
            rng = np.random.default_rng([self._seed, 4129])
            pushing_up = self._classifier.apply(poses, time_s, rng)
        return Trace(time_s, keypoints, scores, self.size_wh, pushing_up)

    def digest(self) -> str:
        """Of what it shows: another one where movements, errors left out, or pictures differ."""
        digest = hashlib.sha256(np.round(self.keypoints(self._times(4.0)), 2).tobytes())
        for frame in self.frames_at(np.array([0.5, self.duration_s / 2])):
            digest.update(frame.image_bgr.tobytes())
        return digest.hexdigest()[:24]

    def _times(self, fps: float) -> np.ndarray:
        """(T,) seconds of all frames at a constant rate."""
        return np.arange(0, self.duration_s, 1 / fps)

    def frames(self, fps: float = 12.5) -> Iterator[Frame]:
        """The pictures, one at a time; everything stands in one room, its props come and go."""
        return self.frames_at(self._times(fps))

    def frames_at(self, times_s: np.ndarray) -> Iterator[Frame]:
        """The pictures at given times (T,)."""
        rng = np.random.default_rng([self._seed, 4127])
        body = self._stage.body
        appearance = Appearance.sample(rng, body.feminine, body.muscle)
        lens, room = Lens.sample(rng).steady(), int(rng.integers(2**32))
        scenes = [
            Scene.sample(np.random.default_rng(room), self._stage, appearance, segment.motion.props)
            for segment in self._performance.segments
        ]
        lens = lens.metered(scenes[0].background.rgb)
        for i, time_s in enumerate(times_s.tolist()):
            scene = scenes[self._performance.index_at(time_s)]
            if self._camera_at is not None:
                scene = scene.seen_by(self._camera_at(time_s))
            if self._passer is not None:
                scene = self._passer.add_to(scene, time_s)
            rgb = scene.render(self._performance.targets(time_s)).rgb
            if self._shade is not None:
                rgb = rgb * self._shade(time_s)[..., None]
            image_rgb = lens.apply(shifted(rgb, self._shake(time_s)), rng)
            yield Frame(np.ascontiguousarray(image_rgb[..., ::-1]), time_s, i, time_s)


def _segment(name: str, body: Body, rng: np.random.Generator, duration_s: float) -> Segment:
    motion, track = MOTIONS[name](body, rng), None
    if name in _REPEATING:
        track = PhaseTrack(rng, Tempo.sample(rng), 1.5, duration_s - 1.0, None)
    unrest = held(wander(rng, 0.2, 4.0))
    return Segment(
        name, motion, track or unrest, repetitions=track.repetitions if track is not None else ()
    )


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
