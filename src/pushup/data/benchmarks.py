"""Others' counting benchmarks as `LabelledClip`s: RepCount-A, UCFRep and Countix.

Their authors give annotations; who has the videos evaluates on them:

    python evaluate.py mode=counting data=repcount data.root=DIR split=test counters=[repnet]

A video that is not there is left out, and how many is printed: those of Kinetics vanish.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.data import matlab
from pushup.data.clips import LabelledClip, whole_count
from pushup.foreign import number, read_csv
from pushup.video.source import VIDEO_SUFFIXES, open_source


def read_repcount(root: Path, split: str) -> list[LabelledClip]:
    """RepCount-A of Hu et al., "TransRAC", CVPR 2022, as its archive `LLSP` has it.

    `annotation/SPLIT.csv` has the columns `type,name,count,L1,L2,...`, where L are the first and
    the last frame of each repetition in turn. Its splits are train, valid and test; videos lie in
    `video/SPLIT`. The middle of a repetition stands for its lowest point. Spellings of a class
    (`pushups` and `push_up`) become one. Layout: github.com/SvipRepetitionCounting/TransRAC,
    `dataset/RepCountA_Loader.py` and `open_set/`.

    Raises:
        InputError: The table is missing or damaged, or no video is there.
    """
    path = root / "annotation" / f"{'valid' if split == 'val' else split}.csv"
    videos, clips = _videos(root), []
    for where, row in read_csv(_in(path, root), ("type", "name", "count")):
        marks = [number(row[key], where) for key in _mark_columns(row) if row[key].strip()]
        video = _video(row["name"], videos, root / "video" / path.stem)
        count = whole_count(row["count"] or str(len(marks) // 2), where)
        middles = [(first + last) / 2 for first, last in zip(marks[::2], marks[1::2], strict=False)]
        known = len(marks) == 2 * count and video.is_file()
        times = np.array(middles) / _frames_a_second(video) if known and count else ()
        clips.append(_clip(video, count, row["type"], times))
    return _there(clips, root)


def _mark_columns(row: dict[str, str]) -> list[str]:
    """L1, L2, ... in order."""
    columns = [key for key in row if key[:1] == "L" and key[1:].isdecimal()]
    return sorted(columns, key=lambda key: int(key[1:]))


def read_ucfrep(root: Path, split: str) -> list[LabelledClip]:
    """UCFRep of Zhang et al., "Context-aware and Scale-insensitive Temporal Repetition Counting".

    `annotations/SPLIT/v_PushUps_g01_c01.mat` (splits train and val), a file a video of UCF101 below
    the folder. Its struct `label` has `temporal_bound`, the frames between repetitions, and
    `start_frame` and `end_frame`, between which its authors count. Layout:
    github.com/Xiaodomgdomg/Deep-Temporal-Repetition-Counting, `datasets/ucf_aug.py`.

    Raises:
        InputError: There are no annotations, one is damaged, or no video is there.
    """
    paths = sorted((_in(root / "annotations", root) / split).glob("*.mat"))
    if not paths:
        raise InputError(f"{root}/annotations/{split} has no .mat file: choose split=train or val")
    videos = _videos(root)
    with ThreadPoolExecutor() as pool:  # each is read in a process of its own
        labels: list[Any] = list(pool.map(lambda path: matlab.load(path).get("label"), paths))
    clips = []
    for path, label in zip(paths, labels, strict=True):
        bounds = [float(v) for v in np.ravel(getattr(label, "temporal_bound", ())) if np.isreal(v)]
        ends = [matlab.number(label, name, str(path)) for name in ("start_frame", "end_frame")]
        if len(bounds) < 2 or None in ends:
            raise InputError(f"{path}: no label with temporal_bound, start_frame and end_frame")
        video = _video(f"{path.stem}.avi", videos, root / "UCF-101")
        if video.is_file():
            rate = _frames_a_second(video)
            times = (np.array(bounds[:-1]) + bounds[1:]) / 2 / rate
            segment = (float(ends[0] or 0) / rate, float(ends[1] or 0) / rate)
        else:
            times, segment = (), None
        kind = path.stem.split("_")[1] if path.stem.count("_") else path.stem
        clips.append(_clip(video, len(bounds) - 1, kind, times, segment))
    return _there(clips, root)


def read_countix(root: Path, split: str) -> list[LabelledClip]:
    """Countix of Dwibedi et al., CVPR 2020: segments of Kinetics clips with a count each.

    `countix_SPLIT.csv` with the columns
    `video_id,class,kinetics_start,kinetics_end,repetition_start,repetition_end,count` (that of the
    test split has no classes), in seconds of the whole YouTube video. Clips lie anywhere below the
    folder, named as Kinetics names them: `VIDEO_000010_000020.mp4`. Repetitions have no times.
    Source: sites.google.com/view/repnet.

    Raises:
        InputError: The table is missing or damaged, or no video is there.
    """
    columns = ("video_id", "kinetics_start", "kinetics_end", "repetition_start", "repetition_end")
    videos, clips = _videos(root), []
    for where, row in read_csv(_in(root / f"countix_{split}.csv", root), (*columns, "count")):
        begin, end, first, last = (number(row[key], where) for key in columns[1:])
        name = f"{row['video_id']}_{round(begin):06d}_{round(end):06d}"
        segment = (max(first - begin, 0.0), last - begin)
        if segment[1] <= segment[0]:
            raise InputError(f"{where}: repetition_end is not after repetition_start; correct it")
        count = whole_count(row["count"], where)
        clip = _clip(_video(f"{name}.mp4", videos, root), count, row.get("class", ""), (), segment)
        clips.append(clip)
    return _there(clips, root)


def _clip(
    video: Path,
    count: int,
    kind: str,
    times: Iterable[float],
    segment_s: tuple[float, float] | None = None,
) -> LabelledClip:
    plain = kind.lower().replace("_", "").replace(" ", "").removesuffix("s")
    name, seconds = video.stem, tuple(sorted(float(time) for time in times))
    if segment_s is not None:
        name += f"_from_{segment_s[0]:.2f}"
    return LabelledClip(name, video, count, "other", video.stem, seconds, (), plain, segment_s)


def _in(path: Path, root: Path) -> Path:
    """The path; InputError where the data set is not in the folder."""
    if not path.exists():
        raise InputError(
            f"{path}: no such file; data.root={root} is not the folder of this data set"
        )
    return path


def _videos(root: Path) -> dict[str, Path]:
    """Every video below a folder by the name of its file without its suffix."""
    return {path.stem: path for path in root.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES}


def _video(name: str, found: dict[str, Path], folder: Path) -> Path:
    """Where a video is, or where it would be expected; a download may have another suffix."""
    expected = folder / Path(name).name
    return expected if expected.is_file() else found.get(Path(name).stem, expected)


def _frames_a_second(video: Path) -> float:
    with open_source(video) as source:
        return source.fps


def _there(clips: list[LabelledClip], root: Path) -> list[LabelledClip]:
    """Those whose videos exist; says how many do not."""
    found = [clip for clip in clips if clip.video.is_file()]
    if not found:
        first = f", such as {clips[0].video.name}" if clips else ""
        raise InputError(f"{root}: none of {len(clips)} annotated videos is there{first}")
    if len(found) < len(clips):
        print(f"{root}: {len(clips) - len(found)} of {len(clips)} videos are missing, left out")
    return found
