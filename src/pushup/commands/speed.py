"""Compare the speed of training with that of a bare loop; or time a counter, or people=all.

    python -m pushup speed model=blazepose
    python -m pushup speed counter
    python -m pushup speed people

Takes the overrides of train. Both sides see the same batches, already in memory; runs alternate,
and the medians are printed. `counter [NAME]` prints the microseconds of a frame, `people` the
milliseconds of a processor for a frame with one, two and three rendered people.
"""

from collections.abc import Sequence
from typing import Any

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


def _people() -> None:
    """Four seconds of one to three people beside each other."""
    import time
    from functools import partial

    import numpy as np
    from omegaconf import OmegaConf

    from pushup.evaluation.counting.people import count_everybody
    from pushup.evaluation.counting.runs import Setup
    from pushup.synthetic import render_clip

    config = composed("evaluate", ["mode=people"])
    read: Any = partial(OmegaConf.to_container, resolve=True)
    setup = Setup({}, read(config.tracker), model="mobilenet", classifier="shipped")
    count = partial(count_everybody, setup=setup, counter=read(config.counter), fps=15.0)
    clips = [render_clip(seed, "push_up", 4.0, 15.0, view="side").frames_rgb for seed in range(3)]
    for number in (1, 2, 3):
        images = [
            np.ascontiguousarray(np.hstack(shown)[..., ::-1])
            for shown in zip(*clips[:number], strict=True)
        ]
        count(images[:2])  # networks settle
        started_s = time.process_time()
        found = len(count(images))
        ms = 1e3 * (time.process_time() - started_s) / len(images)
        print(f"{number} shown, {found} found: {ms:.0f} ms a frame")


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
    top.add_argument(
        "overrides", nargs="*", help="of conf/train.yaml; or: counter [NAME], or: people"
    )
    overrides = top.parse_args(arguments).overrides
    if overrides[:1] == ["counter"]:
        _counter(*(overrides[1:2] or ["default"]))
    elif overrides == ["people"]:
        _people()
    else:
        _training(overrides)
