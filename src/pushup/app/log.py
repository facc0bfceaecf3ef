"""The history of workouts, `log.csv`: a row a session, kept up to date while it runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from pushup.cli import InputError
from pushup.counting.sets import workout
from pushup.counting.types import Rep
from pushup.files import write_csv
from pushup.foreign import read_csv

COLUMNS = ("date", "source", "sets", "repetitions", "best_set", "rest_s", "tempo_s")
"""`date` is the local time at which the session began; with `source` it names the row."""


class Log:
    """One session's row in a file that many sessions, also running ones, share.

    The row is replaced after each repetition, the file always in one piece: a crash loses neither
    the row nor the file.

    Args:
        path: The file; made, with its folder, when there is something to write.
        source: What the session watches.
        rest_s: After so long without a repetition the next begins a new set.
    """

    def __init__(self, path: Path, source: str, rest_s: float) -> None:
        self._path, self._source, self._rest_s = path, source, rest_s
        self.reset()

    def reset(self) -> None:
        """Leave the row as it is; a new one follows."""
        date = datetime.now().isoformat(sep=" ", timespec="microseconds")
        self._key = {"date": date, "source": self._source}

    def rep(self, reps: Sequence[Rep]) -> None:
        """Write or replace the session's row.

        Raises:
            InputError: The file cannot be read as such a log, or not be written.
        """
        figures = {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in asdict(workout(reps, self._rest_s)).items()
        }
        with _locked(self._path):
            rows = [r for r in read(self._path) if any(r[k] != v for k, v in self._key.items())]
            write_csv(self._path, COLUMNS, [*rows, {**self._key, **figures}])


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a log, as text, oldest first; none if it does not exist.

    Raises:
        InputError: It is not such a log.
    """
    if not path.exists():
        return []
    return [{name: row[name] for name in COLUMNS} for _, row in read_csv(path, COLUMNS)]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the file's lock, which the system releases if this process dies; make its folder."""
    lock = FileLock(path.with_name(f".lock-{path.name}"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror}; give another log=FILE, or log=null"
        ) from error
    try:
        yield
    finally:
        lock.release()
