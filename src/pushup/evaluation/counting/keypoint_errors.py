"""How far keypoints of rendered people are off, so that simulated errors can be held to real ones.

Lengths are in `pushup.synthetic.errors.unit_length`.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from pushup.counting.trace import Trace
from pushup.evaluation.report import markdown_table, share
from pushup.skeleton import UPPER7
from pushup.synthetic.errors import unit_length

FAR = 0.35
"""A joint that far off is taken for another one."""
_MISSED = 0.6
"""The person is missed where the median joint is that far off."""
_PAIRED = np.flatnonzero(UPPER7.flip != np.arange(len(UPPER7)))


def measure(exact: np.ndarray, trace: Trace) -> dict[str, np.ndarray]:
    """Errors of one trace against exact keypoints (T, 7, 2), as arrays to be pooled."""
    unit = unit_length(exact, trace.size_wh)
    known = np.isfinite(trace.keypoints).all(-1)
    inside = np.asarray(((exact >= 0) & (exact < trace.size_wh)).all(-1) & known)
    off = np.hypot(*np.moveaxis((trace.keypoints - exact) / unit, -1, 0))
    flipped = np.hypot(*np.moveaxis((trace.keypoints[:, UPPER7.flip] - exact) / unit, -1, 0))
    enough = inside.sum(1) >= 5
    pairs = inside[:, _PAIRED]
    as_is = np.where(pairs, off[:, _PAIRED], 0).sum(1)
    other = np.where(pairs, flipped[:, _PAIRED], 0).sum(1)
    swapped = enough & (other < 0.6 * as_is) & (as_is > 1.0)
    median = np.array([np.median(o[i]) if i.any() else 0 for o, i in zip(off, inside, strict=True)])
    missed = enough & ~swapped & (median > _MISSED)
    plain = (enough & ~swapped & ~missed)[:, None] & inside
    steady = plain[1:] & plain[:-1] & (off[1:] < FAR) & (off[:-1] < FAR)
    steps = np.abs(np.diff((trace.keypoints - exact) / unit, axis=0)).mean(-1)
    return {
        "off": off[plain],
        "steps": steps[steady],
        "swapped": swapped[enough],
        "missed": missed[enough],
        "score_near": trace.scores[inside & (off < 0.15)],
        "score_far": trace.scores[inside & (off > FAR)],
        "score_outside": trace.scores[known & ~inside],
    }


def summarise(measured: Iterable[dict[str, np.ndarray]]) -> dict[str, float]:
    """Figures over several traces."""
    parts = list(measured)
    pooled = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def median(key: str) -> float:
        return float(np.median(pooled[key])) if len(pooled[key]) else float("nan")

    def mean(values: np.ndarray) -> float:
        return float(values.mean()) if len(values) else float("nan")

    return {
        "clips": len(parts),
        "median": median("off"),
        "frame_to_frame": median("steps"),
        "confused": mean(pooled["off"] > FAR),
        "swapped": mean(pooled["swapped"]),
        "missed": mean(pooled["missed"]),
        "score_near": median("score_near"),
        "score_far": median("score_far"),
        "score_outside": median("score_outside"),
    }


def table(by_view: dict[str, dict[str, dict[str, Any]]]) -> str:
    """The networks' and the simulated errors side by side: "0.05 / 0.06"."""
    names = [name for name in next(iter(by_view.values()))["networks"] if name != "clips"]
    rows = [
        [view, *(f"{share(both['networks'][n])} / {share(both['simulated'][n])}" for n in names)]
        for view, both in by_view.items()
    ]
    return markdown_table(("view", *(name.replace("_", " ") for name in names)), rows)
