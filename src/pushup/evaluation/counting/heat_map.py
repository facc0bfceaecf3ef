"""The placement benchmark as one picture: views by manners."""

from pathlib import Path

import numpy as np

from pushup.files import replacing


def draw_heat_map(cells: dict[tuple[str, str], tuple[int, int]], out: Path, title: str) -> None:
    """Write the share of clips counted exactly, by row and column.

    Args:
        cells: By (row, column): clips that are exact, of how many.
        out: A .png file.
        title: Above the picture.

    Raises:
        InputError: It cannot be written.
    """
    from matplotlib.figure import Figure

    rows = list(dict.fromkeys(row for row, _ in cells))
    columns = list(dict.fromkeys(column for _, column in cells))
    counts = np.array([[cells.get((r, c), (0, 0)) for c in columns] for r in rows], float)
    exact, number = counts[..., 0], counts[..., 1]
    shares = np.where(number > 0, exact / np.maximum(number, 1), np.nan)

    figure = Figure(figsize=(2.5 + 0.55 * (len(columns) + 1), 1.8 + 0.36 * (len(rows) + 1)))
    axes = figure.subplots()
    with_means = np.full((len(rows) + 1, len(columns) + 1), np.nan)
    with_means[:-1, :-1] = shares
    with_means[:-1, -1] = exact.sum(1) / np.maximum(number.sum(1), 1)
    with_means[-1, :-1] = exact.sum(0) / np.maximum(number.sum(0), 1)
    with_means[-1, -1] = exact.sum() / number.sum()
    axes.imshow(with_means, cmap="RdYlGn", vmin=0, vmax=1, aspect="auto")
    for (y, x), value in np.ndenumerate(with_means):
        if np.isfinite(value):
            label = f"{value:.2f}".removeprefix("0") if value < 1 else "1"
            axes.text(x, y, label, ha="center", va="center", fontsize=7)
    axes.axhline(len(rows) - 0.5, color="white", linewidth=3)
    axes.axvline(len(columns) - 0.5, color="white", linewidth=3)
    columns, rows = ([n.replace("_", " ") for n in (*names, "all")] for names in (columns, rows))
    axes.set_xticks(range(len(columns)), columns, rotation=45, ha="right", fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_title(f"{title}: share of {int(number.sum())} clips counted exactly", fontsize=9)
    figure.tight_layout()
    with replacing(out, "choose another folder with output_dir=DIR") as part:
        figure.savefig(part, dpi=130, format="png")
