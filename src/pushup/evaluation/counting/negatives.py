"""False counts a minute over half an hour and more of what is no push-up.

    python evaluate.py mode=negatives model=mobilenet data.root=DIR split=val
    python evaluate.py mode=negatives counters=[default,published]
    python evaluate.py mode=negatives data.root=DIR split=val traces=true

Rendered people stand, walk in, squat, kneel, hold planks, jump and so on; with `data.root` also
the clips without push-ups, looped. With a model the networks look at pictures of them as they look
at a video; without one keypoints and the classifier's scores are simulated. Rendered push-ups are
run beside them, since a counter that counts nothing counts nothing falsely. `mode=placements` tells
false counts of more kinds, before more views.
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
from pushup.counting.trace import Trace, load_trace
from pushup.data.clips import read_clips
from pushup.engines import Engine
from pushup.evaluation.counting.rendered import Watcher
from pushup.evaluation.counting.runs import Setup, find_traces, in_parallel, run_counter
from pushup.evaluation.report import markdown_table, share
from pushup.files import write_json, write_text
from pushup.metrics.counting import match_times
from pushup.synthetic.routines import NEGATIVES, Routine, loop

SEGMENTS, SEGMENT_S = 3, 15.0
"""A rendered person does so many things one after the other, each for so long."""


@dataclass(frozen=True)
class _Sequence:
    """One trace: what it shows, and the push-ups in it, none as a rule."""

    trace: Trace
    shows: tuple[str, ...]
    bottoms_s: tuple[float, ...] = ()

    def shown_at(self, time_s: float) -> str:
        """What was going on; the walk in counts as part of the first segment."""
        before_s = self.trace.duration_s - SEGMENT_S * len(self.shows)
        return self.shows[max(0, min(int((time_s - before_s) / SEGMENT_S), len(self.shows) - 1))]


def _rendered(routine: Routine, shows: tuple[str, ...], watcher: Watcher) -> _Sequence:
    return _Sequence(watcher.trace(routine), shows, tuple(routine.bottoms_s))


def _negative(seed: int, watcher: Watcher) -> _Sequence:
    rng = np.random.default_rng([seed, 31])
    shows = tuple(str(name) for name in rng.choice(NEGATIVES, SEGMENTS, replace=False))
    return _rendered(Routine.sample(seed, shows, SEGMENT_S), shows, watcher)


def _push_ups(seed: int, watcher: Watcher) -> _Sequence:
    shows = ("push_up",)
    routine = Routine.sample(seed, shows, SEGMENT_S * SEGMENTS)
    return _rendered(routine, shows * SEGMENTS, watcher)


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
    root: Path, split: str, traces: bool | str, setup: Setup, out: Path, engine: Engine | None
) -> list[Path]:
    """The traces of the clips without push-ups."""
    clips = [clip for clip in read_clips(root, split) if clip.count == 0]
    folder = find_traces(clips, root, traces, setup, out, engine)
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
    engine: Engine | None = None,
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
        fps: Frames a second of rendered people.
        seed: Of the rendered people.
        engine: Runs the clips; None: processes of this machine.

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
        paths = _clips(Path(root), split, traces, setup, out, engine)
        tasks |= {f"clip {path.stem}": partial(_clip, path, loop_s) for path in paths}
    number = int(np.ceil(minutes * 60 / (SEGMENTS * SEGMENT_S)))
    watcher = Watcher(setup, fps, out / "watched")
    watcher.prepare()
    for kind, make, times in (
        ("rendered", _negative, number),
        ("push_ups", _push_ups, -(-number // 10)),
    ):
        for one in range(10_000 * seed, 10_000 * seed + times):
            tasks[f"{kind}_{one}"] = partial(make, one, watcher)
    jobs = {name: partial(_count, make, counters, gate) for name, make in tasks.items()}
    found = dict(in_parallel(jobs, engine, "negatives"))
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
