"""Export, average, calibrate and show files of weights."""

import json
from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser
from pushup.models import weights
from pushup.specs import locate


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("weights", __doc__)
    commands = top.add_subparsers(dest="command", required=True)
    export = commands.add_parser("export", help="checkpoint to fp16 safetensors")
    export.add_argument("checkpoint")
    export.add_argument("out")
    export.add_argument("--metrics", help="results.json of evaluate to carry along")
    export.add_argument("--head-metrics", help="the like of its classification head")
    average = commands.add_parser("average", help="mean of several trainings of one model")
    average.add_argument("out")
    average.add_argument("files", nargs="+", help="one that is named twice weighs twice")
    average.add_argument("--input-size", type=int, help="of the mean, in pixels: files may differ")
    temperature = commands.add_parser(
        "temperature", help="temperature scaling of a push-up classifier"
    )
    temperature.add_argument("out")
    temperature.add_argument("file")
    temperature.add_argument("temperature", type=float)
    calibrate = commands.add_parser("calibrate", help="Platt scaling of the scores of keypoints")
    calibrate.add_argument("out")
    calibrate.add_argument("file")
    calibrate.add_argument("scale", type=float)
    calibrate.add_argument("shift", type=float)
    show = commands.add_parser("show", help="print what a file says of itself")
    show.add_argument("checkpoint")
    options = top.parse_args(arguments)
    if options.command == "export":
        weights.export(options.checkpoint, options.out, options.metrics, options.head_metrics)
        print(f"{options.out}: {Path(options.out).stat().st_size / 1e6:.1f} MB")
    elif options.command == "average":
        weights.average(options.files, options.out, options.input_size)
    elif options.command == "temperature":
        weights.temperature_scaling(options.file, options.temperature, options.out)
    elif options.command == "calibrate":
        weights.platt_scaling(options.file, options.scale, options.shift, options.out)
    else:
        path = locate(options.checkpoint)
        print(json.dumps(weights.read(path)[0], indent=2))
