"""Workouts summed up by day, week and month."""

import math
from datetime import date

import pytest

from pushup.app.history import Total, lately, totals


def row(day, repetitions, best_set=None, tempo_s="2.0", sets=1):
    figures = {"repetitions": repetitions, "best_set": best_set or repetitions, "sets": sets}
    return {"date": f"{day} 18:00:00+01:00", "tempo_s": tempo_s} | {
        name: str(value) for name, value in figures.items()
    }


ROWS = [
    row("2026-03-01", 10),  # a Sunday
    row("2026-03-03", 30, 20, "3.0", sets=2),
    row("2026-03-02", 10, tempo_s="1.0"),
    row("2026-02-23", 5),
]


def test_a_week_begins_on_monday():
    assert totals(ROWS, "week") == [
        Total(date(2026, 2, 23), 15, 10, 2.0, 2, 2),
        Total(date(2026, 3, 2), 40, 20, pytest.approx(2.5), 3, 2),
    ]


def test_a_month_begins_with_its_first_day():
    assert [(t.first, t.repetitions, t.days) for t in totals(ROWS, "month")] == [
        (date(2026, 2, 1), 5, 1),
        (date(2026, 3, 1), 50, 3),
    ]


def test_what_was_added_by_hand_alone_has_no_tempo_but_counts():
    (alone,) = totals([row("2026-03-01", 3, tempo_s="")])
    assert alone.repetitions == 3
    assert math.isnan(alone.tempo_s)
    (both,) = totals([row("2026-03-01", 3, tempo_s=""), row("2026-03-01", 2, tempo_s="4.0")])
    assert (both.repetitions, both.tempo_s) == (5, 4.0)


def test_a_damaged_row_is_told_once_for_all_spans(capsys):
    found = lately([row("2026-03-02", 3), row("yesterday", 3)], date(2026, 3, 2))
    assert [total.repetitions for total in found.values() if total] == [3, 3, 3]
    assert capsys.readouterr().err.count("left out") == 1
