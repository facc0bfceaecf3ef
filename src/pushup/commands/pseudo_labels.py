"""Make training labels of the votes of MediaPipe Pose, where these agree.

VOTES comes from the command mediapipe-votes. With LABELS, in the community's layout, only pictures
that they name are taken, and of these the ones in which the votes see the labelled person. OUT
becomes a folder in that layout with the split train, to learn from beside other data:
`+data/extra=labelled data.extra_train.root=OUT +data.source_weights.SOURCE=2`.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pushup.cli import InputError, command
from pushup.commands import parser
from pushup.data import pseudo_labels


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("pseudo-labels", __doc__)
    top.add_argument("out", type=Path, help="new folder")
    metavar = ("SOURCE VOTES PICTURES", "LABELS")
    top.add_argument("--of", nargs="+", action="append", required=True, metavar=metavar)
    options = top.parse_args(arguments)
    if any(len(part) not in (3, 4) for part in options.of):
        raise InputError("--of takes SOURCE VOTES PICTURES, and LABELS where there are any")
    found = pseudo_labels.write(options.out, options.of)
    joints = np.mean([p.labelled.sum() for p in found])
    print(f"{options.out}: {len(found)} people with {joints:.1f} joints each")
