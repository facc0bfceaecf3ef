"""Count the down-and-up cycles of a signal in a CSV file.

Of a distance sensor, say. The file has a time in seconds and a value in its first two columns; a
header is passed over.
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser
from pushup.counting.signal_counter import count_signal, read_signal


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("signal", __doc__)
    top.add_argument("file", type=Path, help="time in seconds and value, one pair a row")
    top.add_argument("--min-depth", type=float, help="least fall; a third of the range if left out")
    top.add_argument("--upward", action="store_true", help="a larger value means a lower body")
    options = top.parse_args(arguments)
    times_s, values = read_signal(options.file)
    reps = count_signal(times_s, -values if options.upward else values, options.min_depth)
    for number, rep in enumerate(reps, 1):
        print(f"{number}  from {rep.start_s:.2f} s  low at {rep.bottom_s:.2f} s  {rep.depth:.3g}")
    print(f"{len(reps)} repetitions")
