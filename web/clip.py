"""The clip that `make web-test` shows to the page: python web/clip.py FOLDER.

Writes `camera.y4m`, which Chromium plays as a camera, `clip.mp4`, the same pictures as a file, and
`truth.json` with the times at which the rendered person is lowest.
"""

import json
import sys
from pathlib import Path

import cv2

from pushup.files import replacing
from pushup.synthetic import render_clip
from pushup.video.sink import VideoSink

SEED, SIZE_WH, FPS, DURATION_S, REPETITIONS = 7, (480, 360), 20, 12.0, 4


def main() -> None:
    """Command line: the folder to write."""
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    clip = render_clip(
        SEED, duration_s=DURATION_S, fps=FPS, size_wh=SIZE_WH, repetitions=REPETITIONS
    )
    with (
        VideoSink(out / "clip.mp4", SIZE_WH, FPS) as sink,
        replacing(out / "camera.y4m") as part,
        part.open("wb") as camera,
    ):
        width, height = SIZE_WH
        camera.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for frame_rgb, time_s in zip(clip.frames_rgb, clip.time_s, strict=True):
            sink.write(cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2BGR), float(time_s))
            camera.write(b"FRAME\n" + cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2YUV_I420).tobytes())
    bottoms = [round(rep.bottom_s, 3) for rep in clip.repetitions]
    truth = {"duration_s": DURATION_S, "bottoms_s": bottoms}
    (out / "truth.json").write_text(json.dumps(truth))


if __name__ == "__main__":
    main()
