"""Videos as they come through other hands: encoded anew, resized, re-timed, turned, darkened."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from pushup.data.clips import LabelledClip
from pushup.video.frames import NOMINAL_FPS, TURNS, Frame
from pushup.video.sink import H264, Encoding, VideoSink


@dataclass(frozen=True)
class Variant:
    """What is done to a video; as it stands, encoded anew.

    Attributes:
        encoding: How it is written.
        scale: Of width and height.
        fps: Frames a second, by dropping or repeating frames; None leaves every frame at its time.
        turn: Degrees clockwise.
        mirrored: Left and right change places.
        gamma: Exponent of the brightness: below 1 is brighter, above 1 darker.
        noise: Standard deviation of the noise on each pixel, of 255.
    """

    encoding: Encoding = H264
    scale: float = 1.0
    fps: float | None = None
    turn: int = 0
    mirrored: bool = False
    gamma: float = 1.0
    noise: float = 0.0


_SLACK_S = 1e-4
"""Times in files are rounded."""

_VP9 = (("crf", "36"), ("b", "0"), ("deadline", "realtime"), ("cpu-used", "8"))
_COARSE = (("qmin", "6"), ("qmax", "6"))
VARIANTS: dict[str, Variant] = {
    "h264_crf23": Variant(),
    "h264_crf35": Variant(Encoding(options=(("preset", "veryfast"), ("crf", "35")))),
    "mpeg4": Variant(Encoding("mpeg4", _COARSE)),
    "vp9": Variant(Encoding("libvpx-vp9", _VP9)),
    "mjpeg": Variant(Encoding("mjpeg", _COARSE, full_range=True)),
    "half_size": Variant(scale=0.5),
    "double_size": Variant(scale=2.0),
    **{f"fps_{fps}": Variant(fps=fps) for fps in (15, 24, 30, 60)},
    "mirrored": Variant(mirrored=True),
    **{f"turned_{turn}": Variant(turn=turn) for turn in (90, 180, 270)},
    "gamma_0.5": Variant(gamma=0.5),
    "gamma_2": Variant(gamma=2.0),
    "noise": Variant(noise=12.0),
}
"""Those that only change the pictures are written as H.264 of the better quality."""


def write_variant(clip: LabelledClip, variant: Variant, path: Path) -> None:
    """Write a clip as an mp4 in which all this is done to it.

    Raises:
        InputError: It cannot be read, or not be written.
    """
    shown = clip.frames() if variant.fps is None else at_rate(clip.frames(), variant.fps)
    rng = np.random.default_rng(zlib.crc32(clip.name.encode()))
    frames = (replace(f, image_bgr=changed(f.image_bgr, variant, rng)) for f in shown)
    first = next(frames)
    size_wh = first.image_bgr.shape[1], first.image_bgr.shape[0]
    with VideoSink(path, size_wh, variant.fps or NOMINAL_FPS, encoding=variant.encoding) as sink:
        for frame in chain([first], frames):
            sink.write(frame.image_bgr, frame.time_s)
    if sink.error is not None:
        raise sink.error


def changed(image_bgr: np.ndarray, variant: Variant, rng: np.random.Generator) -> np.ndarray:
    """(H, W, 3) uint8 picture of a variant."""
    if variant.scale != 1:
        how = cv2.INTER_AREA if variant.scale < 1 else cv2.INTER_CUBIC
        image_bgr = cv2.resize(
            image_bgr, None, fx=variant.scale, fy=variant.scale, interpolation=how
        )
    if (code := TURNS[variant.turn]) is not None:
        image_bgr = cv2.rotate(image_bgr, code)
    if variant.mirrored:
        image_bgr = cv2.flip(image_bgr, 1)
    if variant.gamma != 1:
        levels = 255 * (np.arange(256) / 255) ** variant.gamma
        image_bgr = cv2.LUT(image_bgr, levels.round().astype(np.uint8))
    if variant.noise:
        noisy = image_bgr + rng.normal(0, variant.noise, image_bgr.shape)
        image_bgr = noisy.round().clip(0, 255).astype(np.uint8)
    return image_bgr


def at_rate(frames: Iterable[Frame], fps: float) -> Iterator[Frame]:
    """So many frames a second: at each moment the frame that is shown then."""
    shown, number, start_s, lasts_s = None, 0, 0.0, 1 / fps
    for frame in frames:
        if shown is None:
            start_s = frame.time_s
        else:
            lasts_s = frame.time_s - shown.time_s
            while start_s + number / fps < frame.time_s - _SLACK_S:
                yield replace(shown, time_s=start_s + number / fps, index=number)
                number += 1
        shown = frame
    while shown is not None and start_s + number / fps < shown.time_s + lasts_s - _SLACK_S:
        yield replace(shown, time_s=start_s + number / fps, index=number)
        number += 1
