"""Render people: clips, contact sheets, keypoint traces, classifier pictures."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from pushup.cli import InputError, command
from pushup.commands import at_least, parser
from pushup.synthetic import (
    EXERCISES,
    non_push_ups,
    placements,
    recognition_set,
    sheet,
    speed,
    trace_files,
    write_clips,
)
from pushup.synthetic.manners import MANNERS
from pushup.synthetic.viewpoints import VIEWPOINTS


def _clips(options: argparse.Namespace) -> None:
    seeds = tqdm(range(options.seed, options.seed + options.count), desc="rendering", unit="clip")
    paths = write_clips(
        options.out,
        seeds,
        exercise=options.exercise,
        counted=options.exercise if options.exercise in EXERCISES else "push_up",
        duration_s=options.duration,
        fps=options.fps,
        size_wh=(options.longer_side, round(0.75 * options.longer_side)),
    )
    print(f"{len(paths)} clips, counts.csv and reps.csv in {options.out}")


def _sheet(options: argparse.Namespace) -> None:
    sheet.write(options.out, options.seed, options.rows, options.columns, options.bare)
    print(f"{options.rows * options.columns} pictures in {options.out}")


def _placements(options: argparse.Namespace) -> None:
    rows = []
    index = options.index
    if options.others:
        for i, kind in enumerate(non_push_ups.KINDS):
            other = non_push_ups.sample("choose", index + i, kind=kind)
            rows.append((f"{kind}, {other.view}", other.routine))
    else:
        views = [options.view] * len(MANNERS) if options.view else list(VIEWPOINTS)
        for i, view in enumerate(views):
            clip = placements.sample("choose", index + i, view, list(MANNERS)[i % len(MANNERS)])
            label = f"{clip.view}, {clip.manner}, {clip.start} to {clip.end}"
            rows.append((f"{label}: {len(clip.repetitions)}", clip.routine))
    sheet.write_clips(options.out, tqdm(rows, desc="rendering", unit="clip"), options.columns)
    print(f"{len(rows)} clips in {options.out}")


def _recognition_set(options: argparse.Namespace) -> None:
    recognition_set.write(options.out, options.count, options.seed, options.planks)
    print(f"{options.count} pictures and train.csv in {options.out}")


def _traces(options: argparse.Namespace) -> None:
    if options.push_ups + options.others == 0:
        raise InputError("no traces to write: give --push-ups or --others a number above 0")
    trace_files.write_traces(
        options.out,
        options.split,
        options.push_ups,
        options.others,
        options.fps,
        options.first,
        options.classifier,
    )
    print(f"{options.push_ups + options.others} traces, counts.csv and reps.csv in {options.out}")


def _speed(options: argparse.Namespace) -> None:
    wall_ms, processor_ms = speed.ms_an_image(options.count, options.seed, options.longer_side)
    print(f"{wall_ms:.1f} ms an image ({processor_ms:.1f} ms of processor time)")


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("synthetic", __doc__)
    commands = top.add_subparsers(required=True)
    clips = commands.add_parser("clips", help="videos with counts.csv and reps.csv")
    clips.add_argument("--out", type=Path, required=True)
    clips.add_argument("--count", type=at_least(1), default=3)
    clips.add_argument("--seed", type=at_least(0), default=7)
    clips.add_argument("--exercise", choices=[*EXERCISES, "empty", "mixed"], default="push_up")
    clips.add_argument("--duration", type=at_least(0.5, float), default=12.0, help="seconds")
    clips.add_argument("--fps", type=at_least(1, float), default=30.0)
    clips.add_argument("--longer-side", type=at_least(32), default=320, help="pixels, 4:3")
    clips.set_defaults(run=_clips)
    page = commands.add_parser("sheet", help="one picture of many, with keypoints")
    page.add_argument("--out", type=Path, required=True)
    page.add_argument("--seed", type=at_least(0), default=0)
    page.add_argument("--rows", type=at_least(1), default=5)
    page.add_argument("--columns", type=at_least(1), default=6)
    page.add_argument("--bare", action="store_true", help="without keypoints")
    page.set_defaults(run=_sheet)
    places = commands.add_parser("placements", help="frames of the placement benchmark's clips")
    places.add_argument("--out", type=Path, required=True)
    places.add_argument("--view", choices=list(VIEWPOINTS), help="all manners from this view")
    places.add_argument("--others", action="store_true", help="every kind of no push-up instead")
    places.add_argument("--index", type=at_least(0), default=0, help="of the first clip")
    places.add_argument("--columns", type=at_least(1), default=8, help="frames of each")
    places.set_defaults(run=_placements)
    recognition = commands.add_parser("recognition-set", help="pictures for the classifier")
    recognition.add_argument("out", type=Path)
    recognition.add_argument("--count", type=at_least(1), default=4000)
    recognition.add_argument("--seed", type=at_least(0), default=0)
    recognition.add_argument(
        "--planks", type=at_least(0, float), default=6.0, help="against most other motions"
    )
    recognition.set_defaults(run=_recognition_set)
    traces = commands.add_parser("traces", help="simulated keypoints that counters learn from")
    traces.add_argument("out", type=Path)
    traces.add_argument("--split", choices=["fit", "choose", "report"], default="fit")
    traces.add_argument("--push-ups", type=at_least(0), default=2000)
    traces.add_argument("--others", type=at_least(0), default=800)
    traces.add_argument("--fps", type=at_least(1, float), default=15.0)
    traces.add_argument("--first", type=at_least(0), default=0, help="index of the first clip")
    traces.add_argument("--classifier", action="store_true", help="its scores, too")
    traces.set_defaults(run=_traces)
    bench = commands.add_parser("speed", help="milliseconds an image")
    bench.add_argument("--count", type=at_least(1), default=200)
    bench.add_argument("--seed", type=at_least(0), default=1)
    bench.add_argument("--longer-side", type=at_least(1), default=288)
    bench.set_defaults(run=_speed)
    options = top.parse_args(arguments)
    options.run(options)
