"""Fit the cycle classifier to traces with known repetitions, and say what it is worth.

Writes classifier.json, for src/pushup/counting/push_up_classifier.json, and report.md.
A set is ROOT,SPLIT[,TRACES[,WEIGHT]]: a folder with counts.csv and reps.csv, a split of it or
several (train+val), and where its traces lie if not in ROOT/traces.

    python -m pushup fit-counter --fit DIR,train --fit DIR,train,OWN_TRACES --check DIR,val
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.cli import InputError, command
from pushup.commands import at_least, parser


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    from pushup.evaluation.counting.fit import fit_counter
    from pushup.evaluation.counting.recordings import TraceSet

    def trace_set(text: str) -> tuple[TraceSet, float]:
        try:
            root, split, *rest = text.split(",")
            traces = Path(rest[0]) if rest and rest[0] else None
            return TraceSet(Path(root), split, traces), float(rest[1]) if len(rest) > 1 else 1.0
        except ValueError as error:
            raise InputError(f"{text}: give ROOT,SPLIT[,TRACES[,WEIGHT]]") from error

    top = parser("fit-counter", __doc__)
    top.add_argument("--fit", action="append", required=True, metavar="SET")
    top.add_argument("--check", action="append", default=[], metavar="SET")
    top.add_argument("--l2", type=float, default=1.0, help="ridge penalty")
    top.add_argument("--other-weight", type=float, default=1.0, help="price of a false count")
    top.add_argument("--folds", type=at_least(2), default=10, help="of the scenes")
    top.add_argument("--workers", type=at_least(1), default=1)
    top.add_argument("--output-dir", type=Path, default=Path("outputs/fit_counter"))
    options = top.parse_args(arguments)
    sets, weights = zip(*map(trace_set, options.fit), strict=True)
    checks = [one for one, _ in map(trace_set, options.check)]
    settings = options.l2, options.other_weight, options.folds, options.workers
    fit_counter(sets, weights, checks, options.output_dir, *settings)
