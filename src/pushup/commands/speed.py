"""Compare the speed of training with that of a bare loop.

Takes the overrides of train. Both sides see the same batches, already in memory; runs alternate,
and the medians are printed.
"""

from collections.abc import Sequence

from hydra import compose, initialize_config_dir

from pushup.cli import command
from pushup.commands import parser
from pushup.paths import CONF
from pushup.training.speed import measure


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("speed", __doc__)
    top.add_argument("overrides", nargs="*", help="of conf/train.yaml")
    overrides = top.parse_args(arguments).overrides
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("train", ["run=speed", *overrides])
    speed = measure(config)
    print(f"bare loop  {speed.bare:7.1f} images/s")
    print(f"train      {speed.lightning:7.1f} images/s")
    print(f"median of the paired ratios {speed.ratio:.3f}")
