"""Export, average, calibrate and show files of weights.

python -m pushup.models.weights export CHECKPOINT OUT.safetensors [--metrics results.json]
python -m pushup.models.weights average OUT.safetensors FILE FILE ...
python -m pushup.models.weights temperature OUT.safetensors CLASSIFIER TEMPERATURE
python -m pushup.models.weights calibrate OUT.safetensors KEYPOINTS SCALE SHIFT
python -m pushup.models.weights show FILE
"""

import argparse
import json
from pathlib import Path

from pushup.cli import command
from pushup.models import weights


@command
def main(argv: list[str] | None = None) -> None:
    """Command line: see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m pushup.models.weights")
    commands = parser.add_subparsers(dest="command", required=True)
    exporting = commands.add_parser("export", help="checkpoint to fp16 safetensors")
    exporting.add_argument("checkpoint")
    exporting.add_argument("out")
    exporting.add_argument("--metrics", help="results.json of evaluate.py to carry along")
    exporting.add_argument("--head-metrics", help="the like of its classification head")
    averaging = commands.add_parser("average", help="mean of several trainings of one model")
    averaging.add_argument("out")
    averaging.add_argument("files", nargs="+")
    scaling = commands.add_parser("temperature", help="temperature scaling of a classifier")
    scaling.add_argument("out")
    scaling.add_argument("file")
    scaling.add_argument("temperature", type=float)
    calibrating = commands.add_parser("calibrate", help="Platt scaling of keypoint scores")
    calibrating.add_argument("out")
    calibrating.add_argument("file")
    calibrating.add_argument("scale", type=float)
    calibrating.add_argument("shift", type=float)
    showing = commands.add_parser("show", help="print what a file says of itself")
    showing.add_argument("checkpoint")
    arguments = parser.parse_args(argv)
    if arguments.command == "export":
        measured = arguments.metrics, arguments.head_metrics
        weights.export(arguments.checkpoint, arguments.out, *measured)
        print(f"{arguments.out}: {Path(arguments.out).stat().st_size / 1e6:.1f} MB")
    elif arguments.command == "average":
        weights.average(arguments.files, arguments.out)
    elif arguments.command == "temperature":
        weights.temperature_scaling(arguments.file, arguments.temperature, arguments.out)
    elif arguments.command == "calibrate":
        weights.platt_scaling(arguments.file, arguments.scale, arguments.shift, arguments.out)
    else:
        path = weights.locate(arguments.checkpoint)
        print(json.dumps(weights.read(path)[0], indent=2))


if __name__ == "__main__":
    main()
