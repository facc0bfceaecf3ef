"""Compare two keypoint networks by a paired bootstrap over scenes.

Both have been measured on the same images, each side in one file or several:

    D="data=mpii data.root=DIR split=val"
    python evaluate.py model=mobilenet $D output_dir=before
    python evaluate.py ckpt_path=FILE $D output_dir=after
    python -m pushup compare --before before/images.csv --after after/images.csv
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser
from pushup.evaluation.keypoints.compare import compare, markdown, read


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("compare", __doc__)
    for side in ("--before", "--after"):
        top.add_argument(side, nargs="+", type=Path, required=True, metavar="IMAGES.csv")
    options = top.parse_args(arguments)
    print(markdown(compare(read(options.before), read(options.after))))
