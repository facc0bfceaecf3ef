"""False counts a minute over half an hour and more of what is no push-up.

    python evaluate.py mode=negatives model=mobilenet data.root=DIR split=val
    python evaluate.py mode=negatives counters=[default,published]
    python evaluate.py mode=negatives data.root=DIR split=val traces=true

Rendered people stand, walk in, squat, kneel, hold planks, jump and so on; with `data.root` also
the clips without push-ups, looped. With a model they are drawn, and the networks look at them as
they look at a video; without one they are keypoints with a pose network's errors, and no
classifier. Rendered push-ups are run beside them, since a counter that counts nothing counts
nothing falsely.
"""

from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.counting.build import build_counter
from pushup.counting.trace import Trace, load_trace, save_trace
from pushup.data.clips import read_clips
from pushup.evaluation.counting.runs import (
    Setup,
    find_traces,
    in_parallel,
    invalidate_cache,
    run_counter,
    watch,
)
from pushup.evaluation.report import markdown_table, share
from pushup.files import write_json, write_text
from pushup.metrics.counting import match_times
from pushup.synthetic.routines import NEGATIVES, Routine, loop

SCENES, SCENE_S = 3, 15.0
"""A rendered person does so many things one after the other, each for so long."""


@dataclass(frozen=True)
class _Sequence:
    """One trace: what it shows, and the push-ups in it, none as a rule."""

    trace: Trace
    shows: tuple[str, ...]
    bottoms_s: tuple[float, ...] = ()

    def shown_at(self, time_s: float) -> str:
        """What was going on; the walk in counts as part of the first scene."""
        before_s = self.trace.duration_s - SCENE_S * len(self.shows)
        return self.shows[max(0, min(int((time_s - before_s) / SCENE_S), len(self.shows) - 1))]


@dataclass(frozen=True)
class _Drawn:
    """Networks that look at pictures; what they saw is kept in `path`."""

    path: Path
    setup: Setup
    fps: float

    def trace(self, routine: Routine) -> Trace:
        if not self.path.is_file():
            save_trace(self.path, watch(routine.frames(self.fps), self.setup))
        return load_trace(self.path)


def _rendered(routine: Routine, shows: tuple[str, ...], drawn: _Drawn | None) -> _Sequence:
    trace = routine.trace() if drawn is None else drawn.trace(routine)
    return _Sequence(trace, shows, tuple(routine.bottoms_s))


def _negative(seed: int, drawn: _Drawn | None) -> _Sequence:
    rng = np.random.default_rng([seed, 31])
    shows = tuple(str(name) for name in rng.choice(NEGATIVES, SCENES, replace=False))
    return _rendered(Routine.sample(seed, shows, SCENE_S), shows, drawn)


def _push_ups(seed: int, drawn: _Drawn | None) -> _Sequence:
    shows = ("push_up",)
    return _rendered(Routine.sample(seed, shows, SCENE_S * SCENES), shows * SCENES, drawn)


def _clip(path: Path, loop_s: float) -> _Sequence:
    return _Sequence(loop(load_trace(path), loop_s), (path.stem,))


def _count(make: partial, names: Sequence[str], gate: dict[str, Any]) -> tuple[float, dict]:
    """Minutes of one sequence, and for each counter what it counted, by what was shown."""
    sequence = make()
    found = {}
    for name in names:
        reps = run_counter(build_counter(name, gate), sequence.trace).reps
        times_s = [rep.bottom_s for rep in reps]
        true = len(match_times(times_s, sequence.bottoms_s))
        by = Tally(sequence.shown_at(time_s) for time_s in times_s)
        found[name] = {"counted": len(reps), "true": true, "by": by}
    return sequence.trace.duration_s / 60, found | {"push_ups": len(sequence.bottoms_s)}


def _clips(
    root: Path, split: str, traces: bool | str, setup: Setup, out: Path, workers: int
) -> list[Path]:
    """The traces of the clips without push-ups."""
    clips = [clip for clip in read_clips(root, split) if clip.count == 0]
    folder = find_traces(clips, root, traces, setup, out, workers)
    paths = [folder / f"{clip.name}.npz" for clip in clips]
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise InputError(
            f"no traces of clips without push-ups, split {split!r}, in {folder}: give traces=FOLDER"
        )
    return paths


def evaluate_negatives(
    root: str | Path | None,
    split: str,
    output_dir: str | Path,
    counters: Sequence[str],
    gate: dict[str, Any],
    tracker: dict[str, Any],
    traces: bool | str = False,
    ckpt_path: str | None = None,
    model: str | None = None,
    classifier: str | None = None,
    device: str = "cpu",
    minutes: float = 30.0,
    loop_s: float = 60.0,
    fps: float = 12.5,
    seed: int = 0,
    workers: int = 2,
) -> dict[str, Any]:
    """Run counters over rendered negatives and looped clips; write `results.json` and a table.

    Args:
        root: Folder with `counts.csv` and `traces/`; None for rendered people only.
        split: Name in the column `split` of `counts.csv`.
        output_dir: Where results go.
        counters: Names of files in `conf/counter`, streaming ones.
        gate: Configuration that those files refer to as `${gate}`.
        tracker: Configuration of the predictor.
        traces: Keypoints of the clips that exist: true for those in `root`, or their folder.
        ckpt_path: Weights of the keypoint model; None for those shipped for `model`. Without
            either, rendered people are keypoints with errors.
        model: Name of the model.
        classifier: See `open_classifier`; of no effect on traces.
        device: Where networks run.
        minutes: At least so many of rendered negatives; a tenth of that of push-ups.
        loop_s: Each clip is looped for so long.
        fps: Frames a second of drawn people.
        seed: Of the rendered people.
        workers: Processes.

    Returns:
        What `results.json` holds.

    Raises:
        InputError: The folder, a video, a trace, a counter's name or the weights are of no use.
    """
    for name in counters:
        build_counter(name, gate)  # a wrong name is told before any work
    out = Path(output_dir)
    setup = Setup(gate, tracker, ckpt_path, model, classifier, device)
    tasks: dict[str, partial] = {}
    if root is not None:
        paths = _clips(Path(root), split, traces, setup, out, workers)
        tasks |= {f"clip {path.stem}": partial(_clip, path, loop_s) for path in paths}
    number = int(np.ceil(minutes * 60 / (SCENES * SCENE_S)))
    drawn = setup.weights_file is not None
    if drawn:
        invalidate_cache(out / "drawn", setup.cache_key() | {"fps": fps})
    for kind, make, times in (
        ("rendered", _negative, number),
        ("push_ups", _push_ups, -(-number // 10)),
    ):
        for one in range(10_000 * seed, 10_000 * seed + times):
            name = f"{kind}_{one}"
            networks = _Drawn(out / "drawn" / f"{name}.npz", setup, fps) if drawn else None
            tasks[name] = partial(make, one, networks)
    jobs = {name: partial(_count, make, counters, gate) for name, make in tasks.items()}
    found = dict(in_parallel(jobs, workers, "negatives"))
    figures = {
        "split": split if root is not None else None,
        "keypoints": setup.weights_file or "simulated",
        "counters": {name: _figures(name, found) for name in counters},
    }
    write_json(out / "results.json", figures)
    text = _table(figures)
    write_text(out / "results.md", text)
    print(text)
    return figures


def _figures(name: str, found: dict[str, tuple[float, dict]]) -> dict[str, Any]:
    """The figures of one counter."""
    figures: dict[str, Any] = {}
    for kind in ("rendered", "clip"):
        chosen = [found[key] for key in found if key.startswith(kind)]
        minutes = sum(lasting for lasting, _ in chosen)
        false = sum(counts[name]["counted"] for _, counts in chosen)
        by = sum((counts[name]["by"] for _, counts in chosen), Tally())
        rate = false / minutes if minutes else float("nan")
        figures[kind] = {"minutes": minutes, "false": false, "false_per_minute": rate, "by": by}
    sets = [counts for key, (_, counts) in found.items() if key.startswith("push_ups")]
    minutes = figures["rendered"]["minutes"] + figures["clip"]["minutes"]
    false = figures["rendered"]["false"] + figures["clip"]["false"]
    return {
        "minutes": minutes,
        "false": false,
        "false_per_minute": false / minutes,
        **figures,
        "push_ups": sum(counts["push_ups"] for counts in sets),
        "push_ups_counted": sum(counts[name]["true"] for counts in sets),
        "push_ups_invented": sum(counts[name]["counted"] - counts[name]["true"] for counts in sets),
    }


def _table(figures: dict[str, Any]) -> str:
    rows = []
    for name, one in figures["counters"].items():
        rendered, clip = one["rendered"], one["clip"]
        rows.append(
            [
                name,
                share(one["false_per_minute"], 2),
                f"{rendered['false']} in {rendered['minutes']:.1f} min",
                f"{clip['false']} in {clip['minutes']:.1f} min",
                f"{one['push_ups_counted']} of {one['push_ups']}",
                str(one["push_ups_invented"]),
                ", ".join(f"{k} {n}" for k, n in (rendered["by"] + clip["by"]).most_common(4)),
            ]
        )
    header = ("counter", "false / min", "rendered", "looped clips", "rendered push-ups counted")
    table = markdown_table((*header, "counted beside them", "most in"), rows)
    return f"# What is no push-up\n\n{table}\n"
