"""Counted clips as small square frames at a steady rate: what video networks learn from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pushup.data.clips import LabelledClip, read_clips
from pushup.files import replacing
from pushup.video.source import open_source

BEFORE_END_S, LONGEST_RISE_S = 0.3, 1.0


@dataclass(frozen=True)
class VideoClip:
    """One clip at a steady rate.

    Attributes:
        name: Of the clip.
        frames: (T, S, S, 3) uint8 RGB, stretched to squares.
        rate_hz: Frames a second.
        count: Number of repetitions.
        bottoms: Frame index, not whole, of each lowest point; empty where unknown.
    """

    name: str
    frames: np.ndarray
    rate_hz: float
    count: int
    bottoms: np.ndarray

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def edges(self) -> np.ndarray:
        """(N, 2) where each repetition begins and ends, in frames.

        Halfway between neighbouring bottoms, and no more than a second from one: how long somebody
        rests at the top says nothing about the movement.
        """
        longest = LONGEST_RISE_S * self.rate_hz
        between = np.diff(self.bottoms) / 2
        before = np.minimum(np.concatenate([[longest], between]), longest)
        after = np.minimum(np.concatenate([between, [longest]]), longest)
        edges = np.stack([self.bottoms - before, self.bottoms + after], 1)
        return np.clip(edges, 0, max(len(self) - 1, 0))

    def labels(self) -> dict[str, np.ndarray]:
        """Of each frame, (T,) each.

        Returns:
            finished: A repetition has ended within the last 0.3 s.
            low: The body is in the lower half of one, in time.
            phase: 0 down, 1 still, 2 up, as `FlowClassifier.classes`.
        """
        at = np.arange(len(self))
        finished, low = np.zeros(len(self), bool), np.zeros(len(self), bool)
        phase = np.ones(len(self), np.int64)
        for (start, end), bottom in zip(self.edges, self.bottoms, strict=True):
            finished |= (at >= end - BEFORE_END_S * self.rate_hz) & (at < end + 1)
            low |= (at > (start + bottom) / 2) & (at < (bottom + end) / 2)
            phase[(at > start) & (at <= bottom)] = 0
            phase[(at > bottom) & (at <= end)] = 2
        return {"finished": finished, "low": low, "phase": phase}


def read_video_clip(clip: LabelledClip, side: int, rate_hz: float, cache: Path) -> VideoClip:
    """Decode a clip, or take it from the cache, which knows it by its content.

    Args:
        clip: What to read.
        side: Of the square frames.
        rate_hz: Frames a second; each is the latest one shown at its time.
        cache: Folder of decoded clips.

    Raises:
        InputError: The video cannot be read, or the cache not be written.
    """
    content = clip.video.read_bytes() if clip.video.is_file() else b""
    key = hashlib.sha256(content + f"{side} {rate_hz}".encode()).hexdigest()[:24]
    path = cache / f"{clip.name}-{key}.npz"
    if path.is_file():
        with np.load(path, allow_pickle=False) as arrays:
            frames = arrays["frames"]
    else:
        frames = _decode(clip.video, side, rate_hz)
        with replacing(path) as part:
            np.savez(part, allow_pickle=False, frames=frames)
    bottoms = np.array(clip.bottoms_s, float) * rate_hz
    return VideoClip(clip.name, frames, rate_hz, clip.count, bottoms)


def _decode(video: Path, side: int, rate_hz: float) -> np.ndarray:
    frames: list[np.ndarray] = []
    with open_source(video) as source:
        for frame in source:
            due = int(np.floor(frame.time_s * rate_hz + 1e-6)) + 1
            if due <= len(frames):
                continue
            small = cv2.resize(frame.image_bgr, (side, side), interpolation=cv2.INTER_AREA)
            picture = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
            frames += [picture] * (due - len(frames))
    return np.stack(frames)


def read_video_clips(
    roots: dict[str, list[str]], side: int, rate_hz: float, cache: Path
) -> list[VideoClip]:
    """All clips of splits of folders.

    A clip with repetitions whose times are unknown teaches nothing here and is left out.

    Args:
        roots: Splits by folder.
        side: See `read_video_clip`, as the others.
        rate_hz: See above.
        cache: See above.
    """
    labelled = [
        c for root, splits in roots.items() for s in splits for c in read_clips(Path(root), s)
    ]
    used = [clip for clip in labelled if len(clip.bottoms_s) == clip.count]
    return [read_video_clip(clip, side, rate_hz, cache) for clip in used]
