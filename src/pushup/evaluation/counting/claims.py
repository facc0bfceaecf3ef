"""What the post claims of other approaches, each tested on rendered clips that vary one factor.

    python evaluate.py mode=claims model=mobilenet

The factors: how unsteady the repetitions are, how fast, what somebody does who does no push-ups,
how the light changes, and how large a thing moves in the background. All else in a clip stays the
same from level to level: pictures are rendered once and then played at other times, lit anew or
painted over.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pushup.approaches.video_counter import PictureCounter, count_frames
from pushup.counting.build import build_counter
from pushup.engines import Engine
from pushup.evaluation.counting.runs import Setup, in_parallel, run_counter, watch
from pushup.evaluation.report import markdown_table, share
from pushup.files import replacing, write_json, write_text
from pushup.synthetic import render_clip
from pushup.video.frames import Frame

FPS, TEMPO_S, DURATION_S = 15.0, 1.6, 10.0


@dataclass(frozen=True)
class Film:
    """Pictures with their times, and how many repetitions they show.

    Attributes:
        frames_rgb: (H, W, 3) uint8 each.
        time_s: (T,) seconds.
        count: True repetitions.
        tops_s: Where each repetition ends.
    """

    frames_rgb: list[np.ndarray]
    time_s: np.ndarray
    count: int
    tops_s: np.ndarray

    def frames(self) -> Iterator[Frame]:
        """At `FPS`, as a camera would give them."""
        times_s = np.arange(self.time_s[0], self.time_s[-1], 1 / FPS)
        shown = np.searchsorted(self.time_s, times_s, side="right") - 1
        for index, (time_s, at) in enumerate(zip(times_s.tolist(), shown, strict=True)):
            image_bgr = np.ascontiguousarray(self.frames_rgb[at][..., ::-1])
            yield Frame(image_bgr, time_s, index, time_s)


def push_ups(seed: int) -> Film:
    """Steady push-ups without pauses, seen from the side by a tripod, at 30 pictures a second."""
    return _film(seed, "push_up", tempo_s=TEMPO_S, pause_top_s=0.0, pause_bottom_s=0.0)


def _film(seed: int, exercise: str, **options: Any) -> Film:
    clip = render_clip(seed, exercise, DURATION_S, 2 * FPS, view="side", shake_px=0.0, **options)
    count = len(clip.repetitions) if exercise == "push_up" else 0
    tops_s = np.array([rep.top_s for rep in clip.repetitions])
    return Film(clip.frames_rgb, clip.time_s, count, tops_s)


def unsteady(seed: int, spread: float) -> Film:
    """Every repetition is played at a pace of its own, up to e ** spread slower or faster."""
    film = push_ups(seed)
    factors = np.exp(spread * np.random.default_rng(seed).uniform(-1, 1, film.count + 1))
    steps = np.diff(film.time_s, prepend=0.0)
    repetition = np.searchsorted(film.tops_s, film.time_s)
    return replace(film, time_s=np.cumsum(steps * factors[repetition]))


def faster(seed: int, speed: float) -> Film:
    """All of it `speed` times as fast."""
    film = push_ups(seed)
    return replace(film, time_s=film.time_s / speed)


def flickering(seed: int, amplitude: float) -> Film:
    """The light grows and fades by that share, 0.4 times a second."""
    film = push_ups(seed)
    gains = 1 + amplitude * np.sin(2 * np.pi * 0.4 * film.time_s)
    lit = [
        np.clip(gain * frame, 0, 255).astype(np.uint8)
        for gain, frame in zip(gains, film.frames_rgb, strict=True)
    ]
    return replace(film, frames_rgb=lit)


def with_a_ball(seed: int, size: float) -> Film:
    """A patterned ball of that share of the height bounces 0.7 times a second.

    It keeps to the picture's left edge, clear of the middle, where the body is.
    """
    film = push_ups(seed)
    height = len(film.frames_rgb[0])
    radius = round(size * height / 2)
    if radius == 0:
        return film
    pattern = np.random.default_rng(seed).integers(0, 255, (9, 9, 3)).astype(np.uint8)
    ball = cv2.resize(pattern, (2 * radius, 2 * radius), interpolation=cv2.INTER_NEAREST)
    y, x = np.mgrid[: 2 * radius, : 2 * radius] + 0.5 - radius
    inside = np.hypot(x, y) <= radius
    frames = []
    for time_s, frame in zip(film.time_s, film.frames_rgb, strict=True):
        top = round((height - 2 * radius) * abs(np.cos(np.pi * 0.7 * time_s)))
        frame = frame.copy()
        frame[top : top + 2 * radius, : 2 * radius][inside] = ball[inside]
        frames.append(frame)
    return replace(film, frames_rgb=frames)


def doing(seed: int, exercise: str) -> Film:
    """Somebody does something else; nothing is to be counted."""
    options = {"tempo_s": TEMPO_S} if exercise != "standing" else {}
    return _film(seed, exercise, **options)


@dataclass(frozen=True)
class Factor:
    """One thing that is varied.

    Attributes:
        claim: What the post says.
        label: Of the axis.
        levels: Least first.
        make: Seed and level to a film.
    """

    claim: str
    label: str
    levels: tuple[Any, ...]
    make: Callable[[int, Any], Film]


FACTORS = {
    "unsteady": Factor(
        "unstable periods hurt RepNet",
        "spread of the repetitions' pace",
        (0.0, 0.4, 0.8),
        unsteady,
    ),
    "speed": Factor("flow depends on speed", "times the speed", (0.5, 1.0, 2.0, 3.0), faster),
    "light": Factor(
        "changing light fools pixels and flow",
        "share by which the light changes",
        (0.0, 0.1, 0.3),
        flickering,
    ),
    "ball": Factor(
        "moving objects fool pixels and flow",
        "size of a bouncing ball, picture heights",
        (0.0, 0.1, 0.25),
        with_a_ball,
    ),
    "other": Factor(
        "motion while not doing push-ups fools pixels",
        "what is done",
        ("plank", "squat", "sit_up", "jumping_jack"),
        doing,
    ),
}


def measure_claims(
    output_dir: str | Path,
    counters: Sequence[str],
    seeds: Sequence[int],
    engine: Engine | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Count in every film of every factor; write `claims.json`, a table and a plot.

    Args:
        output_dir: Where results go.
        counters: Names of files in `conf/counter`, of keypoints or of pictures.
        seeds: One person, place and camera each.
        engine: Runs the clips; None: processes of this machine.
        **settings: Of `Setup`.

    Returns:
        What `claims.json` holds: counted and true numbers by factor, level, counter and seed.

    Raises:
        InputError: A counter does not exist, or weights are missing.
    """
    out, setup = Path(output_dir), Setup(**settings)
    for name in counters:
        build_counter(name, setup.gate)  # a wrong name is told before any work
    tasks = {
        f"{key}/{level}/{seed}": partial(_count, key, level, seed, counters, setup)
        for key, factor in FACTORS.items()
        for level in factor.levels
        for seed in seeds
    }
    found = dict(in_parallel(tasks, engine, "films"))
    figures = {
        key: {
            str(level): [found[f"{key}/{level}/{seed}"] for seed in seeds]
            for level in factor.levels
        }
        for key, factor in FACTORS.items()
    }
    write_json(out / "claims.json", figures)
    text = table(figures, counters)
    write_text(out / "claims.md", text)
    print(text)
    plot(figures, counters, out / "claims.png")
    return figures


def _count(
    key: str, level: Any, seed: int, counters: Sequence[str], setup: Setup
) -> dict[str, Any]:
    """True and counted repetitions in one film."""
    film = FACTORS[key].make(seed, level)
    frames = list(film.frames())
    built = {name: build_counter(name, setup.gate) for name in counters}
    by_keypoints = [n for n, counter in built.items() if not isinstance(counter, PictureCounter)]
    trace = watch(frames, setup) if by_keypoints else None
    counted = {}
    for name, counter in built.items():
        if name in by_keypoints and trace is not None:
            counted[name] = len(run_counter(counter, trace).reps)
        else:
            counted[name] = len(count_frames(counter, frames))
    return {"true": film.count, "minutes": len(frames) / FPS / 60, "counted": counted}


def error(films: Sequence[dict[str, Any]], name: str) -> float:
    """Mean relative error of a counter; false counts a minute where nothing was to be counted."""
    counted = np.array([film["counted"][name] for film in films], float)
    true = np.array([film["true"] for film in films], float)
    if not true.any():
        return float(counted.sum() / sum(film["minutes"] for film in films))
    return float(np.mean(np.abs(counted - true) / true))


def table(figures: dict[str, Any], counters: Sequence[str]) -> str:
    """A markdown table a factor: a row a level, a column a counter."""
    parts = []
    for key, factor in FACTORS.items():
        films = figures[key]
        what = "false counts a minute" if key == "other" else "mean relative error"
        digits = 1 if key == "other" else 2
        rows = [
            [level, *(share(error(films[level], name), digits) for name in counters)]
            for level in films
        ]
        header = (factor.label, *counters)
        parts.append(f"## {factor.claim}\n\n{what}\n\n{markdown_table(header, rows)}\n")
    return "\n".join(parts)


def plot(figures: dict[str, Any], counters: Sequence[str], path: Path) -> None:
    """A panel a factor."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(16, 8), layout="constrained")
    axes = figure.subplots(2, 3).ravel()
    for ax, (key, factor) in zip(axes, FACTORS.items(), strict=False):
        levels = list(figures[key])
        for i, name in enumerate(counters):
            values = [error(figures[key][level], name) for level in levels]
            if key == "other":
                ax.bar(np.arange(len(levels)) + 0.8 * i / len(counters), values, 0.09, label=name)
            else:
                ax.plot(range(len(levels)), values, "o-", label=name, alpha=0.8)
        ax.set_xticks(range(len(levels)), levels)
        ax.set(title=f'"{factor.claim}"', xlabel=factor.label)
        ax.set_ylabel("false counts a minute" if key == "other" else "relative error")
        ax.grid(alpha=0.3)
    axes[-1].axis("off")
    axes[-1].legend(*axes[0].get_legend_handles_labels(), loc="center", fontsize=12)
    with replacing(path) as part:  # its name ends in .png, too
        figure.savefig(part, dpi=80)
