"""The history of workouts summed up by day, week or month: pure arithmetic on the rows of a log."""

import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Literal

from pushup.app.tally import read_form
from pushup.cli import InputError
from pushup.foreign import number

MOST = 100_000
"""Repetitions of a session, or seconds of one: more is damage."""

Span = Literal["day", "week", "month"]
SPANS: tuple[Span, ...] = ("day", "week", "month")


@dataclass(frozen=True)
class Total:
    """All sessions of one day, week or month.

    Attributes:
        first: Its first day; weeks begin on Monday.
        repetitions: In all.
        best_set: Repetitions of the longest set.
        tempo_s: Mean duration of a repetition; NaN if all were added by hand.
        sets: In all.
        days: Number of days with a repetition.
    """

    first: date
    repetitions: int
    best_set: int
    tempo_s: float
    sets: int
    days: int


@dataclass(frozen=True)
class Logged:
    """One session of the log.

    Attributes:
        day: When it began.
        source: What it watched.
        repetitions: In all.
        best_set: Repetitions of the longest set.
        tempo_s: Mean duration of a repetition; NaN if all were added by hand.
        sets: In all.
        form: How many repetitions each rule of form had advice for; None where the log does not
            say, as earlier ones.
    """

    day: date
    source: str
    repetitions: int
    best_set: int
    tempo_s: float
    sets: int
    form: Mapping[str, int] | None


def totals(rows: Sequence[Mapping[str, str]], span: Span = "day") -> list[Total]:
    """Sum the rows of `log.read` up, oldest first; see `sessions_of`."""
    return summed(sessions_of(rows), span)


def summed(sessions: Sequence[Logged], span: Span = "day") -> list[Total]:
    """Sum sessions up, oldest first."""
    return [
        _total(first, list(group))
        for first, group in groupby(sessions, key=lambda session: first_day(session.day, span))
    ]


def lately(rows: Sequence[Mapping[str, str]], today: date) -> dict[Span, Total | None]:
    """The totals of today, of this week and of this month; None where there is none."""
    sessions, found = sessions_of(rows), {}
    for span in SPANS:
        first = first_day(today, span)
        found[span] = next((t for t in summed(sessions, span) if t.first == first), None)
    return found


def first_day(day: date, span: Span) -> date:
    """The first day of the day's span.

    >>> first_day(date(2026, 3, 4), "week"), first_day(date(2026, 3, 4), "month")
    (datetime.date(2026, 3, 2), datetime.date(2026, 3, 1))
    """
    if span == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if span == "month" else day


def mean_tempo_s(sessions: Sequence[Logged]) -> float:
    """Mean duration of a repetition that was seen; NaN if all were added by hand."""
    timed = [s for s in sessions if math.isfinite(s.tempo_s)]
    seen = sum(s.repetitions for s in timed)
    return sum(s.repetitions * s.tempo_s for s in timed) / seen if seen else math.nan


def _total(first: date, sessions: Sequence[Logged]) -> Total:
    return Total(
        first=first,
        repetitions=sum(s.repetitions for s in sessions),
        best_set=max(s.best_set for s in sessions),
        tempo_s=mean_tempo_s(sessions),
        sets=sum(s.sets for s in sessions),
        days=len({s.day for s in sessions}),
    )


def sessions_of(rows: Sequence[Mapping[str, str]]) -> list[Logged]:
    """The sessions in rows of `log.read`, oldest first; what has no repetition is left out.

    A row that cannot be read is told and passed over.

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
    return sorted((s for s in sessions if s.repetitions > 0), key=lambda session: session.day)


def _session(row: Mapping[str, str], where: str) -> Logged:
    try:
        day = datetime.fromisoformat(row["date"].strip()).date()
    except ValueError as error:
        raise InputError(f"{where}: {row['date']!r} is no date, such as 2026-03-02") from error
    names = ("sets", "repetitions", "best_set")
    figures = [number(row[name], where) for name in names]
    tempo_s = number(row["tempo_s"], where) if row["tempo_s"].strip() else math.nan
    if not all(0 <= f < MOST for f in (*figures, 0.0 if math.isnan(tempo_s) else tempo_s)):
        raise InputError(f"{where}: {[*figures, tempo_s]} are no figures of a workout")
    sets, repetitions, best_set = map(int, figures)
    form = read_form(row.get("form", ""), where)
    return Logged(day, row.get("source", ""), repetitions, best_set, tempo_s, sets, form)


def form_advice(sessions: Sequence[Logged]) -> tuple[dict[str, int], int]:
    """Repetitions that each rule had advice for, most first, and of how many in all."""
    judged = [s for s in sessions if s.form is not None]
    advice: Counter[str] = Counter()
    for session in judged:
        advice.update(session.form)
    return dict(advice.most_common()), sum(s.repetitions for s in judged)
