"""The counting benchmark: counters over clips whose repetitions were counted by eye.

    python evaluate.py mode=counting data.root=DIR split=val counters=[default,published]

`traces=true` runs the counters on the keypoints given in DIR/traces, apart from our networks;
`traces=FOLDER` on keypoints that an earlier run left in its `output_dir/traces`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from pushup.approaches.video_counter import looks_at_pictures
from pushup.cli import InputError, build
from pushup.counting.build import counter_config
from pushup.data.clips import LabelledClip, read_clips
from pushup.engines import Engine
from pushup.evaluation.counting.pictures import count_pictures
from pushup.evaluation.counting.report import plot_failures, table
from pushup.evaluation.counting.runs import Run, Setup, count_all, find_traces
from pushup.evaluation.counting.summary import constant_row, summarise
from pushup.files import write_json, write_text


def evaluate_counting(
    root: str | Path | None,
    split: str,
    output_dir: str | Path,
    counters: Sequence[str],
    gate: dict[str, Any],
    tracker: dict[str, Any],
    traces: bool | str = False,
    ckpt_path: str | None = None,
    model: str | None = None,
    classifier: str | None = None,
    device: str = "cpu",
    engine: Engine | None = None,
    plots: bool = True,
    read: dict[str, Any] | None = None,
    mae_offset: float = 0.0,
) -> dict[str, Any]:
    """Run counters over the clips of a split; write `results.json`, a table and plots.

    Args:
        root: Folder with `counts.csv`, `videos/`, and where they exist `reps.csv` and `traces/`; or
            what `read` reads.
        split: Name in the column `split` of `counts.csv`.
        output_dir: Where results go.
        counters: Names of files in `conf/counter`, of keypoints or of pictures.
        gate: Configuration that those files refer to as `${gate}`.
        tracker: Configuration of the predictor.
        traces: Keypoints that exist: true for those in `root`, or their folder.
        ckpt_path: Weights of the keypoint model; None for those shipped for `model`.
        model: Name of the model.
        classifier: See `open_classifier`; of no effect on traces.
        device: Where networks run.
        engine: Runs the clips; None: processes of this machine.
        plots: Draw each clip that a counter got wrong.
        read: Configuration of a reader of another layout, see `pushup.data.benchmarks`.
        mae_offset: Of the denominator of MAE, see `summarise`.

    Returns:
        What `results.json` holds.

    Raises:
        InputError: The folder, a video, a trace, a counter's name or the weights are of no use.
    """
    clips = labelled_clips(root, split, read)
    root, out = Path(str(root)), Path(output_dir)
    setup = Setup(gate, tracker, ckpt_path, model, classifier, device)
    pictures = [n for n in counters if looks_at_pictures(counter_config(n, gate)["_target_"])]
    if traces and pictures:
        raise InputError(f"counter {pictures[0]} looks at pictures: leave out traces=")
    found, by_keypoints = clips, [name for name in counters if name not in pictures]
    if by_keypoints:
        folder = find_traces(clips, root, traces, setup, out, engine)
        found = [clip for clip in clips if (folder / f"{clip.name}.npz").is_file()]
        if not found:
            raise InputError(
                f"no traces of split {split!r} in {folder}: leave out traces= to predict"
            )
    unordered = count_pictures(pictures, found, gate, out / "pictures", engine)
    if by_keypoints:
        unordered |= count_all(by_keypoints, found, setup, folder, engine)
    runs = {name: unordered[name] for name in counters}
    figures = {
        "split": split,
        "mae_offset": mae_offset,
        "traces": str(folder) if traces else None,
        "without_trace": [clip.name for clip in clips if clip not in found],
        "counters": {name: summarise(found, runs[name], mae_offset) for name in counters}
        | {"best_constant": constant_row(found, next(iter(runs.values())), mae_offset)},
    }
    write_json(out / "results.json", figures)
    text = table(figures)
    write_text(out / "results.md", text)
    print(text)
    if plots:
        _plot_all(found, runs, out)
    return figures


def labelled_clips(
    root: str | Path | None, split: str, read: dict[str, Any] | None = None
) -> list[LabelledClip]:
    """The clips of a split, read by `read_clips` unless `read` configures another reader."""
    if root is None:
        raise InputError(
            "no clips: give their folder as data.root=DIR, with counts.csv or as data= has it"
        )
    if read is None:
        return read_clips(Path(root), split)
    return build(OmegaConf.create(read), root=Path(root), split=split)


def _plot_all(clips: Sequence[LabelledClip], runs: dict[str, dict[str, Run]], out: Path) -> None:
    for name, by_clip in runs.items():
        plot_failures(clips, by_clip, out / "failed" / name)
