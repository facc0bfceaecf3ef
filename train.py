"""Train a model: `python train.py model=mobilenet data=mpii data.root=DIR`; `--help` lists all."""

import math
import os
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from pushup.cli import command, make_output_dir, run


@hydra.main(config_path="conf", config_name="train", version_base="1.3")
@command
def main(config: DictConfig) -> float:
    """One run; returns the monitored metric."""
    from pushup.training.run import report, train

    # Processes that Lightning starts for further devices belong to the same run.
    os.environ["PUSHUP_RUN"] = config.run
    job = HydraConfig.get()
    sweep = job.mode == RunMode.MULTIRUN
    if sweep:
        config.output_dir = job.runtime.output_dir
    output_dir = make_output_dir(config.output_dir, config)
    metrics = train(config, output_dir)
    table = Path(job.sweep.dir) / "summary.csv" if sweep else None
    report(metrics, output_dir, job.overrides.task, table)
    return metrics.get(config.monitor.metric, math.nan)  # nan: there was no validation


if __name__ == "__main__":
    run(main)
