"""Turn a download into a data folder."""

from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser
from pushup.data.prepare import prepare_mpii


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("prepare", __doc__)
    commands = top.add_subparsers(required=True)
    sub = commands.add_parser("mpii", help="MPII Human Pose, which you downloaded yourself")
    file, folder = {"type": Path, "metavar": "FILE"}, {"type": Path, "metavar": "DIR"}
    sub.add_argument("--mat", help="mpii_human_pose_v1_u12_1.mat", **file)
    sub.add_argument("--images", required=True, help="folder of MPII's images", **folder)
    sub.add_argument("--out", required=True, help="new folder to write", **folder)
    lists = sub.add_mutually_exclusive_group()
    lists.add_argument(
        "--validation-list", help="Tompson's detections.mat, or lines 'image person'", **file
    )
    lists.add_argument("--community", help="folder with train.json and valid.json", **folder)
    sub.add_argument("--variant", choices=("people", "authors"), default="people")
    sub.add_argument(
        "--shrink", type=int, default=640, metavar="PIXELS", help="longer side at most; 0: as it is"
    )
    sub.add_argument("--seed", type=int, default=0, metavar="N", help="of a random split")
    sub.add_argument("--allow-partial", action="store_true", help="go on with part of the data")
    options = vars(top.parse_args(arguments))
    counts = prepare_mpii(**options)
    shown = ", ".join(f"{split} {n:,}" for split, n in counts.items())
    print(f"{options['out']}: {shown} people")
