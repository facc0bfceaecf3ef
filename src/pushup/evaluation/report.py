"""Figures to text: markdown tables, shares, intervals."""

import math
from collections.abc import Iterable, Sequence


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table with padded columns; the first is a label, the others are figures."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    widths = [max(width, 3) for width in widths]

    def pad(cells: list[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    return "\n".join([pad(lines[0]), rule, *(pad(line) for line in lines[1:])])


def share(value: float, digits: int = 3) -> str:
    """A figure to `digits` places, "-" where there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def with_interval(value: float, interval: tuple[float, float], digits: int = 3) -> str:
    """A figure and its interval, such as "0.812 [0.790, 0.833]"."""
    if not all(math.isfinite(v) for v in interval):
        return share(value, digits)
    low, high = interval
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
