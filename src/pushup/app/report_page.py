"""The history of workouts as one HTML page that holds all it needs: no script, nothing to load."""

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from html import escape
from pathlib import Path

from pushup.app.history import (
    Logged,
    Span,
    Total,
    first_day,
    form_advice,
    mean_tempo_s,
    summed,
)
from pushup.counting.form import HINTS
from pushup.files import write_text

SHOWN: dict[Span, int] = {"day": 60, "week": 52, "month": 36}
"""Bars of a chart at most: the last ones."""

BEST = 10
"""Rows of the table of best sets."""

_WIDE, _HIGH, _LEFT, _RIGHT, _BELOW = 860, 190, 40, 845, 22

_STYLE = """
:root { --ink: #1d2733; --soft: #66717f; --line: #dfe4ea; --paper: #fff; --card: #f5f7f9;
        --reps: #2f9e5b; --best: #2f73c9; --tempo: #d97b1f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf0; --soft: #98a4b1; --line: #333e4a; --paper: #151b22; --card: #1e2630; } }
body { font: 16px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
       max-width: 900px; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }
.soft, figcaption, th { color: var(--soft); font-weight: normal; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: .75rem;
         margin: 1.25rem 0; }
.tiles div { background: var(--card); border-radius: 10px; padding: .7rem .9rem; }
.tiles b { display: block; font-size: 1.7rem; line-height: 1.2; }
input[type=radio] { position: absolute; opacity: 0; }
label { display: inline-block; padding: .3rem .9rem; border: 1px solid var(--line);
        border-radius: 999px; margin-right: .3rem; cursor: pointer; }
input:focus-visible + label { outline: 2px solid var(--best); }
.panel { display: none; }
#day:checked ~ .day, #week:checked ~ .week, #month:checked ~ .month { display: block; }
#day:checked + label, #week:checked + label, #month:checked + label {
  background: var(--ink); color: var(--paper); }
figure { margin: 1rem 0; } svg { width: 100%; height: auto; display: block; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.bar { background: var(--tempo); height: .6rem; border-radius: 3px; min-width: 2px; }
@media print { .panel { display: block; } label { display: none; } }
"""


def write_page(sessions: list[Logged], out: Path) -> None:
    """Write the page; InputError if it cannot be written.

    Args:
        sessions: Oldest first, at least one.
        out: The file.
    """
    write_text(out, page(sessions), "give --out FILE")


def page(sessions: list[Logged]) -> str:
    """The page as HTML."""
    first, last = sessions[0].day, sessions[-1].day
    panels = "".join(_panel(period, summed(sessions, period)) for period in SHOWN)
    choices = "".join(
        f'<input type="radio" name="period" id="{period}"{" checked" * (period == "day")}>'
        f'<label for="{period}">by {period}</label>'
        for period in SHOWN
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Workouts, {first} to {last}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1>Workouts</h1>\n<p class="soft">{_long(first)} to {_long(last)}</p>\n'
        f"{_tiles(sessions)}\n<h2>History</h2>\n<div>{choices}{panels}</div>\n"
        f"{_best_sets(sessions)}\n{_form(sessions)}\n</body>\n</html>\n"
    )


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if math.isfinite(value) else "-"


def _tiles(sessions: list[Logged]) -> str:
    days = summed(sessions)
    total = sum(day.repetitions for day in days)
    best = max(sessions, key=lambda session: session.best_set)
    fullest = max(days, key=lambda day: day.repetitions)
    recent = [d for d in days if d.first > days[-1].first - timedelta(days=7)]
    tiles = [
        (f"{total}", f"repetitions in {len(sessions)} workouts on {len(days)} days"),
        (f"{sum(day.repetitions for day in recent)}", "in the last 7 days of the log"),
        (f"{best.best_set}", f"best set, {_long(best.day)}"),
        (f"{fullest.repetitions}", f"most in a day, {_long(fullest.first)}"),
        (_seconds(mean_tempo_s(sessions)), "a repetition"),
    ]
    cells = (
        f'<div><b>{value}</b><span class="soft">{words}</span></div>' for value, words in tiles
    )
    return f'<div class="tiles">{"".join(cells)}</div>'


def _panel(period: Span, periods: list[Total]) -> str:
    """Three charts over one kind of period."""
    slots = _slots(period, periods[-1].first)
    found = {p.first: p for p in periods}
    shown = [(start, found.get(start)) for start in slots if start >= periods[0].first]
    charts = [
        _chart(shown, lambda p: p.repetitions, "repetitions", "reps", period, bars=True),
        _chart(shown, lambda p: p.best_set, "best set", "best", period),
        _chart(shown, lambda p: round(p.tempo_s, 1), "seconds a repetition", "tempo", period),
    ]
    return f'<div class="panel {period}">{"".join(charts)}</div>'


def _slots(period: Span, last: date) -> list[date]:
    """The first days of the last periods, oldest first, also of those without a workout."""
    slots = [last]
    while len(slots) < SHOWN[period]:
        try:
            slots.append(first_day(slots[-1] - timedelta(days=1), period))
        except OverflowError:  # a log that begins in year 1
            break
    return slots[::-1]


def _chart(
    shown: Sequence[tuple[date, Total | None]],
    figure: Callable[[Total], float],
    words: str,
    colour: str,
    period: Span,
    bars: bool = False,
) -> str:
    """One figure over time as an SVG, bars or dots with a line."""
    values = [(start, figure(p)) for start, p in shown if p is not None]
    values = [(start, value) for start, value in values if math.isfinite(value)]
    most = max((value for _, value in values), default=0.0) or 1.0
    step = (_RIGHT - _LEFT) / len(shown)
    place = {start: _LEFT + (k + 0.5) * step for k, (start, _) in enumerate(shown)}
    top, bottom = 14, _HIGH - _BELOW

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / most

    parts = [
        f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y(v):.1f}" y2="{y(v):.1f}" stroke="var(--line)"/>'
        f'<text x="{_LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>'
        for v in (0, most)
    ]
    every = -(-len(shown) // 10)
    parts += [
        f'<text x="{place[start]:.1f}" y="{_HIGH - 6}" text-anchor="middle">{_short(start, period)}'
        "</text>"
        for start, _ in shown[(len(shown) - 1) % every :: every]
    ]
    if not bars:
        line = " ".join(f"{place[start]:.1f},{y(value):.1f}" for start, value in values)
        parts.append(
            f'<polyline points="{line}" fill="none" stroke="var(--{colour})" opacity=".5"/>'
        )
    for start, value in values:
        about = f"<title>{_label(start, period)}: {value:g}</title>"
        x, high = place[start], y(value)
        if bars:
            wide = min(0.7 * step, 40)
            parts.append(
                f'<rect x="{x - wide / 2:.1f}" y="{high:.1f}" width="{wide:.1f}" rx="2" '
                f'height="{bottom - high:.1f}" fill="var(--{colour})">{about}</rect>'
            )
        else:
            parts.append(
                f'<circle cx="{x:.1f}" cy="{high:.1f}" r="3.5" fill="var(--{colour})">'
                f"{about}</circle>"
            )
    return (
        f"<figure><figcaption>{words} by {period}</figcaption>"
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{words} by {period}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _short(start: date, period: Span) -> str:
    return f"{start:%b %Y}" if period == "month" else f"{start.day} {start:%b}"


def _label(start: date, period: Span) -> str:
    return {"day": "", "week": "week of "}.get(period, "") + (
        f"{start:%B %Y}" if period == "month" else _long(start)
    )


def _best_sets(sessions: list[Logged]) -> str:
    best = sorted(sessions, key=lambda session: -session.best_set)[:BEST]
    rows = "".join(
        f'<tr><td class="n">{s.best_set}</td><td>{_long(s.day)}</td>'
        f'<td class="n">{s.repetitions}</td><td class="n">{_seconds(s.tempo_s)}</td>'
        f"<td>{escape(s.source)}</td></tr>"
        for s in best
    )
    return (
        '<h2>Best sets</h2>\n<table><tr><th class="n">set</th><th>day</th>'
        '<th class="n">in the workout</th><th class="n">tempo</th><th>source</th></tr>'
        f"{rows}</table>"
    )


def _form(sessions: list[Logged]) -> str:
    advice, judged = form_advice(sessions)
    if not judged:
        return "<h2>Form</h2>\n<p>Nothing in this log says how the repetitions were done.</p>"
    if not advice:
        return f"<h2>Form</h2>\n<p>Of {judged} repetitions none had advice.</p>"
    rows = "".join(
        f'<tr><td>{escape(rule)}</td><td>{_hint(rule)}</td><td class="n">{number}</td>'
        f'<td class="n">{min(number / judged, 1):.0%}</td>'
        f'<td><div class="bar" style="width:{min(number / judged, 1):.0%}"></div></td></tr>'
        for rule, number in advice.items()
    )
    return (
        f'<h2>Form</h2>\n<p class="soft">Of {judged} repetitions these had advice.</p>\n<table><tr>'
        '<th>rule</th><th>advice</th><th class="n">repetitions</th><th class="n">share</th>'
        f'<th style="width:30%"></th></tr>{rows}</table>'
    )


def _hint(rule: str) -> str:
    return " / ".join(escape(words) for words in HINTS.get(rule, ()) if words)
