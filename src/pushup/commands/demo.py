"""Count the push-ups of freshly rendered clips, and leave annotated videos."""

import time
from collections.abc import Sequence
from pathlib import Path

from pushup import demo
from pushup.cli import command
from pushup.commands import at_least, parser


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("demo", __doc__)
    top.add_argument("--seed", type=int, help="of the first clip (default: the clock)")
    top.add_argument("--clips", type=at_least(1), default=3)
    top.add_argument("--model", default="mobilenet", help="with weights in data/weights")
    top.add_argument("--output-dir", type=Path, help="default: outputs/demo/SEED")
    options = top.parse_args(arguments)
    seed = int(time.time()) if options.seed is None else options.seed
    output_dir = options.output_dir or Path("outputs", "demo", str(seed))
    demo.run(seed, options.clips, options.model, output_dir)
