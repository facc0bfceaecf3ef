"""Rendered clips as video files, with tables of their true repetitions."""

from collections.abc import Iterable
from pathlib import Path

from pushup.cli import InputError
from pushup.files import write_csv
from pushup.synthetic.clips import RenderedClip, render_clip
from pushup.synthetic.exercises import EXERCISES
from pushup.video.sink import VideoSink

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
    """Write clips as H.264 files with `counts.csv` and `reps.csv` beside them.

    Args:
        folder: Created if need be; files of the same names are replaced.
        seeds: One clip each, named after it.
        exercise: What is shown, or "mixed" for one of all chosen by the seed.
        counted: The exercise whose repetitions count; clips of others have count 0.
        **options: For `render_clip`.

    Raises:
        InputError: The folder or a video cannot be written.
    """
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
    size_wh = clip.frames_rgb[0].shape[1], clip.frames_rgb[0].shape[0]
    with VideoSink(path, size_wh, clip.fps) as sink:
        for frame_rgb, time_s in zip(clip.frames_rgb, clip.time_s.tolist(), strict=True):
            sink.write(frame_rgb[..., ::-1], time_s)
    if sink.error is not None:
        raise sink.error
