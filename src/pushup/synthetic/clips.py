"""Rendered video clips with exact keypoints and repetition times, in memory."""

from dataclasses import dataclass, replace

import numpy as np

from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body
from pushup.synthetic.camera import sample_view
from pushup.synthetic.effects import Lens, shifted
from pushup.synthetic.exercises import EXERCISES, PRONE, REPEATING
from pushup.synthetic.performance import Performance, Segment, held
from pushup.synthetic.render import inside_picture
from pushup.synthetic.stage import Scene, Stage
from pushup.synthetic.timing import Entrance, PhaseTrack, RepTruth, Tempo, wander


@dataclass(frozen=True)
class RenderedClip:
    """A rendered clip.

    Attributes:
        frames_rgb: T pictures (H, W, 3) uint8.
        time_s: (T,) seconds from 0, uneven for a variable frame rate.
        keypoints: (T, 16, 2) pixels, also outside the picture; NaN in an empty environment.
        visible: (T, 16) bool, False outside the picture.
        repetitions: The true repetitions, in order.
        exercise: Name of the exercise; fps: mean frames a second; view: of the camera.
        starts_low: The clip begins at the far end of the movement.
    """

    frames_rgb: list[np.ndarray]
    time_s: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray
    repetitions: list[RepTruth]
    exercise: str
    fps: float
    view: str = "random"
    starts_low: bool = False


@dataclass(frozen=True)
class ClipOptions:
    """What a clip may be told; None leaves it to the seed.

    Attributes:
        kind: Push-ups: "floor", "knees", "incline" or "decline".
        shallow: Push-ups that go down by a third only.
        fast: 0.8 s a repetition, no pauses.
        lopsided: Push-ups that roll the chest to one side on the way down.
        tempo_s: Seconds a repetition without pauses.
        pause_top_s: Rest before each repetition; pause_bottom_s: hold at the far end.
        enters: The person walks in first; leaves: and walks away in the end.
        starts_low: Begin at the far end of the movement.
        variable_rate: Uneven frame times, with frames dropped.
        shake_px: Typical excursion of the hand-held camera; 0 for a tripod.
        clean: A perfect lens: no noise, blur or compression.
    """

    kind: str | None = None
    shallow: bool = False
    fast: bool = False
    lopsided: bool = False
    tempo_s: float | None = None
    pause_top_s: float | None = None
    pause_bottom_s: float | None = None
    enters: bool = False
    leaves: bool = False
    starts_low: bool = False
    variable_rate: bool = False
    shake_px: float | None = None
    clean: bool = False

    def tempo(self, rng: np.random.Generator) -> Tempo:
        """The seed's tempo with what was asked for."""
        tempo = Tempo.sample(rng)
        if self.fast:
            tempo = replace(tempo, period_s=0.8, pause_top_s=0.0, pause_bottom_s=0.0)
        asked = {
            "period_s": self.tempo_s,
            "pause_top_s": self.pause_top_s,
            "pause_bottom_s": self.pause_bottom_s,
        }
        return replace(tempo, **{k: v for k, v in asked.items() if v is not None})

    def style(self, rng: np.random.Generator) -> dict[str, object]:
        """Keywords for the push-up's maker."""
        style: dict[str, object] = {} if self.kind is None else {"kind": self.kind}
        if self.shallow:
            style["depth"] = 0.33
        if self.lopsided:
            style["lopsided"] = float(rng.choice([-1, 1]) * rng.uniform(22, 30))
        return style


def _perform(
    rng: np.random.Generator,
    body: Body,
    exercise: str,
    duration_s: float,
    repetitions: int | None,
    options: ClipOptions,
    azimuth_deg: float,
) -> Performance:
    """One exercise for the whole clip, between an entrance and an exit where they are asked for."""
    style = options.style(rng) if exercise == "push_up" else {}
    motion = EXERCISES[exercise](body, rng, **style)
    tempo = options.tempo(rng)
    begin = float(rng.uniform(0.3, 1.0))
    end = duration_s - 0.25
    entrance = exit_ = None
    way = body, rng, motion.targets(0.0), exercise in PRONE, azimuth_deg
    if options.enters:
        entrance = Entrance(*way)
        begin += entrance.duration_s
    if options.leaves:
        exit_ = Entrance(*way)
        end -= exit_.duration_s + 0.3
    repeating = exercise in REPEATING
    if not repeating:
        if repetitions:
            raise ValueError(f"{exercise} has no repetitions; ask for 0")
        repetitions = 0
    track = PhaseTrack(rng, tempo, begin, end, repetitions, options.starts_low)
    phase = track if repeating else held(wander(rng, 0.15, 4.0))
    segment = Segment(exercise, motion, phase, repetitions=track.repetitions)
    return Performance([segment], duration_s, entrance, exit_, wander(rng, 0.004, 3.0))


def _frame_times(rng: np.random.Generator, duration_s: float, fps: float, variable: bool):
    """(T,) seconds; variable rates drop frames and tremble."""
    steps = np.ones(max(round(duration_s * fps), 1))
    if variable:
        steps = rng.choice([1, 1, 1, 1, 2, 3, 5], len(steps)) * rng.uniform(0.9, 1.1, len(steps))
    times = (np.cumsum(steps) - steps[0]) / fps
    return times[times < duration_s]


def render_clip(
    seed: int,
    exercise: str = "push_up",
    duration_s: float = 12.0,
    fps: float = 30.0,
    size_wh: tuple[int, int] = (320, 240),
    repetitions: int | None = None,
    view: str | None = None,
    **options: object,
) -> RenderedClip:
    """Render one person in one environment; the same arguments give the same clip.

    Args:
        seed: Chooses person, clothes, environment, light, camera and tempo.
        exercise: One of `EXERCISES`, or "empty" for a environment without a person.
        duration_s: Length; fps: frames a second (the mean is lower for a variable rate).
        fps: See duration_s.
        size_wh: Width and height of the frames.
        repetitions: How many; None as many as the tempo fits.
        view: "side", "front", "three_quarter", "back", "high" or "low"; None by the seed.
        **options: Fields of `ClipOptions`.

    Raises:
        ValueError: Unknown exercise, or repetitions that do not fit the duration.
    """
    if exercise not in (*EXERCISES, "empty"):
        raise ValueError(
            f"unknown exercise {exercise!r}: choose one of {', '.join(EXERCISES)}, empty"
        )
    asked = ClipOptions(**options)  # type: ignore[arg-type]
    rng = np.random.default_rng([seed, 7919])
    shown = "standing" if exercise == "empty" else exercise
    angles_deg = sample_view(rng, view)
    body = Body.sample(rng)
    appearance = Appearance.sample(rng, body.feminine, body.muscle)
    show = _perform(rng, body, shown, duration_s, repetitions, asked, angles_deg[0])
    motion = show.segments[0].motion
    heading_deg = float(rng.uniform(0, 360))
    moments = [motion.targets(phase) for phase in (0.0, 0.5, 1.0)]
    fill = float(np.clip(rng.normal(0.66, 0.12), 0.35, 0.85))
    stage = Stage.sample(rng, body, moments, heading_deg, angles_deg, fill, size_wh)
    scene = Scene.sample(rng, stage, appearance, motion.props)
    empty_rgb = scene.background.rgb
    lens = Lens.clean() if asked.clean else Lens.sample(rng).steady()
    lens = lens.metered(empty_rgb)
    shake_px = asked.shake_px
    if shake_px is None:
        shake_px = float(rng.choice([0.0, rng.uniform(0.3, 2.5)], p=[0.6, 0.4]))
    shake = wander(rng, shake_px, 2.5)
    times = _frame_times(rng, duration_s, fps, asked.variable_rate)

    frames, keypoints, visible = [], [], []
    for time_s in times:
        if exercise == "empty":
            rgb, joints, seen = empty_rgb, np.full((16, 2), np.nan), np.zeros(16, bool)
        else:
            rendered = scene.render(show.targets(float(time_s)))
            rgb, joints, seen = rendered.rgb, rendered.keypoints, rendered.visible
        shift = shake(float(time_s)) if shake_px else np.zeros(2)
        frames.append(lens.apply(shifted(rgb, shift), rng))
        joints = joints + shift
        keypoints.append(joints)
        visible.append(seen & inside_picture(joints, size_wh))
    return RenderedClip(
        frames_rgb=frames,
        time_s=times,
        keypoints=np.stack(keypoints),
        visible=np.stack(visible),
        repetitions=[] if exercise == "empty" else show.repetitions(exercise),
        exercise=exercise,
        fps=len(times) / duration_s,
        view=view or "random",
        starts_low=asked.starts_low,
    )
