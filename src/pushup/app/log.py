"""The history of workouts, `log.csv`: a row a session, kept up to date while it runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from pushup.app.listeners import Listener
from pushup.app.notices import warn
from pushup.app.tally import NO_ADVICE, Tally, form_text, workout
from pushup.cli import InputError
from pushup.files import write_csv
from pushup.foreign import read_csv

COLUMNS = ("date", "source", "sets", "repetitions", "best_set", "rest_s", "tempo_s", "form")
"""`date` is when the session began, with the zone; with `source` it names the row. `form` is as of
`form_text`, or `NO_ADVICE`; earlier logs have no such column."""


class Log(Listener):
    """One session's row in a file that many sessions, also running ones, share.

    The row is replaced after each repetition, the file always in one piece: a crash loses neither
    the row nor the file. A file that cannot be read as a log is set aside under another name. Where
    the log cannot be written, that is said once and the session goes on without it.

    Args:
        path: The file; made, with its folder, when there is something to write.
        source: What the session watches.
    """

    def __init__(self, path: Path, source: str) -> None:
        self._path: Path | None = path
        date = datetime.now().astimezone().isoformat(sep=" ", timespec="microseconds")
        self._key = {"date": date, "source": source}

    def changed(self, tally: Tally, added: bool) -> None:
        """Write or replace the session's row."""
        if self._path is None:
            return
        figures = {
            name: round(value, 2) if isinstance(value, float) else value
            for name, value in asdict(workout(tally)).items()
        }
        try:
            with _locked(self._path):
                rows = _rows(self._path)
                rows = [r for r in rows if any(r[k] != v for k, v in self._key.items())]
                row = {**self._key, **figures, "form": form_text(tally.form) or NO_ADVICE}
                write_csv(self._path, COLUMNS, [*rows, row])
        except (InputError, OSError) as error:
            self.trouble = f"{error}; this session is not logged"
            warn(self.trouble)
            self._path = None


def _rows(path: Path) -> list[dict[str, str]]:
    """The rows of a log; of a file that is none there are none, once it is set aside."""
    try:
        return read(path)
    except InputError as error:
        aside = path.with_name(f"{path.name}.damaged-{datetime.now():%Y-%m-%dT%H-%M-%S-%f}")
        path.rename(aside)
        warn(f"{error}; kept as {aside.name}, a new log begins")
        return []


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a log, as text, oldest first; none if it does not exist.

    Raises:
        InputError: It is not such a log.
    """
    if not path.exists():
        return []
    rows = read_csv(path, COLUMNS[:-1])
    return [{name: row.get(name, "") for name in COLUMNS} for _, row in rows]


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
