"""A scripted client of `pushup serve`: what a phone does, for tests and to time the round trip."""
# The lock leaves out what the extra installs.
# pyright: reportMissingImports=false

import json
import math
import secrets
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from omegaconf import DictConfig
from websockets.sync.client import connect

from pushup.app.serve import Counting, Limits, application, open_session, running
from pushup.video.frames import Frame
from pushup.video.source import open_source


def converse(
    address: str, token: str, jpegs: Iterable[bytes], rate_hz: float = math.inf
) -> list[tuple[dict[str, Any], float]]:
    """A scripted client: the answer to each frame and the seconds that it took."""
    answers = []
    with connect(f"ws://{address}/{token}/frames", proxy=None) as client:
        began_s = time.perf_counter()
        for index, jpeg in enumerate(jpegs):
            time.sleep(max(0.0, began_s + index / rate_hz - time.perf_counter()))
            sent_s = time.perf_counter()
            client.send(jpeg)
            answers.append((json.loads(client.recv(30)), time.perf_counter() - sent_s))
    return answers


def jpegs_of(frames: Iterable[Frame], quality: int = 80) -> list[bytes]:
    """Frames as a phone sends them."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    return [cv2.imencode(".jpg", frame.image_bgr, flags)[1].tobytes() for frame in frames]


def measured(clip: Path, config: DictConfig) -> str:
    """A clip sent in its own time by a client on this machine: count and round trip, in a line.

    Raises:
        InputError: The clip cannot be read.
    """
    with open_source(clip) as source:
        fps, jpegs = source.fps, jpegs_of(source)
    limits, token = Limits(), secrets.token_urlsafe(9)
    with tempfile.TemporaryDirectory() as folder:
        config.log = None
        session = open_session(config, Path(folder))
        with running(application(Counting(session, limits), token, limits), limits) as address:
            answers = converse(address, token, jpegs, fps)
    took_ms = np.array([1e3 * seconds for _, seconds in answers[5:]])  # the first ones warm up
    middle, most = np.percentile(took_ms, [50, 95])
    return (
        f"{clip}: {answers[-1][0]['count']} counted in {len(answers)} frames; round trip "
        f"{middle:.1f} ms (median), {most:.1f} ms (95 % are below)"
    )
