"""Video files of every sort, encoded here: a bright square that moves to the right."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE_WH = 96, 64


def picture(step: float, size_wh: tuple[int, int] = SIZE_WH) -> np.ndarray:
    """(H, W, 3) grey picture with a square 2 pixels further right each step."""
    image = np.full((size_wh[1], size_wh[0], 3), 40, np.uint8)
    left = 4 + round(2 * step)
    image[20:44, left : left + 16] = 220
    return image


def square_x(image: np.ndarray) -> float:
    """Where the square's middle is, in steps of `picture`."""
    columns = np.flatnonzero(image[24:40].mean((0, 2)) > 130)
    return (columns.mean() - 7.5 - 4) / 2


def frame_of(image: np.ndarray, index: int, fps: int, pix_fmt: str = "yuv420p") -> av.VideoFrame:
    """An encoder's input."""
    frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format=pix_fmt)
    frame.pts, frame.time_base = index, Fraction(1, fps)
    return frame


def add_video(container, codec: str = "libx264", fps: int = 20, **options: str):
    """A stream of pictures of `SIZE_WH`."""
    stream = container.add_stream(codec, rate=fps, options=options)
    stream.width, stream.height = SIZE_WH
    stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    return stream


def encode(path: Path, frames: int = 20, codec: str = "libx264", fps: int = 20, **options: str):
    """A clip whose frame k shows `picture(k)`; the path."""
    with av.open(str(path), "w") as container:
        stream = add_video(container, codec, fps, **options)
        for k in range(frames):
            container.mux(stream.encode(frame_of(picture(k), k, fps, stream.pix_fmt)))
        container.mux(stream.encode(None))
    return path


def tone(frames: int, rate: int = 8000) -> list[av.AudioFrame]:
    """A tone of 440 Hz in frames of 1024 samples."""
    made = []
    for k in range(frames):
        times = (np.arange(1024) + 1024 * k) / rate
        samples = (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, 1024 * k, Fraction(1, rate)
        made.append(frame)
    return made
