"""The counting benchmark's table, and a picture of each clip that a counter got wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pushup.data.clips import LabelledClip
from pushup.evaluation.counting.runs import Run
from pushup.evaluation.counting.summary import MANY
from pushup.evaluation.report import markdown_table, share, with_interval
from pushup.files import replacing

HEADER = (
    *("counter", "MAE", "abs. MAE", "off by <= 1", "exact", "RMSE", "F1 of times"),
    *("false / min", f"MAE, >= {MANY}", f"exact, >= {MANY}", "x real time"),
)


def table(figures: dict[str, Any]) -> str:
    """The markdown table of `results.json`."""
    rows = [_row(name, figures["counters"][name]) for name in figures["counters"]]
    one = next(iter(figures["counters"].values()))
    source = f"keypoints from {figures['traces']}" if figures["traces"] else "our own keypoints"
    lines = [
        f"# Counting, split {figures['split']}, {source}",
        "",
        markdown_table(HEADER, rows),
        "",
        f"{one['number']} clips with repetitions, {one['empty_minutes']:.1f} minutes without. "
        "In brackets 95 % intervals that resample scenes. Times match within 0.5 s.",
    ]
    if figures.get("mae_offset"):
        lines[-1] += f" MAE is |p - g| / (g + {figures['mae_offset']:g}), over clips of 0 as well."
    if len(one["by_class"]) > 1:
        lines += ["", "## By class", "", _class_table(figures["counters"])]
    if figures["without_trace"]:
        lines += ["", f"Left out, without a trace: {', '.join(figures['without_trace'])}."]
    return "\n".join(lines) + "\n"


def _class_table(counters: dict[str, Any]) -> str:
    rows = [
        [
            name or "-",
            counter,
            str(f["number"]),
            share(f["mae"]),
            share(f["obo"]),
            share(f["exact"]),
        ]
        for counter, figures in counters.items()
        for name, f in figures.get("by_class", {}).items()
    ]
    header = ("class", "counter", "clips", "MAE", "off by <= 1", "exact")
    return markdown_table(header, sorted(rows, key=lambda row: row[0]))


def _row(name: str, figures: dict[str, Any]) -> list[str]:
    many = figures.get(f"with_{MANY}_or_more", {})
    label = f"always {figures['count']}" if name == "best_constant" else name
    nothing = float("nan")
    return [
        label,
        with_interval(figures["mae"], figures["mae_ci"]),
        share(figures["mae_abs"], 2),
        share(figures["obo"]),
        with_interval(figures["exact"], figures["exact_ci"]),
        share(figures["rmse"], 2),
        share(figures.get("f1_time", nothing)),
        share(figures["false_per_minute"], 1),
        share(many.get("mae", nothing)),
        share(many.get("exact", nothing)),
        share(figures.get("realtime_factor", nothing), 0),
    ]


def plot_failures(clips: Sequence[LabelledClip], runs: dict[str, Run], folder: Path) -> None:
    """A picture of each clip with a wrong count or a repetition out of place.

    It shows the signal, the threshold, where the gate is shut, and the counted and the true
    bottoms.
    """
    for clip in clips:
        run = runs[clip.name]
        if len(run.reps) != clip.nearest(len(run.reps)):
            folder.mkdir(parents=True, exist_ok=True)
            _plot(clip, run, folder / f"{clip.name}.png")


def _plot(clip: LabelledClip, run: Run, path: Path) -> None:
    title = f"{clip.name}: {len(run.reps)} of {clip.count}, {clip.view}"
    plot_signal(path, title, run.signal, [rep.bottom_s for rep in run.reps], clip.bottoms_s)


def plot_signal(
    path: Path,
    title: str,
    signal: np.ndarray,
    counted_s: Sequence[float],
    true_s: Sequence[float] = (),
) -> None:
    """A picture of a signal (T, 4): time, value, threshold, gate; with counted and true bottoms."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4), layout="constrained")
    axes = figure.add_subplot()
    time_s, value, threshold, gate_open = signal.T
    axes.plot(time_s, value, ".-", markersize=3, label="signal")
    axes.plot(time_s, threshold, linewidth=1, label="threshold")
    shut = np.where(gate_open > 0, np.nan, np.nanmin(value) if np.isfinite(value).any() else 0.0)
    axes.plot(time_s, shut, "s", color="0.6", markersize=4, label="gate shut")
    for label, times, colour, style in (
        ("true bottom", true_s, "k", ":"),
        ("counted bottom", counted_s, "tab:green", "-"),
    ):
        for i, bottom_s in enumerate(times):
            axes.axvline(bottom_s, color=colour, linestyle=style, label=label if not i else None)
    axes.set(title=title, xlabel="s")
    axes.legend(loc="upper right", fontsize=8)
    with replacing(path) as part:  # its name ends in .png, too
        figure.savefig(part, dpi=80)
