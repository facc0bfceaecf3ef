"""Every approach in one table: errors, times, false counts, speed and size, against one of them.

    python evaluate.py mode=comparison data.root=DIR model=mobilenet splits=[val,val2]

Each counter counts without labels in reach; what it counted is scored afterwards. MAE divides by
the true count; a count is the number of repetitions reported, nothing is rounded.
"""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pushup.approaches.video_counter import PictureCounter, count_frames
from pushup.counting.build import build_counter
from pushup.data.clips import LabelledClip
from pushup.evaluation.counting.evaluate import evaluate_counting, labelled_clips
from pushup.evaluation.counting.runs import Setup, run_counter, watch
from pushup.evaluation.report import markdown_table, share, with_interval
from pushup.files import replacing, write_json, write_text
from pushup.metrics.bootstrap import group_interval
from pushup.models import weights
from pushup.video.frames import Frame

HEADER = (
    *("counter", "MAE", "off by <= 1", "exact", "F1 of times", "false / min"),
    *("MAE, less {base}'s", "exact, less {base}'s", "ms a frame", "parameters"),
)


def compare(
    root: str | Path | None,
    splits: Sequence[str],
    output_dir: str | Path,
    counters: Sequence[str],
    base: str = "default",
    **settings: Any,
) -> dict[str, Any]:
    """Run counters over splits; write `comparison.json`, a table and a plot.

    Args:
        root: See `evaluate_counting`, as `counters` and the settings.
        splits: Names in the column `split` of `counts.csv`; the plot is of the first.
        output_dir: Where results go; those of each split lie in a folder of its name.
        counters: See above.
        base: The counter that the others are compared with, clip by clip.
        **settings: Of `evaluate_counting`, but for traces and plots.

    Returns:
        What `comparison.json` holds.

    Raises:
        InputError: See `evaluate_counting`.
    """
    out = Path(output_dir)
    names = [base, *(name for name in counters if name != base)]
    by_split = {
        split: evaluate_counting(root, split, out / split, names, plots=False, **settings)
        for split in splits
    }
    keys = ("gate", "tracker", "ckpt_path", "model", "classifier", "device")
    setup = Setup(**{key: settings[key] for key in keys if key in settings})
    clip = _one_of_usual_length(labelled_clips(root, splits[0], settings.get("read")))
    frames = list(clip.frames())
    figures = {
        "base": base,
        "timed_on": clip.name,
        "cost": {name: cost(name, frames, setup) for name in names},
        "splits": {
            split: {
                name: _without_clips(figures["counters"][name])
                | ({} if name == "best_constant" else against(figures["counters"], name, base))
                for name in (*names, "best_constant")
            }
            for split, figures in by_split.items()
        },
    }
    write_json(out / "comparison.json", figures)
    text = table(figures)
    write_text(out / "comparison.md", text)
    print(text)
    plot(figures, out / "exact_against_ms.png")
    return figures


def _one_of_usual_length(clips: Sequence[LabelledClip]) -> LabelledClip:
    """The clip with repetitions whose file has the median size: short enough to be timed on."""
    counted = sorted((c for c in clips if c.count), key=lambda c: c.video.stat().st_size)
    return (counted or list(clips))[len(counted) // 2]


def _without_clips(figures: dict[str, Any]) -> dict[str, Any]:
    return {
        k: v for k, v in figures.items() if k not in ("clips", "by_class", "by_view", "by_scene")
    }


def against(counters: dict[str, Any], name: str, base: str) -> dict[str, Any]:
    """How much the errors of one counter exceed another's: means over clips, with intervals.

    The intervals resample scenes, and both counters see the same resample.
    """
    clips, others = counters[name]["clips"], counters[base]["clips"]
    counted = [clip for clip in clips if clips[clip]["count"] > 0]
    scenes = [clips[clip]["scene"] for clip in counted]
    ones = np.ones(len(counted))

    def relative(figures: dict[str, Any]) -> float:
        return abs(figures["predicted"] - figures["nearest"]) / figures["nearest"]

    def exact(figures: dict[str, Any]) -> float:
        return float(figures["predicted"] == figures["nearest"])

    found = {}
    for key, measure in (("mae", relative), ("exact", exact)):
        less = np.array([measure(clips[c]) - measure(others[c]) for c in counted])
        found[f"{key}_less_base"] = float(less.mean()) if len(less) else math.nan
        found[f"{key}_less_base_ci"] = group_interval(less, ones, scenes)
    return found


def cost(name: str, frames: Sequence[Frame], setup: Setup) -> dict[str, float]:
    """Processor time a frame on one core in ms, decoding left out, and learned parameters.

    Of a keypoint counter, the keypoint network and the push-up classifier are part. All threads of
    the process are charged, since some runtimes work in threads of their own.
    """
    cv2.setNumThreads(1)
    counter = build_counter(name, setup.gate)
    looks = isinstance(counter, PictureCounter)

    def count(some: Sequence[Frame]) -> None:
        counter.reset()
        if looks:
            count_frames(counter, some)
        else:
            run_counter(counter, watch(some, setup))

    count(frames[:5])  # what is loaded or compiled at the first frames is not of every frame
    started = time.process_time()
    count(frames)
    milliseconds = 1e3 * (time.process_time() - started) / len(frames)
    parameters = counter.parameters if looks else _network_parameters(setup)
    return {"ms": milliseconds, "parameters": parameters}


def _network_parameters(setup: Setup) -> int:
    """Learned numbers in the weights of the keypoint model and of the classifier."""
    total = 0
    for path in setup.files.values():
        if path and Path(path).suffix == ".safetensors":
            state = weights.read(path)[1]
            total += sum(v.numel() for k, v in state.items() if not _is_statistic(k))
    return total


def _is_statistic(key: str) -> bool:
    return key.endswith(("running_mean", "running_var", "num_batches_tracked"))


def table(figures: dict[str, Any]) -> str:
    """The markdown tables of `comparison.json`, one a split."""
    header = [cell.format(base=figures["base"]) for cell in HEADER]
    parts = []
    for split, counters in figures["splits"].items():
        rows = [_row(name, counters[name], figures["cost"].get(name)) for name in counters]
        one = counters[figures["base"]]
        parts.append(
            f"## Split {split}\n\n{markdown_table(header, rows)}\n\n"
            f"{one['number']} clips with repetitions, {one['empty_minutes']:.1f} minutes without. "
            "In brackets 95 % intervals that resample scenes; differences are paired by clip. "
            "Times match within 0.5 s.\n"
        )
    timed = f"Milliseconds of processor time a frame, one core, on {figures['timed_on']}.\n"
    return "\n".join([*parts, timed])


def _row(name: str, figures: dict[str, Any], cost: dict[str, float] | None) -> list[str]:
    label = f"always {figures['count']}" if name == "best_constant" else name
    nothing, no_interval = math.nan, (math.nan, math.nan)

    def less(key: str) -> str:
        value = figures.get(f"{key}_less_base", nothing)
        return with_interval(value, figures.get(f"{key}_less_base_ci", no_interval))

    return [
        label,
        with_interval(figures["mae"], figures["mae_ci"]),
        share(figures["obo"]),
        with_interval(figures["exact"], figures["exact_ci"]),
        share(figures.get("f1_time", nothing)),
        share(figures["false_per_minute"], 1),
        less("mae"),
        less("exact"),
        share(cost["ms"], 2) if cost else "-",
        f"{cost['parameters']:,}" if cost else "-",
    ]


def plot(figures: dict[str, Any], path: Path) -> None:
    """Share of clips counted exactly against milliseconds a frame, of the first split."""
    from matplotlib.figure import Figure

    split, counters = next(iter(figures["splits"].items()))
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.add_subplot()
    for name, cost_of in figures["cost"].items():
        exact, (low, high) = counters[name]["exact"], counters[name]["exact_ci"]
        pixels = cost_of["parameters"] == 0
        colour, bars = "tab:blue" if pixels else "tab:orange", [[exact - low], [high - exact]]
        axes.errorbar(cost_of["ms"], exact, bars, alpha=0.8, color=colour, marker="o")
        axes.annotate(name, (cost_of["ms"], exact), (6, 4), textcoords="offset points", fontsize=9)
    constant = counters["best_constant"]
    axes.axhline(constant["exact"], color="0.6", linestyle=":")
    axes.text(1, constant["exact"], f" always {constant['count']}", fontsize=9, color="0.4")
    axes.set(xscale="log", ylim=(0, 1.02), xlabel="ms of processor time a frame, one core")
    axes.set(ylabel="clips counted exactly", title=f"Split {split}: orange with networks")
    axes.set_xlim(right=4 * axes.get_xlim()[1])  # room for names
    axes.grid(alpha=0.3)
    with replacing(path) as part:  # its name ends in .png, too
        figure.savefig(part, dpi=110)
