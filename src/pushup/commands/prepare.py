"""Turn a download or an export into a data folder."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser
from pushup.data.prepare import prepare_mpii
from pushup.data.prepare_coco import prepare_coco

FILE, FOLDER = {"type": Path, "metavar": "FILE"}, {"type": Path, "metavar": "DIR"}


def _mpii(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--mat", help="mpii_human_pose_v1_u12_1.mat", **FILE)
    sub.add_argument("--images", required=True, help="folder of MPII's images", **FOLDER)
    sub.add_argument("--out", required=True, help="new folder to write", **FOLDER)
    lists = sub.add_mutually_exclusive_group()
    lists.add_argument(
        "--validation-list", help="Tompson's detections.mat, or lines 'image person'", **FILE
    )
    lists.add_argument("--community", help="folder with train.json and valid.json", **FOLDER)
    sub.add_argument("--variant", choices=("people", "authors"), default="people")
    sub.add_argument(
        "--shrink", type=int, default=640, metavar="PIXELS", help="longer side at most; 0: as it is"
    )
    sub.add_argument("--seed", type=int, default=0, metavar="N", help="of a random split")
    sub.add_argument("--allow-partial", action="store_true", help="go on with part of the data")


def _coco(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--root", required=True, help="folder of the export", **FOLDER)
    sub.add_argument("--out", required=True, help="new folder to write", **FOLDER)
    sub.add_argument("--split", default="0.8,0.1,0.1", help="shares of train, val and test")
    sub.add_argument("--annotation", default="default", help="split that the export holds")
    sub.add_argument("--group", metavar="REGEX", help="what names the scene in an image's name")
    sub.add_argument("--seed", type=int, default=0, metavar="N", help="of the draw")


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("prepare", __doc__)
    kinds = top.add_subparsers(dest="kind", required=True)
    _mpii(kinds.add_parser("mpii", help="MPII Human Pose, which you downloaded yourself"))
    _coco(kinds.add_parser("coco", help="a COCO export of CVAT or Label Studio, into splits"))
    options = vars(top.parse_args(arguments))
    kind = options.pop("kind")
    counts = prepare_mpii(**options) if kind == "mpii" else prepare_coco(**options)
    shown = ", ".join(f"{split} {n:,}" for split, n in counts.items())
    print(f"{options['out']}: {shown} {'people' if kind == 'mpii' else 'images'}")
