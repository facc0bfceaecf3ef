"""Figures to files: results.json, and tables in markdown and LaTeX."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pushup.files import write_json, write_text

_LATEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}


def save_results(output_dir: str | Path, results: dict[str, Any], report: str) -> None:
    """Print the report of an evaluation, and write results.md and results.json."""
    print(report)
    write_text(Path(output_dir) / "results.md", report.rstrip("\n") + "\n")
    write_json(Path(output_dir) / "results.json", results)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table with padded columns; the first is a label, the others are figures."""
    lines = [[_markdown(cell) for cell in line] for line in (header, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    widths = [max(width, 3) for width in widths]

    def pad(cells: list[str]) -> str:
        first = cells[0].ljust(widths[0])
        rest = [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
    return "\n".join([pad(lines[0]), rule, *(pad(line) for line in lines[1:])])


def _markdown(cell: str) -> str:
    return " ".join(cell.replace("\\", "\\\\").replace("|", "\\|").split())


def latex_table(header: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """The like for LaTeX: a table environment with a caption, in need of no package."""
    body = [" & ".join(_latex(cell) for cell in line) + r" \\" for line in (header, *rows)]
    columns = "l" + "r" * (len(header) - 1)
    head, *rest = body
    return "\n".join(
        [
            r"\begin{table}",
            rf"\caption{{{_latex(caption)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\hline",
            head,
            r"\hline",
            *rest,
            r"\hline",
            r"\end{tabular}",
            r"\end{table}",
        ]
    )


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in " ".join(text.split()))


def share(value: float, digits: int = 3) -> str:
    """A figure to `digits` places, "-" where there is none."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"


def with_interval(value: float, interval: tuple[float, float], digits: int = 3) -> str:
    """A figure and its interval, such as "0.812 [0.790, 0.833]"."""
    if not all(math.isfinite(v) for v in interval):
        return share(value, digits)
    low, high = interval
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"
