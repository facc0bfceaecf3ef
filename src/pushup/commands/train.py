"""Train a model.

train model=mobilenet data=mpii data.root=DIR [experiment=NAME] [...]
"""

import importlib.util
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from pushup.cli import command, make_output_dir, run


@command
def train(config: DictConfig) -> float:
    """One run; returns the monitored metric."""
    from pushup.training import run as training

    # Processes that Lightning starts for further devices belong to the same run.
    os.environ["PUSHUP_RUN"] = config.run
    job = HydraConfig.get()
    sweep = job.mode == RunMode.MULTIRUN
    if sweep:
        config.output_dir = job.runtime.output_dir
    output_dir = make_output_dir(config.output_dir, config)
    metrics = training.train(config, output_dir)
    table = Path(job.sweep.dir) / "summary.csv" if sweep else None
    training.report(metrics, output_dir, job.overrides.task, table)
    return metrics.get(config.monitor.metric, math.nan)  # nan: there was no validation


def main(arguments: Sequence[str]) -> None:
    """Command line: Hydra's overrides of conf/train.yaml."""
    # Lightning starts the processes of further devices as whatever __main__ says that it is.
    sys.modules["__main__"].__spec__ = importlib.util.find_spec(__name__)
    run(train, "train", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
