"""The repetitions of a run as a file."""

from collections.abc import Sequence
from pathlib import Path

from pushup.counting.types import Rep
from pushup.files import write_csv

REP_COLUMNS = ("rep", "start_s", "bottom_s", "time_s", "depth", "confidence", "evidence", "form")
"""Of reps.csv; `time_s` is when the repetition was counted, all times are those of the source;
`form` holds the figures that could be better."""


def write_reps(path: Path, reps: Sequence[Rep]) -> None:
    """One row a repetition, times in seconds to the millisecond."""
    rows = [
        {
            "rep": number,
            "start_s": f"{rep.start_s:.3f}",
            "bottom_s": f"{rep.bottom_s:.3f}",
            "time_s": f"{rep.top_s:.3f}",
            "depth": f"{rep.depth:.3f}",
            "confidence": f"{rep.confidence:.3f}",
            "evidence": " ".join(f"{name}={value:.4g}" for name, value in rep.evidence.items()),
            "form": " ".join(f"{finding.rule}={finding.value:.4g}" for finding in rep.form),
        }
        for number, rep in enumerate(reps, 1)
    ]
    write_csv(path, REP_COLUMNS, rows)


class RepsFile:
    """Keeps reps.csv up to date during a live session, so that a crash loses nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rep(self, reps: Sequence[Rep]) -> None:
        """Write all repetitions so far."""
        write_reps(self._path, reps)

    def reset(self) -> None:
        """Begin an empty file."""
        write_reps(self._path, [])
