"""Rendered clips as video files, with tables of their true repetitions."""

from collections.abc import Iterable
from pathlib import Path

import cv2

from pushup.cli import InputError
from pushup.files import replacing, write_csv
from pushup.synthetic.clips import RenderedClip, render_clip
from pushup.synthetic.exercises import EXERCISES

_COUNTS = (
    "video", "count", "confidence", "split", "source", "view", "note", "width", "height", "fps",
    "frames", "duration_s", "scene", "starts_low",
)  # fmt: skip


def write_clips(
    folder: str | Path,
    seeds: Iterable[int],
    exercise: str = "push_up",
    counted: str = "push_up",
    **options: object,
) -> list[Path]:
    """Write clips as mp4v files with `counts.csv` and `reps.csv` beside them.

    Args:
        folder: Created if need be; files of the same names are replaced.
        seeds: One clip each, named after it.
        exercise: What is shown, or "mixed" for one of all chosen by the seed.
        counted: The exercise whose repetitions count; clips of others have count 0.
        **options: For `render_clip`, a constant frame rate only.

    Raises:
        InputError: The folder or a video cannot be written.
        ValueError: `variable_rate` was asked for, which OpenCV cannot write.
    """
    if options.get("variable_rate"):
        raise ValueError("OpenCV writes constant frame rates only; use render_clip instead")
    out = Path(folder)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot create folder {out}: {error.strerror}; choose another") from error
    paths, counts, reps = [], [], []
    choices = (*EXERCISES, "empty")
    for seed in seeds:
        shown = choices[seed % len(choices)] if exercise == "mixed" else exercise
        clip = render_clip(seed, shown, **options)  # type: ignore[arg-type]
        path = out / f"rendered_{seed}_{shown}.mp4"
        _write_video(path, clip)
        height, width = clip.frames_rgb[0].shape[:2]
        truth = clip.repetitions if shown == counted else []
        duration = round(len(clip.frames_rgb) / clip.fps, 3)
        row = (
            path.name, len(truth), "exact", "rendered", "rendered", clip.view, shown, width,
            height, round(clip.fps, 3), len(clip.frames_rgb), duration, path.stem,
            int(clip.starts_low),
        )  # fmt: skip
        counts.append(dict(zip(_COUNTS, row, strict=True)))
        reps += [
            {"video": path.name, "rep": i, "bottom_s": round(rep.bottom_s, 3)}
            for i, rep in enumerate(truth, 1)
        ]
        paths.append(path)
    write_csv(out / "counts.csv", _COUNTS, counts, "choose another folder")
    write_csv(out / "reps.csv", ("video", "rep", "bottom_s"), reps, "choose another folder")
    return paths


def _write_video(path: Path, clip: RenderedClip) -> None:
    size = clip.frames_rgb[0].shape[1::-1]
    fourcc = cv2.VideoWriter.fourcc(*"mp4v")
    with replacing(path) as part:
        writer = cv2.VideoWriter(str(part), fourcc, clip.fps, size)
        if not writer.isOpened():
            raise InputError(f"cannot write video {path}; check that its folder is writable")
        try:
            for frame_rgb in clip.frames_rgb:
                writer.write(cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2BGR))
        finally:
            writer.release()
