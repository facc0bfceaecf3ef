"""The placement benchmark as one picture: views by manners."""

from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from pushup.files import replacing


@dataclass
class Cell:
    """Clips of one view and manner, added up.

    Attributes:
        clips: Their number; exact: those counted exactly.
        exact: See clips.
        counted: Repetitions counted; true: those that there are.
        true: See counted.
    """

    clips: int = 0
    exact: int = 0
    counted: int = 0
    true: int = 0

    def __add__(self, other: "Cell") -> "Cell":
        """Both together."""
        return Cell(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def draw_heat_map(cells: dict[tuple[str, str], Cell], out: Path, title: str) -> None:
    """Write the share of clips counted exactly as colours, repetitions as counted / true.

    Args:
        cells: By (row, column).
        out: A .png file.
        title: Above the picture.

    Raises:
        InputError: It cannot be written.
    """
    from matplotlib.figure import Figure

    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    table = [[cells.get((row, column), Cell()) for column in columns] for row in rows]
    table = [[*line, sum(line, Cell())] for line in table]
    table.append([sum(line, Cell()) for line in zip(*table, strict=True)])
    shares = np.array([[c.exact / c.clips if c.clips else np.nan for c in line] for line in table])

    figure = Figure(figsize=(2.5 + 0.55 * (len(columns) + 1), 1.8 + 0.36 * (len(rows) + 1)))
    axes = figure.subplots()
    axes.imshow(shares, cmap="RdYlGn", vmin=-0.4, vmax=1.2, aspect="auto")  # pale: text stays black
    for (y, x), value in np.ndenumerate(shares):
        if np.isfinite(value):
            total = y == len(rows) or x == len(columns)
            cell = table[y][x]
            label = f"{value:.2f}" if total else f"{cell.counted}/{cell.true}"
            axes.text(x, y, label, ha="center", va="center", fontsize=7)
    axes.axhline(len(rows) - 0.5, color="white", linewidth=3)
    axes.axvline(len(columns) - 0.5, color="white", linewidth=3)
    columns, rows = ([n.replace("_", " ") for n in (*names, "all")] for names in (columns, rows))
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    number = table[-1][-1].clips
    axes.set_title(
        f"{title}, {number} clips: counted / true, margins and colours: share exact", fontsize=9
    )
    figure.tight_layout()
    with replacing(out, "choose another folder with output_dir=DIR") as part:
        figure.savefig(part, dpi=130, format="png")
