"""Compare the speed of training with that of a bare loop; or time a counter.

    python -m pushup speed model=blazepose
    python -m pushup speed counter

Takes the overrides of train. Both sides see the same batches, already in memory; runs alternate,
and the medians are printed. `counter [NAME]` prints the microseconds of a frame.
"""

from collections.abc import Sequence

from pushup.cli import command, composed
from pushup.commands import parser


def _counter(name: str) -> None:
    """Of five runs over a rendered set the fastest: what else the machine does only slows."""
    from pushup.counting.build import build_counter
    from pushup.evaluation.counting.runs import run_counter
    from pushup.synthetic.routines import Routine

    trace = Routine.sample(0, ("push_up",), 20.0).trace(30.0, classifier=True)
    seconds = min(run_counter(build_counter(name), trace).seconds for _ in range(5))
    print(f"counter {name}: {1e6 * seconds / len(trace.time_s):.0f} microseconds a frame")


def _training(overrides: Sequence[str]) -> None:
    from pushup.training.speed import measure

    speed = measure(composed("train", ["run=speed", *overrides]))
    print(f"bare loop  {speed.bare:7.1f} images/s")
    print(f"train      {speed.lightning:7.1f} images/s")
    print(f"median of the paired ratios {speed.ratio:.3f}")


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("speed", __doc__)
    top.add_argument("overrides", nargs="*", help="of conf/train.yaml; or: counter [NAME]")
    overrides = top.parse_args(arguments).overrides
    if overrides[:1] == ["counter"]:
        _counter(*(overrides[1:2] or ["default"]))
    else:
        _training(overrides)
