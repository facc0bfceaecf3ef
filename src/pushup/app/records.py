"""The records of a run: repetitions and keypoints as tables, repetitions also as they come."""

import csv
import importlib.util
import json
import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import numpy as np

from pushup.app.listeners import Listener
from pushup.app.notices import warn
from pushup.app.tally import Counted, Tally
from pushup.cli import InputError
from pushup.files import ANOTHER_FOLDER, replacing, unfinished, write_csv
from pushup.inference.predictor import Pose
from pushup.skeleton import Skeleton

KEYPOINTS, KEYPOINTS_PARQUET = "keypoints.csv", "keypoints.parquet"

REP_COLUMNS = (
    "rep", "set", "rest_s", "start_s", "bottom_s", "time_s", "depth", "confidence", "by_hand"
)  # fmt: skip
"""The first columns of reps.csv, all times in the source's seconds; `time_s` is when it was
counted, `rest_s` how long the rest before it was if it begins a further set. Then follow
one column for each feature of the counter, and `form_RULE` for each measure of form that could be
better. Of several people `person` comes first, and `rep` and `set` are theirs."""


def _row(reps: Sequence[Counted], number: int) -> dict[str, object]:
    counted = reps[number - 1]
    own = [earlier for earlier in reps[: number - 1] if earlier.person == counted.person]
    before, rep = own[-1] if own else None, counted.rep
    rest_s = math.nan
    if before is not None and before.set_number != counted.set_number:
        rest_s = round(rep.start_s - before.rep.top_s, 3)
    return {
        **({"person": counted.person} if counted.person else {}),
        "rep": len(own) + 1,
        "set": counted.set_number,
        "rest_s": rest_s,
        "start_s": round(rep.start_s, 3),
        "bottom_s": round(rep.bottom_s, 3),
        "time_s": round(rep.top_s, 3),
        "depth": round(float(rep.depth), 3),
        "confidence": round(rep.confidence, 3),
        "by_hand": int(counted.by_hand),
        **rep.features,
        **{f"form_{finding.rule}": finding.value for finding in rep.form},
    }


def write_reps(path: Path, reps: Sequence[Counted]) -> None:
    """Write reps.csv, one row a repetition."""
    rows = [_row(reps, number) for number in range(1, len(reps) + 1)]
    first = ("person",) if any(counted.person for counted in reps) else ()
    columns = dict.fromkeys((*first, *REP_COLUMNS, *(k for r in rows for k in r)))
    write_csv(path, tuple(columns), rows)


class RepStream(Listener):
    """Writes reps.jsonl, a line as soon as something is counted: whatever ends the run keeps it.

    A line holds a row of reps.csv and `at`, the time of day with its zone; one with `removed`
    takes back the repetition of that number.

    Where it cannot be written, that is said once and the session goes on without it.

    Args:
        path: The file; made when there is something to write.
    """

    def __init__(self, path: Path) -> None:
        self._path: Path | None = path

    def changed(self, tally: Tally, added: bool) -> None:
        """Add a line."""
        if self._path is None:
            return
        number = len(tally.reps)
        line = _row(tally.reps, number) if added else {"removed": number + 1}
        at = datetime.now().astimezone().isoformat(timespec="milliseconds")
        known = {k: v for k, v in line.items() if not isinstance(v, float) or np.isfinite(v)}
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**known, "at": at}) + "\n")
        except OSError as error:
            self.trouble = f"cannot write {self._path}: {error.strerror}; going on without it"
            warn(self.trouble)
            self._path = None


class KeypointsFile(Listener):
    """Writes keypoints.csv, a row a frame: x and y in pixels of the frame and the score of each.

    Args:
        path: The file.
        skeleton: Names the joints.

    Raises:
        InputError: It cannot be written.
    """

    def __init__(self, path: Path, skeleton: Skeleton) -> None:
        self._files = ExitStack()
        with ExitStack() as opening:
            part = opening.enter_context(replacing(path, ANOTHER_FOLDER))
            file = opening.enter_context(part.open("w", newline="", encoding="utf-8"))
            self._writer = csv.writer(file, lineterminator="\n")
            self._writer.writerow(("frame", "time_s", *keypoint_columns(skeleton)))
            self._files = opening.pop_all()

    def frame(self, index: int, time_s: float, pose: Pose) -> None:
        """Add a row."""
        self._writer.writerow((index, f"{time_s:.4f}", *keypoint_cells(pose)))

    def end(self, keep: bool) -> None:
        """Give the file its name, or remove it."""
        if keep:
            self._files.close()
        else:
            self._files.__exit__(InterruptedError, InterruptedError(), None)


class KeypointsParquet(KeypointsFile):
    """Writes keypoints.parquet: the table of `KeypointsFile`, with unknown joints null.

    Args:
        path: The file.
        skeleton: Names the joints.

    Raises:
        InputError: It cannot be written, or pyarrow is not installed.
    """

    def __init__(self, path: Path, skeleton: Skeleton) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise InputError(
                "keypoints=parquet needs pyarrow: pip install 'pushup[parquet]', or keypoints=true"
            )
        self._path, self._rows = path, unfinished(path.with_suffix(".csv"))
        super().__init__(self._rows, skeleton)

    def end(self, keep: bool) -> None:
        """Turn the rows into the file, or remove them."""
        import pyarrow.csv  # type: ignore[import-not-found]
        import pyarrow.parquet  # type: ignore[import-not-found]

        super().end(keep)
        if keep:
            with replacing(self._path, ANOTHER_FOLDER) as part:
                pyarrow.parquet.write_table(pyarrow.csv.read_csv(self._rows), part)
            self._rows.unlink()


KEYPOINT_FILES = {
    True: (KEYPOINTS, KeypointsFile),
    "parquet": (KEYPOINTS_PARQUET, KeypointsParquet),
}
"""What the setting `keypoints` chooses: a name, and what writes it."""


def keypoint_columns(skeleton: Skeleton) -> list[str]:
    """Names of `keypoint_cells`."""
    return [f"{joint}_{part}" for joint in skeleton.joints for part in ("x", "y", "score")]


def keypoint_cells(pose: Pose) -> Iterable[str]:
    """x, y in pixels and score of each joint; empty where a joint is unknown."""
    for (x, y), score in zip(pose.keypoints_frame, pose.scores, strict=True):
        known = np.isfinite(x) and np.isfinite(y)
        yield from (f"{x:.2f}", f"{y:.2f}") if known else ("", "")
        yield f"{score:.4f}"
