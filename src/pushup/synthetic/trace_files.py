"""Keypoint routines as traces, with tables of their true repetitions: what counters learn from.

The layout is that of counted clips: `counts.csv`, `reps.csv`, and `traces/` in place of `videos/`.
"""

from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from pushup.counting.trace import save_trace
from pushup.files import new_folder, write_csv
from pushup.synthetic import non_push_ups, placements
from pushup.synthetic.routines import Routine

COUNT_COLUMNS = ("video", "count", "split", "view", "note", "scene")
REP_COLUMNS = ("video", "rep", "start_s", "bottom_s", "top_s")


def write_traces(
    out: Path,
    split: str,
    push_ups: int,
    others: int,
    fps: float = 15.0,
    first: int = 0,
    classifier: bool = False,
) -> None:
    """Write a folder of traces, whole or not at all.

    Args:
        out: Must not exist, or be empty.
        split: See `pushup.synthetic.splits.seed_range`.
        push_ups: Number of clips of the placement benchmark.
        others: Number of clips without push-ups.
        fps: Frames a second.
        first: Index of the first clip of either kind.
        classifier: Simulate the push-up classifier's scores, too.

    Raises:
        InputError: The folder cannot be written, or holds something.
        ValueError: There is no such split.
    """
    counts, reps = [], []
    with new_folder(out) as folder:
        (folder / "traces").mkdir()
        clips = _clips(split, push_ups, others, first)
        for name, view, note, routine in tqdm(clips, total=push_ups + others, desc="traces"):
            save_trace(folder / "traces" / f"{name}.npz", routine.trace(fps, classifier=classifier))
            truth = routine.repetitions
            row = {"video": f"{name}.npz", "count": len(truth), "split": split}
            counts.append({**row, "view": view, "note": note, "scene": name})
            for number, rep in enumerate(truth, 1):
                times = {"start_s": rep.start_s, "bottom_s": rep.bottom_s, "top_s": rep.top_s}
                reps.append({"video": f"{name}.npz", "rep": number, **times})
        write_csv(folder / "counts.csv", COUNT_COLUMNS, counts)
        write_csv(folder / "reps.csv", REP_COLUMNS, reps)


def _clips(
    split: str, push_ups: int, others: int, first: int
) -> Iterator[tuple[str, str, str, Routine]]:
    for index in range(first, first + push_ups):
        clip = placements.sample(split, index)
        yield f"{split}_p{index:05}", clip.view, clip.manner, clip.routine
    for index in range(first, first + others):
        other = non_push_ups.sample(split, index)
        yield f"{split}_n{index:05}", other.view, other.kind, other.routine
