"""How often each rule of form speaks, over clips with counted repetitions.

python evaluate.py mode=form data.root=DIR split=val
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.counting.form import FIGURES, FormCheck
from pushup.counting.trace import Trace, load_trace
from pushup.counting.types import Finding, Rep, StreamingCounter
from pushup.data.clips import LabelledClip, read_clips
from pushup.evaluation.report import markdown_table, share, with_interval
from pushup.files import write_json, write_text
from pushup.metrics.bootstrap import group_interval

HEADER = (
    *("rule", "judged", "advised", "rate", "clips judged", "clips advised"),
    *("5 %", "median", "95 %"),
)


@dataclass(frozen=True)
class Judged:
    """One figure of one counted repetition."""

    clip: LabelledClip
    rep: Rep
    finding: Finding


def evaluate_form(
    root: str | Path | None,
    split: str,
    output_dir: str | Path,
    counter: StreamingCounter,
    form: FormCheck,
    traces: bool | str = True,
) -> dict[str, Any]:
    """Judge what a counter counts in the traces of a split; write `results.json` and a table.

    Args:
        root: Folder with `counts.csv`, and `traces/`.
        split: Name in the column `split` of `counts.csv`.
        output_dir: Where results go.
        counter: A streaming counter.
        form: The rules.
        traces: True for those in `root`, or their folder.

    Returns:
        What `results.json` holds.

    Raises:
        InputError: The folder or a trace is of no use, or the counter is no streaming one.
    """
    if root is None:
        raise InputError("no clips: give the folder of counts.csv as data.root=DIR")
    if not isinstance(counter, StreamingCounter):
        raise InputError(f"{type(counter).__name__} needs the whole clip: choose another counter")
    folder, out = Path(root) / "traces" if traces is True else Path(str(traces)), Path(output_dir)
    judged: list[Judged] = []
    number = 0
    for clip in read_clips(Path(root), split):
        path = folder / f"{clip.name}.npz"
        if clip.count and path.is_file():
            judgements = judge_trace(load_trace(path), counter, form)
            number += len(judgements)
            judged += [Judged(clip, rep, f) for rep, findings in judgements for f in findings]
    if not number:
        raise InputError(f"no repetition is counted in the traces of split {split!r} in {folder}")
    figures = {
        "split": split,
        "traces": str(folder),
        "repetitions": number,
        "rules": {
            rule: _figures([j for j in judged if j.finding.rule == rule]) for rule in FIGURES
        },
    }
    write_json(out / "results.json", figures)
    text = table(figures)
    write_text(out / "results.md", text)
    print(text)
    return figures


def judge_trace(
    trace: Trace, counter: StreamingCounter, form: FormCheck
) -> list[tuple[Rep, list[Finding]]]:
    """The repetitions that a fresh counter counts in a trace, and what they show."""
    counter.reset()
    form.reset()
    judgements = []
    for observation in trace.observations():
        form.update(observation)
        rep = counter.update(observation)
        if rep is not None:
            judgements.append((rep, form.judge(rep)))
    return judgements


def _figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """How often a rule was asked and spoke, the spread of its figure, and the cases."""
    advised = [j for j in judged if j.finding.hint]
    values = np.array([j.finding.value for j in judged])
    low, middle, high = np.percentile(values, [5, 50, 95]) if judged else (np.nan,) * 3
    spoke = np.array([bool(j.finding.hint) for j in judged], float)
    scenes = [j.clip.scene for j in judged]
    return {
        "judged": len(judged),
        "advised": len(advised),
        "rate": float(spoke.mean()) if judged else np.nan,
        "rate_ci": group_interval(spoke, np.ones(len(judged)), scenes),
        "clips_judged": len({j.clip.name for j in judged}),
        "clips_advised": len({j.clip.name for j in advised}),
        "percentiles": {"5": float(low), "50": float(middle), "95": float(high)},
        "cases": [
            {
                "clip": j.clip.name,
                "bottom_s": round(j.rep.bottom_s, 3),
                "value": round(j.finding.value, 3),
                "hint": j.finding.hint,
            }
            for j in advised
        ],
    }


def table(figures: dict[str, Any]) -> str:
    """The markdown table of `results.json`."""
    rows = [
        [
            rule,
            str(f["judged"]),
            str(f["advised"]),
            with_interval(f["rate"], f["rate_ci"]),
            str(f["clips_judged"]),
            str(f["clips_advised"]),
            *(share(f["percentiles"][p], 2) for p in ("5", "50", "95")),
        ]
        for rule, f in figures["rules"].items()
    ]
    return "\n".join(
        [
            f"# Form, split {figures['split']}, keypoints from {figures['traces']}",
            "",
            markdown_table(HEADER, rows),
            "",
            f"{figures['repetitions']} counted repetitions; a rule judges those that show what it "
            "looks at. In brackets 95 % intervals that resample scenes.",
            "",
        ]
    )
