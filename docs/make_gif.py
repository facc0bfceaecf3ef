"""Render a clip, count it with infer.py, and keep the annotated video as a GIF.

python docs/make_gif.py                  # the picture on top of the README
python docs/make_gif.py --seed 51 --view front --out front.gif
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
from PIL import Image

from pushup.synthetic import write_clips
from pushup.video.source import open_source

REPOSITORY = Path(__file__).parents[1]


def count_rendered(seed: int, view: str | None, repetitions: int, folder: Path) -> Path:
    """Render one clip into `folder` and count it; the annotated video."""
    (clip,) = write_clips(
        folder,
        [seed],
        view=view,
        repetitions=repetitions,
        duration_s=2.0 + 2.1 * repetitions,
        fps=30,
        size_wh=(640, 360),
        tempo_s=1.8,
        pause_top_s=0.1,
        pause_bottom_s=0.0,
        clean=True,
        shake_px=0,
    )
    out = folder / "counted"
    command = [sys.executable, "infer.py", f"source={clip}", f"output_dir={out}", "log=null"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return out / "annotated.mp4"


def write_gif(video: Path, out: Path, width: int, step: int, colours: int) -> int:
    """Write every `step`-th frame of a video, looping; the size of the file in bytes."""
    pictures = []
    with open_source(video) as source:
        fps = source.fps
        for frame in source:
            if frame.index % step == 0:
                height = round(width * frame.image_bgr.shape[0] / frame.image_bgr.shape[1])
                small = cv2.resize(frame.image_bgr, (width, height), interpolation=cv2.INTER_AREA)
                pictures.append(Image.fromarray(small[..., ::-1]))
    # One palette for all frames: what does not move then costs nothing.
    palette = pictures[len(pictures) // 2].quantize(colours)
    pictures = [p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures]
    pictures[0].save(
        out,
        save_all=True,
        append_images=pictures[1:],
        duration=round(1000 * step / fps),
        loop=0,
        optimize=True,
    )
    return out.stat().st_size


def main() -> None:
    """Command line: see `--help`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=68, help="of the rendered clip")
    parser.add_argument(
        "--view", default=None, help="of the camera: side, front, three_quarter ..."
    )
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--width", type=int, default=480)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs/images/counting.gif")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = count_rendered(
            arguments.seed, arguments.view, arguments.repetitions, Path(folder).resolve()
        )
        size = write_gif(video, arguments.out, arguments.width, step=3, colours=128)
    print(f"{arguments.out}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
