"""Render clips, a contact sheet or a speed figure: `python -m pushup.synthetic --help`."""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from pushup.cli import InputError, command
from pushup.skeleton import BODY16
from pushup.synthetic.clip_files import write_clips
from pushup.synthetic.exercises import EXERCISES
from pushup.synthetic.pictures import SyntheticSource

_TILE = 288


def _clips(args: argparse.Namespace) -> None:
    seeds = tqdm(range(args.seed, args.seed + args.count), desc="rendering", unit="clip")
    paths = write_clips(
        args.out, seeds, exercise=args.exercise, duration_s=args.duration, fps=args.fps
    )
    print(f"{len(paths)} clips, counts.csv and reps.csv in {args.out}")


def draw_keypoints(image_rgb: np.ndarray, record) -> np.ndarray:
    """A copy with the skeleton: the person's right red, left blue, middle yellow; hidden hollow."""
    image = image_rgb.copy()
    for a, b in BODY16.edge_indices:
        if record.labelled[a] and record.labelled[b]:
            ends = np.round(record.keypoints[[a, b]]).astype(int).tolist()
            cv2.line(image, ends[0], ends[1], (235, 235, 235), 1, cv2.LINE_AA)
    colours = {"right": (230, 40, 40), "left": (50, 90, 255)}
    for joint, point, labelled, visible in zip(
        BODY16.joints, record.keypoints, record.labelled, record.visible, strict=True
    ):
        if labelled:
            colour = colours.get(joint.split("_")[0], (250, 210, 0))
            at = np.round(point).astype(int).tolist()
            cv2.circle(image, at, 3, colour, -1 if visible else 1)
    return image


def _sheet(args: argparse.Namespace) -> None:
    source = SyntheticSource(args.rows * args.columns, args.seed, _TILE)
    sheet = np.zeros((args.rows * _TILE, args.columns * _TILE, 3), np.uint8)
    for i in tqdm(range(len(source)), desc="rendering", unit="image"):
        image, record = source[i]
        image = image if args.bare else draw_keypoints(image, record)
        y, x = i // args.columns * _TILE, i % args.columns * _TILE
        sheet[y : y + image.shape[0], x : x + image.shape[1]] = image
    if not cv2.imwrite(str(args.out), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)):
        raise InputError(f"cannot write {args.out}; choose a writable .png or .jpg path")
    print(f"{len(source)} pictures in {args.out}")


def _bench(args: argparse.Namespace) -> None:
    # Textures are made on first use; the figure is for the long run.
    for _ in SyntheticSource(300, args.seed, 32):
        pass
    source = SyntheticSource(args.count, args.seed + 1, args.longer_side)
    wall, cpu = time.perf_counter(), time.process_time()
    for i in range(args.count):
        source[i]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    wall, cpu = 1000 * wall / args.count, 1000 * cpu / args.count
    print(f"{wall:.1f} ms an image ({cpu:.1f} ms of processor time)")


@command
def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m pushup.synthetic", description=__doc__)
    commands = parser.add_subparsers(required=True)
    clips = commands.add_parser("clips", help="videos with counts.csv and reps.csv")
    clips.add_argument("--out", type=Path, required=True)
    clips.add_argument("--count", type=int, default=3)
    clips.add_argument("--seed", type=int, default=7)
    clips.add_argument("--exercise", choices=[*EXERCISES, "empty", "mixed"], default="push_up")
    clips.add_argument("--duration", type=float, default=12.0, help="seconds")
    clips.add_argument("--fps", type=float, default=30.0)
    clips.set_defaults(run=_clips)
    sheet = commands.add_parser("sheet", help="one picture of many, with keypoints")
    sheet.add_argument("--out", type=Path, required=True)
    sheet.add_argument("--seed", type=int, default=0)
    sheet.add_argument("--rows", type=int, default=5)
    sheet.add_argument("--columns", type=int, default=6)
    sheet.add_argument("--bare", action="store_true", help="without keypoints")
    sheet.set_defaults(run=_sheet)
    bench = commands.add_parser("bench", help="milliseconds an image")
    bench.add_argument("--count", type=int, default=200)
    bench.add_argument("--seed", type=int, default=1)
    bench.add_argument("--longer-side", type=int, default=288)
    bench.set_defaults(run=_bench)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
