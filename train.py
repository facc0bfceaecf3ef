"""Train a model: `python train.py model=mobilenet data=mpii data.root=DIR`; `--help` lists all."""

from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from pushup.cli import command, make_output_dir


def train(config: DictConfig) -> float:
    """One run; returns the monitored metric."""
    from pushup.training import run

    job = HydraConfig.get()
    sweep = job.mode == RunMode.MULTIRUN
    output_dir = make_output_dir(config.output_dir, config)
    metrics = run.train(config, output_dir)
    figures = {name: f"{value:.6g}" for name, value in sorted(metrics.items())}
    if sweep:
        row = {"run": output_dir.name, "overrides": " ".join(job.overrides.task), **figures}
        run.append_summary(Path(job.sweep.dir) / "summary.csv", row)
    print(f"{output_dir}: " + ", ".join(f"{k} {v}" for k, v in figures.items()))
    return run.monitored(metrics, config.monitor.metric)


@hydra.main(config_path="conf", config_name="train", version_base="1.3")
@command
def main(config: DictConfig) -> float:
    """One run; returns the monitored metric."""
    from pushup.training import run

    job = HydraConfig.get()
    sweep = job.mode == RunMode.MULTIRUN
    if sweep:
        config.output_dir = job.runtime.output_dir
    output_dir = make_output_dir(config.output_dir, config)
    metrics = run.train(config, output_dir)
    figures = {name: f"{value:.6g}" for name, value in sorted(metrics.items())}
    if sweep:
        row = {"run": output_dir.name, "overrides": " ".join(job.overrides.task), **figures}
        run.append_summary(Path(job.sweep.dir) / "summary.csv", row)
    print(f"{output_dir}: " + ", ".join(f"{k} {v}" for k, v in figures.items()))
    return run.monitored(metrics, config.monitor.metric)


if __name__ == "__main__":
    main()
