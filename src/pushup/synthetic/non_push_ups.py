"""Clips without a push-up, by kind: what a counter must not count.

`sample(split, index)` takes the kinds in turn, each before all views of the placement benchmark.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pushup.synthetic.appearance import Appearance
from pushup.synthetic.body import Body, IKTargets, unit
from pushup.synthetic.camera import Camera, look_at
from pushup.synthetic.classifier_scores import ClassifierScores
from pushup.synthetic.dog import Dog
from pushup.synthetic.errors import Errors
from pushup.synthetic.exercises import MOTIONS, REPEATING
from pushup.synthetic.motions import Motion
from pushup.synthetic.moving_planks import MOVING_PLANKS
from pushup.synthetic.other_poses import lying_with_phone
from pushup.synthetic.performance import Performance, Segment, held
from pushup.synthetic.routines import Passer, Routine
from pushup.synthetic.splits import seed_range
from pushup.synthetic.stage import Stage
from pushup.synthetic.timing import Entrance, PhaseTrack, Tempo, wander
from pushup.synthetic.viewpoints import VIEWPOINTS, sample_stage

_MAKERS: dict[str, Callable[[Body, np.random.Generator], Motion]] = {
    **MOTIONS,
    **MOVING_PLANKS,
    "lying_with_phone": lying_with_phone,
}
_CYCLE_S = {
    "scapular_push_up": (1.0, 2.5),
    "shoulder_taps": (1.2, 2.6),
    "mountain_climbers": (0.5, 1.4),
    "plank_jacks": (0.6, 1.2),
    "bear_crawl": (1.0, 2.2),
    "down_dog_to_cobra": (3.5, 7.0),
}
"""Seconds of one cycle; the other motions are held, or repeat as exercises do."""


@dataclass(frozen=True)
class Kind:
    """One kind of clip.

    Attributes:
        motions: Names of what is done in this order; with `any_of` one of them.
        any_of: See motions.
        seconds: Least and most of each motion.
        walks_in: Chance to see the person arrive; leaves: to see them go.
        leaves: See walks_in.
        passer: Somebody walks by, or a dog.
        picked_up: The camera is taken away in the end.
        bobbing: The camera nods up and down, so far that hands leave the picture.
        shadows: Shadows move over the picture.
    """

    motions: tuple[str, ...]
    any_of: bool = False
    seconds: tuple[float, float] = (10.0, 16.0)
    walks_in: float = 0.25
    leaves: float = 0.15
    passer: bool = False
    picked_up: bool = False
    bobbing: bool = False
    shadows: bool = False


_PLANKS = ("high_plank", "plank")
_STRETCHES = ("lunge", "bent_over", "sitting", "kneeling", "down_dog_to_cobra", "standing")
KINDS: dict[str, Kind] = {
    "getting_into_position": Kind(
        ("all_fours", "high_plank", "all_fours", "high_plank"), seconds=(2, 4), walks_in=1.0
    ),
    "getting_up": Kind(
        ("high_plank", "all_fours", "kneeling", "standing"), seconds=(2, 4), leaves=1.0
    ),
    "plank": Kind(_PLANKS, any_of=True),
    **{name: Kind((name,)) for name in MOVING_PLANKS if name != "high_plank"},
    "sit_up": Kind(("sit_up",)),
    "squat": Kind(("squat",)),
    "jumping_jack": Kind(("jumping_jack",)),
    "pull_up": Kind(("pull_up",)),
    "stretching": Kind(_STRETCHES, seconds=(3, 5)),
    "lying_with_phone": Kind(("lying_with_phone",)),
    "passer_by": Kind((*_PLANKS, "standing", "kneeling"), any_of=True, passer=True),
    "camera_picked_up": Kind(
        (*_PLANKS, "standing", "all_fours"), any_of=True, seconds=(5, 8), picked_up=True
    ),
    "bobbing_camera": Kind((*_PLANKS, "all_fours"), any_of=True, bobbing=True),
    "moving_shadows": Kind(_PLANKS, any_of=True, shadows=True),
}
"""All of it without one push-up."""


@dataclass(frozen=True)
class NonPushUps:
    """One clip.

    Attributes:
        seed: Its own.
        view: Key of `VIEWPOINTS`; kind: key of `KINDS`.
        kind: See view.
        routine: Its keypoints (`trace`) and its pictures (`frames`).
    """

    seed: int
    view: str
    kind: str
    routine: Routine


def sample(split: str, index: int, view: str | None = None, kind: str | None = None) -> NonPushUps:
    """One clip of a split; the same arguments give the same clip.

    Args:
        split: See `seed_range`.
        index: Which of the split.
        view: Key of `VIEWPOINTS`; None by the index, as kind.
        kind: Key of `KINDS`.

    Raises:
        ValueError: There is no such split.
        IndexError: There is no such index.
    """
    seed = seed_range(split)[index]
    rng = np.random.default_rng([seed, 7013])
    cycle, column = divmod(index, len(KINDS))
    kind = kind or list(KINDS)[column]
    view = view or list(VIEWPOINTS)[(cycle + 5 * column) % len(VIEWPOINTS)]
    chosen = KINDS[kind]
    body = Body.sample(rng)
    names = (str(rng.choice(chosen.motions)),) if chosen.any_of else chosen.motions
    segments, ends_s = _segments(rng, body, names, chosen.seconds)
    phases = (0.0, 0.25, 0.5, 0.75, 1.0)
    moments = [segment.motion.targets(phase) for segment in segments for phase in phases]
    stage, azimuth_deg = sample_stage(rng, view, body, moments)
    entrance = exit_ = None
    if rng.random() < chosen.walks_in:
        first = segments[0].targets(0.0)
        entrance = Entrance(body, rng, first, _on_hands(first), azimuth_deg)
        ends_s += entrance.duration_s
        segments = [replace(s, start_s=s.start_s + entrance.duration_s) for s in segments]
    if rng.random() < chosen.leaves:
        last = segments[-1].targets(ends_s)
        exit_ = Entrance(body, rng, last, _on_hands(last), azimuth_deg)
        ends_s += exit_.duration_s
    performance = Performance(segments, ends_s, entrance, exit_, wander(rng, 0.004, 3.0))
    routine = Routine(
        seed,
        performance,
        stage,
        wander(rng, float(rng.choice([0.0, 0.6, 2.0])), 2.5),
        _passer(rng, stage) if chosen.passer else None,
        _moving_camera(rng, chosen, stage, ends_s),
        _shadows(rng, stage.camera.size_wh) if chosen.shadows else None,
        Errors.before(view),
        ClassifierScores.before(view),
    )
    return NonPushUps(seed, view, kind, routine)


def _on_hands(targets: IKTargets) -> bool:
    return bool(targets.wrists[:, 2].max() < 0.3 and targets.chest_frame[1, 2] < 0)


def _segments(
    rng: np.random.Generator, body: Body, names: tuple[str, ...], seconds: tuple[float, float]
) -> tuple[list[Segment], float]:
    """The motions one after the other, hands where the first had them; and when all is over."""
    segments: list[Segment] = []
    now_s, hands = 0.0, None
    for name in names:
        lasts_s = float(rng.uniform(*seconds))
        motion = _MAKERS[name](body, rng)
        targets = motion.targets(0.0)
        if _on_hands(targets):
            place = targets.wrists.mean(0) * (1, 1, 0)
            hands = place if hands is None else hands
            motion = motion.shifted(hands - place)
        segments.append(Segment(name, motion, _phase(rng, name, lasts_s), now_s))
        now_s += lasts_s
    return segments, now_s


def _phase(rng: np.random.Generator, name: str, lasts_s: float) -> Callable[[float], float]:
    if name in _CYCLE_S:
        period_s, offset = float(rng.uniform(*_CYCLE_S[name])), float(rng.random())
        return lambda time_s: (time_s / period_s + offset) % 1
    if name in REPEATING:
        return PhaseTrack(rng, Tempo.sample(rng), 1.0, max(lasts_s - 1.0, 1.5), None)
    return held(wander(rng, 0.2, 4.0))


def _passer(rng: np.random.Generator, stage: Stage) -> Passer | Dog:
    """Who crosses behind the person, at times before: a grown-up, a child or a dog."""
    body = Body.sample(rng, child=bool(rng.random() < 0.3))
    away = stage.camera.axes[2] * (1, 1, 0)
    away = away / max(float(np.hypot(*away[:2])), 0.1)
    side = float(rng.choice([-1.0, 1.0]))
    across = side * np.array([away[1], -away[0], 0.0])
    depth = float(rng.uniform(0.9, 2.5) if rng.random() < 0.75 else rng.uniform(-0.9, -0.6))
    speed = float(rng.uniform(0.7, 1.4))
    spot = stage.middle * (1, 1, 0) + depth * away - rng.uniform(3.0, 6.0) * across
    heading_deg = float(np.rad2deg(np.arctan2(-across[0], across[1])))
    appearance = Appearance.sample(rng, body.feminine, body.muscle)
    if rng.random() < 0.3:
        return Dog.sample(rng, across[:2], spot, 1.3 * speed)
    return Passer(body, appearance, heading_deg, spot, speed)


def _moving_camera(
    rng: np.random.Generator, kind: Kind, stage: Stage, duration_s: float
) -> Callable[[float], Camera] | None:
    if kind.picked_up:
        return _picked_up(rng, stage, duration_s)
    return _bobbing(rng, stage) if kind.bobbing else None


def _bobbing(rng: np.random.Generator, stage: Stage) -> Callable[[float], Camera]:
    """The stage's camera, which nods by a quarter of the picture or so."""
    start = stage.camera
    far = float(rng.uniform(0.12, 0.3)) * start.size_wh[1] / start.focal
    rate = 2 * np.pi * float(rng.uniform(0.25, 0.9))
    unsteady = wander(rng, 0.15, 3.0)

    def camera_at(time_s: float) -> Camera:
        nod = far * (np.sin(rate * time_s) + unsteady(time_s)[0])
        down = start.axes[1] + nod * start.axes[2]
        forward = start.axes[2] - nod * start.axes[1]
        return replace(start, axes=np.stack([start.axes[0], unit(down), unit(forward)]))

    return camera_at


def _shadows(rng: np.random.Generator, size_wh: tuple[int, int]) -> Callable[[float], np.ndarray]:
    """Soft bands of shadow that cross the picture, as of leaves, people or clouds."""
    width, height = size_wh
    angle, slowest_s = rng.uniform(0, np.pi), float(rng.uniform(1.5, 4.0))
    across = np.cos(angle) * np.arange(width) / width
    along = across + (np.sin(angle) * np.arange(height) / height)[:, None]
    paths = [wander(rng, 0.6, slowest_s) for _ in range(3)]
    wide, deep = rng.uniform(0.06, 0.3, 3), rng.uniform(0.3, 0.7, 3)

    def shade(time_s: float) -> np.ndarray:
        places = [0.5 + path(time_s)[0] for path in paths]
        bands = [
            1 - d * np.exp(-(((along - place) / w) ** 2))
            for place, w, d in zip(places, wide, deep, strict=True)
        ]
        return np.prod(bands, axis=0).astype(np.float32)

    return shade


def _picked_up(
    rng: np.random.Generator, stage: Stage, duration_s: float
) -> Callable[[float], Camera]:
    """The stage's camera, grasped and carried off in the last seconds."""
    begin_s = duration_s - float(rng.uniform(2.0, 3.5))
    way = rng.normal(0, 0.5, 3) + np.array([0.0, 0.0, 0.7])
    turn, roll_deg = rng.normal(0, 1.2, 3), float(rng.normal(0, 50))
    tremble = wander(rng, 0.06, 0.6)
    start = stage.camera

    def camera_at(time_s: float) -> Camera:
        since_s = time_s - begin_s
        if since_s <= 0:
            return start
        share = min(since_s / 2.5, 1.0)
        dx, dy = tremble(time_s)
        position = start.position + share * way + min(since_s, 0.5) * np.array([dx, dy, dx])
        position[2] = max(position[2], 0.1)
        target = position + start.axes[2] + share * turn + np.array([dy, dx, dy])
        turned = look_at(position, target, share * roll_deg, start.size_wh)
        return Camera(position, turned.axes, start.focal, start.centre, start.size_wh)

    return camera_at
