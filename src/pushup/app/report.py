"""Draws the history of workouts: repetitions a day, best set, tempo."""

import sys
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path

from pushup.cli import InputError
from pushup.files import replacing
from pushup.foreign import number

MOST = 100_000
"""Repetitions of a session, or seconds of one: more is damage."""


@dataclass(frozen=True)
class Day:
    """All sessions of one day.

    Attributes:
        day: The date.
        repetitions: In all.
        best_set: Repetitions of the longest set.
        tempo_s: Mean duration of a repetition.
    """

    day: date
    repetitions: int
    best_set: int
    tempo_s: float


def by_day(rows: list[dict[str, str]]) -> list[Day]:
    """Sum the rows of `log.read` up, oldest day first.

    Rows without a repetition count for nothing; one that cannot be read is told and passed over.

    Raises:
        InputError: No row can be read.
    """
    sessions = []
    for position, row in enumerate(rows, 1):
        try:
            sessions.append(_session(row, f"row {position} of the log"))
        except InputError as error:
            print(f"left out: {error}", file=sys.stderr)
    if rows and not sessions:
        raise InputError("the log holds no row that can be read: give another")
    sessions = [session for session in sessions if session[1] > 0]
    days = []
    for day, group in groupby(sorted(sessions), key=lambda session: session[0]):
        _, repetitions, best_sets, tempos = zip(*group, strict=True)
        total = sum(repetitions)
        tempo_s = sum(n * t for n, t in zip(repetitions, tempos, strict=True)) / total
        days.append(Day(day, total, max(best_sets), tempo_s))
    return days


def _session(row: dict[str, str], where: str) -> tuple[date, int, int, float]:
    try:
        day = datetime.fromisoformat(row["date"].strip()).date()
    except ValueError as error:
        raise InputError(f"{where}: {row['date']!r} is no date, such as 2026-03-02") from error
    figures = [number(row[name], where) for name in ("repetitions", "best_set", "tempo_s")]
    if not all(0 <= figure < MOST for figure in figures):
        raise InputError(f"{where}: {figures} are no figures of a workout")
    return day, int(figures[0]), int(figures[1]), figures[2]


def draw(days: list[Day], out: Path) -> None:
    """Write the picture of the history."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    dates = [day.day for day in days]
    figure, axes = plt.subplots(3, 1, figsize=(9, 7), sharex=True, layout="constrained")
    axes[0].bar(dates, [day.repetitions for day in days], color="tab:green")
    axes[0].set_ylabel("repetitions a day")
    axes[1].plot(dates, [day.best_set for day in days], "o-", color="tab:blue")
    axes[1].set_ylabel("best set")
    axes[2].plot(dates, [day.tempo_s for day in days], "o-", color="tab:orange")
    axes[2].set_ylabel("seconds a repetition")
    for axis in axes:
        axis.margins(y=0.1)
        axis.set_ylim(bottom=0)
        axis.grid(axis="y", alpha=0.3)
    locator = AutoDateLocator()
    axes[2].xaxis.set_major_locator(locator)
    axes[2].xaxis.set_major_formatter(ConciseDateFormatter(locator))
    total = sum(day.repetitions for day in days)
    figure.suptitle(f"{total} repetitions on {len(days)} days")
    remedy = "give --out FILE.png"
    try:
        with replacing(out, remedy) as part:
            figure.savefig(part, format=out.suffix.lstrip(".") or "png")
    except ValueError as error:  # of matplotlib, for a format that it does not write
        raise InputError(f"cannot write {out}: {error}; {remedy}") from error
    finally:
        plt.close(figure)
