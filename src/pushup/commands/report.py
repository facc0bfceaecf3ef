"""Draw the history of workouts: repetitions a day, best set, tempo."""

from collections.abc import Sequence
from pathlib import Path

from pushup.app import history, log, report
from pushup.cli import InputError, command
from pushup.commands import parser


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("report", __doc__)
    top.add_argument("log", nargs="?", default="outputs/log.csv")
    top.add_argument("--out", default="history.png")
    options = top.parse_args(arguments)
    days = history.totals(log.read(Path(options.log)))
    if not days:
        raise InputError(f"{options.log} holds no workout yet: run infer.py source=0 window=true")
    report.draw(days, Path(options.out))
    latest = days[-1]
    print(
        f"{options.out}: {len(days)} days; {latest.first}: {latest.repetitions} repetitions, "
        f"best set {latest.best_set}, {latest.tempo_s:.1f} s each"
    )
