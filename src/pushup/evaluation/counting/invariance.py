"""Whether a count stays what it is when the video comes through other hands.

    python evaluate.py mode=invariance data.root=DIR split=val model=mobilenet
    python evaluate.py mode=invariance data.root=DIR model=mobilenet variants=[fps_15,mirrored]

Every clip is written anew in each variant, once, into `output_dir/videos`, and counted as
`mode=counting` counts, with `rotate=` as `infer.py` has it.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from pushup.approaches.video_counter import looks_at_pictures
from pushup.cli import InputError
from pushup.counting.build import counter_config
from pushup.data.clips import LabelledClip
from pushup.engines import Engine
from pushup.evaluation.counting.evaluate import labelled_clips
from pushup.evaluation.counting.report import plot_signal
from pushup.evaluation.counting.runs import (
    Run,
    Setup,
    count_all,
    in_parallel,
    invalidate_cache,
    predict_trace,
)
from pushup.evaluation.counting.variants import VARIANTS, write_variant
from pushup.evaluation.report import markdown_table, save_results, with_interval
from pushup.files import write_csv
from pushup.inference.turning import check_rotate
from pushup.metrics.bootstrap import group_interval

ORIGINAL = "original"

Counts = dict[str, dict[str, int]]
"""By variant and clip; those of the clips as they are under `ORIGINAL`."""


def evaluate_invariance(
    root: str | Path | None,
    split: str,
    output_dir: str | Path,
    counters: Sequence[str],
    variants: Sequence[str],
    rotate: str | int = "auto",
    engine: Engine | None = None,
    read: dict[str, Any] | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Count every clip of a split in variants; write `results.json`, tables and plots.

    Args:
        root: See `evaluate_counting`, as `split` and `read`.
        split: See root.
        output_dir: Where results go, and the variants in `videos` and `traces`.
        counters: Names of files in `conf/counter`, of keypoints.
        variants: Names in `VARIANTS`.
        rotate: Degrees clockwise by which all are turned, or "auto", as in `infer.py`.
        engine: Runs the clips; None: processes of this machine.
        read: See root.
        **settings: Of `Setup`.

    Returns:
        What `results.json` holds.

    Raises:
        InputError: A name, the folder, a video or the weights are of no use.
    """
    check_rotate(rotate)
    if unknown := [name for name in variants if name not in VARIANTS]:
        raise InputError(f"no variant {unknown[0]!r}: choose variants= of {', '.join(VARIANTS)}")
    setup, out = Setup(**settings), Path(output_dir)
    if setup.weights_file is None:
        raise InputError("no keypoints: give ckpt_path=FILE or model=NAME")
    for counter in counters:
        if looks_at_pictures(counter_config(counter, setup.gate)["_target_"]):
            raise InputError(f"counter {counter} looks at pictures: leave it out of counters=")
    clips = labelled_clips(root, split, read)
    names = [ORIGINAL, *variants]
    for name in names:
        _prepare(name, clips, setup, rotate, out)
    tasks = {
        f"{clip.name} {name}": partial(_trace, name, clip, setup, rotate, out)
        for clip in clips
        for name in names
        if not _trace_file(out, name, clip).is_file()
    }
    for _ in in_parallel(tasks, engine, "variants"):
        pass
    watched = [replace(clip, name=f"{name}/{clip.name}") for name in names for clip in clips]
    runs = count_all(counters, watched, setup, out / "traces", engine)
    figures: dict[str, Any] = {"split": split, "rotate": str(rotate), "counters": {}}
    for counter in counters:
        of_counter = {
            name: {clip.name: runs[counter][f"{name}/{clip.name}"] for clip in clips}
            for name in names
        }
        counts = {n: {clip: len(r.reps) for clip, r in of_counter[n].items()} for n in names}
        figures["counters"][counter] = summarise(clips, counts)
        write_csv(out / f"{counter}.csv", ("video", "scene", "count", *names), _rows(clips, counts))
        _plot_changed(clips, of_counter, out / "changed" / counter)
    save_results(out, figures, report(figures))
    return figures


def _prepare(
    name: str, clips: Sequence[LabelledClip], setup: Setup, rotate: str | int, out: Path
) -> None:
    """The folders of a variant, empty of what others made."""
    made_of = {
        "videos": sorted({str(clip.video.parent) for clip in clips}),
        "segments": {clip.name: list(clip.segment_s) for clip in clips if clip.segment_s},
        "variant": repr(VARIANTS.get(name)),
    }
    seen_by = setup.cache_key() | made_of | {"rotate": str(rotate)}
    invalidate_cache(out / "traces" / name, seen_by)
    if name != ORIGINAL:
        invalidate_cache(out / "videos" / name, made_of, ".mp4")


def _trace_file(out: Path, name: str, clip: LabelledClip) -> Path:
    return out / "traces" / name / f"{clip.name}.npz"


def _trace(name: str, clip: LabelledClip, setup: Setup, rotate: str | int, out: Path) -> None:
    """Write one clip in one variant, where it is not there, and its trace."""
    watched = clip
    if name != ORIGINAL:
        video = out / "videos" / name / f"{clip.name}.mp4"
        if not video.is_file():
            write_variant(clip, VARIANTS[name], video)
        watched = replace(clip, video=video, segment_s=None)
    predict_trace(watched, setup, _trace_file(out, name, clip), rotate)


def summarise(clips: Sequence[LabelledClip], counts: Counts) -> dict[str, Any]:
    """Shares of clips whose count stays, by variant and in all, with intervals over scenes.

    Exact is over the clips with repetitions, as in `mode=counting`.
    """
    counted = [clip for clip in clips if clip.count]
    originals = counts[ORIGINAL]
    by_variant = {}
    for name, of_clip in counts.items():
        changes = [of_clip[clip.name] - originals[clip.name] for clip in clips]
        exact = [of_clip[c.name] == c.nearest(of_clip[c.name]) for c in counted]
        by_variant[name] = {
            **_share("same", [change == 0 for change in changes], clips),
            **_share("exact", exact, counted),
            "fewer": -sum(min(change, 0) for change in changes),
            "more": sum(max(change, 0) for change in changes),
        }
    never = [all(of[c.name] == originals[c.name] for of in counts.values()) for c in clips]
    with_reps = [stays for stays, clip in zip(never, clips, strict=True) if clip.count]
    return {
        "clips": len(clips),
        "with_repetitions": len(counted),
        **_share("never_changes", never, clips),
        **_share("never_changes_with_repetitions", with_reps, counted),
        "variants": by_variant,
        "changed": {
            clip.name: {n: of[clip.name] for n, of in counts.items()}
            for clip, stays in zip(clips, never, strict=True)
            if not stays
        },
    }


def _share(
    key: str, holds: Sequence[bool], clips: Sequence[LabelledClip]
) -> dict[str, float | tuple[float, float]]:
    """Of the clips for which something holds, with an interval that resamples scenes."""
    values = np.array(holds, float)
    interval = group_interval(values, np.ones(len(values)), [clip.scene for clip in clips])
    return {key: float(values.mean()) if holds else float("nan"), f"{key}_ci": interval}


def _rows(clips: Sequence[LabelledClip], counts: Counts) -> list[dict[str, Any]]:
    return [
        {"video": clip.video.name, "scene": clip.scene, "count": clip.count}
        | {name: of_clip[clip.name] for name, of_clip in counts.items()}
        for clip in clips
    ]


def _plot_changed(
    clips: Sequence[LabelledClip], runs: dict[str, dict[str, Run]], folder: Path
) -> None:
    """The signal of each clip in each variant that changes its count, and in the original."""
    for clip in clips:
        numbers = {name: len(of_clip[clip.name].reps) for name, of_clip in runs.items()}
        changed = [name for name in runs if numbers[name] != numbers[ORIGINAL]]
        for name in [ORIGINAL, *changed] if changed else []:
            run = runs[name][clip.name]
            title = f"{clip.name}, {name}: {numbers[name]} of {clip.count}"
            folder.mkdir(parents=True, exist_ok=True)
            counted_s = [rep.bottom_s for rep in run.reps]
            path = folder / f"{clip.name}_{name}.png"
            plot_signal(path, title, run.signal, counted_s, clip.bottoms_s)


_HEADER = ("variant", "count stays", "exact", "fewer", "more")


def report(figures: dict[str, Any]) -> str:
    """A table for each counter, its last line the clips whose count never changes."""
    lines = [f"# Invariance, split {figures['split']}, rotate={figures['rotate']}"]
    for counter, one in figures["counters"].items():
        rows = [
            [
                name,
                with_interval(of["same"], of["same_ci"]),
                with_interval(of["exact"], of["exact_ci"]),
                str(of["fewer"]),
                str(of["more"]),
            ]
            for name, of in one["variants"].items()
        ]
        never = with_interval(one["never_changes"], one["never_changes_ci"])
        rows.append(["all of them", never, "", "", ""])
        key = "never_changes_with_repetitions"
        lines += [
            *("", f"## {counter}", "", markdown_table(_HEADER, rows), ""),
            f"{one['clips']} clips, {one['with_repetitions']} of them with repetitions, of which "
            f"{with_interval(one[key], one[f'{key}_ci'])} never change. Fewer and more: "
            "repetitions against the original. In brackets 95 % intervals that resample scenes.",
        ]
    return "\n".join(lines) + "\n"
