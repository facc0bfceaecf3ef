"""Pictures of an evaluation: the best and the worst cases, and the curves."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import matplotlib
import numpy as np

from pushup.cli import InputError
from pushup.drawing import draw_skeleton
from pushup.files import ANOTHER_FOLDER, replacing
from pushup.geometry import FrameTransform
from pushup.skeleton import Skeleton

matplotlib.use("Agg")  # no display is needed to write a file

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

TILE = 256
CAPTION = 18
TRUE_RGB = (60, 220, 90)
PREDICTED_RGB = (255, 120, 30)


def draw_case(
    image_rgb: np.ndarray,
    true: np.ndarray,
    labelled: np.ndarray,
    pred: np.ndarray,
    skeleton: Skeleton,
    caption: str,
) -> np.ndarray:
    """One input picture with the true skeleton (green) and the predicted one (orange).

    Args:
        image_rgb: (H, W, 3) uint8, the middle of a square.
        true: (K, 2) positions in 0..1 of the square's side.
        labelled: (K,) bool; an unlabelled joint has no true mark.
        pred: (K, 2) positions in 0..1 of the square's side.
        skeleton: Names the joints.
        caption: Printed below.
    """
    to_tile = FrameTransform.pad_square(image_rgb.shape[1::-1], TILE)
    picture, scale = to_tile.warp(image_rgb), to_tile.scale
    everything = np.ones(len(skeleton), bool)
    # the right side is filled, so that a left-right swap shows
    on_left = [joint.startswith("left_") for joint in skeleton.joints]
    for points, known, colour in (
        (true, labelled, TRUE_RGB),
        (pred, everything, PREDICTED_RGB),
    ):
        pixels = np.where(known[:, None], points * TILE + (scale - 1) / 2, np.nan)
        colours = [colour] * len(skeleton)
        draw_skeleton(picture, pixels, skeleton.edge_indices, colours, hollow=on_left)
    return captioned(picture, caption)


def captioned(picture: np.ndarray, caption: str) -> np.ndarray:
    """A (TILE, TILE, 3) picture with a line of text below."""
    strip = np.full((CAPTION, TILE, 3), 255, np.uint8)
    cv2.putText(strip, caption, (3, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([picture, strip])


def page(tiles: Sequence[np.ndarray], columns: int, title: str) -> np.ndarray:
    """Tiles of one size in rows below a title."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    sheet = np.full((30 + rows * height, columns * width, 3), 255, np.uint8)
    font = cv2.FONT_HERSHEY_SIMPLEX
    cv2.putText(sheet, title, (6, 21), font, 0.6, (0, 0, 0), 1, cv2.LINE_AA)
    for i, tile in enumerate(tiles):
        top, left = 30 + i // columns * height, i % columns * width
        sheet[top : top + height, left : left + width] = tile
    return sheet


def worst_and_best(
    error: np.ndarray,
    groups: Sequence[str],
    draw: Callable[[int], np.ndarray],
    title: str,
    each: int = 18,
    per_group: int = 3,
) -> np.ndarray:
    """The images of largest and of smallest error, an image never among both.

    Args:
        error: (N,) of each image, NaN where it has none.
        groups: (N,) scene of each image.
        draw: Gives the tile of an image by its position in `error`.
        title: Names model and data.
        each: How many of either kind.
        per_group: How many of either kind from one scene, whose frames are alike.
    """
    ranked = [int(i) for i in np.argsort(error)[: np.isfinite(error).sum()]]  # NaN sorts last
    if not ranked:
        raise InputError("no image has two labelled joints: there are no cases to show")
    half = (len(ranked) + 1) // 2
    best = spread(ranked[:half], groups, each, per_group)
    worst = spread(ranked[: half - 1 : -1], groups, each, per_group)
    sheets = [
        page([draw(i) for i in chosen], 6, f"{name}. {title}")
        for name, chosen in (("worst", worst), ("best", best))
        if chosen
    ]
    return np.vstack(sheets)


def spread(ranked: list[int], groups: Sequence[str], number: int, per_group: int) -> list[int]:
    """The first `number` of `ranked`, skipping groups that already gave `per_group`."""
    chosen: list[int] = []
    for i in ranked:
        if sum(groups[i] == groups[j] for j in chosen) < per_group:
            chosen.append(i)
        if len(chosen) == number:
            break
    return chosen


def save_curves(path: Path, sources: dict[str, Any], reference: str, title: str) -> None:
    """PCKs against the threshold, and error against confidence, a line for each source."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    for name, figures in sources.items():
        curve = figures["pcks_curve"]
        left.plot(curve["thresholds"], curve["pcks"], label=name)
        bins = figures["by_confidence"]
        middles = [(b["from"] + b["to"]) / 2 for b in bins]
        right.plot(middles, [b["mae"] for b in bins], marker="o", label=name)
    left.axvline(0.25, color="0.7", linewidth=1)
    left.set(xlabel=f"threshold / distance of the {reference}", ylabel="PCKs", ylim=(0, 1))
    right.set(xlabel="confidence of the joint", ylabel="MAE / side of the input", xlim=(0, 1))
    right.set_ylim(bottom=0)
    left.legend()
    figure.suptitle(title)
    _save(path, figure)


def save_speed(path: Path, models: dict[str, Any], others: Mapping[str, Any], title: str) -> None:
    """PCKs against milliseconds for one picture, a panel for each source."""
    sources = list(next(iter(models.values()))["sources"])
    panels = [name for name in sources if name != "all"] or sources
    figure, axes = plt.subplots(
        1, len(panels), figsize=(5.2 * len(panels), 4.4), layout="constrained", squeeze=False
    )
    for axis, source in zip(axes[0], panels, strict=True):
        for name, model in models.items():
            figures = model["sources"][source]
            at = model["ms"], figures["pcks"]
            bars = [[abs(bound - figures["pcks"])] for bound in figures["pcks_ci"]]
            axis.errorbar(*at, yerr=bars, fmt="o", capsize=3, label=name)
        for name, other in others.items():
            if source in other["pcks"]:
                low, high = other["ms"]
                at = (low + high) / 2, other["pcks"][source]
                axis.errorbar(*at, xerr=(high - low) / 2, fmt="s", color="0.5", capsize=3)
                axis.annotate(name, at, xytext=(6, -14), textcoords="offset points", color="0.4")
        axis.legend(loc="lower right")
        axis.margins(x=0.45)
        axis.set(xlabel="ms for one picture", ylabel="PCKs", ylim=(0, 1))
        axis.set_xlim(left=0)
        axis.set_title(source)
    figure.suptitle(title)
    _save(path, figure)


def save_steps(path: Path, figures: dict[str, Any], steps: Sequence[str]) -> None:
    """Mean milliseconds a frame, a bar for each run, with the steps of those that have any.

    Args:
        path: PNG.
        figures: As of `pushup.evaluation.speed.measure`.
        steps: Those to show, in their order.
    """
    figure, axis = plt.subplots(figsize=(10, 0.9 + 0.45 * len(figures)), layout="constrained")
    reached = dict.fromkeys(figures, 0.0)
    for step in (*steps, "all"):
        parts = {
            name: found["mean_ms"][step]
            for name, found in figures.items()
            if step in found["mean_ms"]
        }
        if parts:
            left = [reached[name] for name in parts]
            label, colour = ("other estimators", "0.6") if step == "all" else (step, None)
            axis.barh(list(parts), list(parts.values()), left=left, color=colour, label=label)
            reached |= {name: reached[name] + ms for name, ms in parts.items()}
    for name, ms in reached.items():
        axis.annotate(f"{ms:.1f}", (ms, name), (4, 0), textcoords="offset points", va="center")
    axis.invert_yaxis()
    axis.margins(x=0.08)
    axis.set_xlabel("mean ms a frame")
    axis.legend(ncols=4, fontsize="small")
    _save(path, figure)


def _save(path: Path, figure: Figure) -> None:
    with replacing(path, ANOTHER_FOLDER) as part:  # its name ends as that of path
        figure.savefig(part, dpi=110)
    plt.close(figure)
