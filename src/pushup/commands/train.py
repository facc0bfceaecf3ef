"""Train a model.

train model=mobilenet data=mpii data.root=DIR [experiment=NAME] [...]
"""

import importlib.util
import math
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from pushup.cli import InputError, command, run


def train(config: DictConfig) -> float:
    """One run; returns the monitored metric, nan if there was no validation."""
    job = HydraConfig.get()
    overrides = list(job.overrides.task)
    named = "PUSHUP_RUN" in os.environ or any(o.startswith("run=") for o in overrides)
    if config.trainer.get("num_nodes", 1) > 1 and not named:
        raise InputError("the nodes of a run need its name: give run=NAME, the same on each")
    # Processes that Lightning starts for further devices belong to the same run.
    os.environ["PUSHUP_RUN"] = config.run
    if job.mode == RunMode.MULTIRUN:
        config.output_dir = job.runtime.output_dir
        return job_of_sweep(config, overrides, Path(job.sweep.dir) / "summary.csv")
    return single_run(config, overrides)


@command
def single_run(config: DictConfig, overrides: Sequence[str]) -> float:
    """A run of its own; stopped by Ctrl-C, it says how to go on."""
    from pushup.training.run import train
    from pushup.training.summary import print_metrics

    output_dir = Path(config.output_dir)
    try:
        metrics = train(config, output_dir, overrides)
    except KeyboardInterrupt:
        if (output_dir / "checkpoints" / "last.ckpt").exists():
            kept = [o for o in overrides if o.partition("=")[0] not in ("run", "resume")]
            words = ["python", "train.py", *kept, f"run={config.run}", "resume=true"]
            print(f"go on with: {shlex.join(words)}", file=sys.stderr)
        raise
    print_metrics(output_dir, metrics)
    return metrics.get(config.monitor.metric, math.nan)


def job_of_sweep(config: DictConfig, overrides: Sequence[str], table: Path) -> float:
    """One job of a sweep; it leaves a row in the table, also if it fails."""
    from pushup.training.preemption import is_managed
    from pushup.training.run import train
    from pushup.training.summary import append_row, print_metrics, reason, row_of

    output_dir = Path(config.output_dir)
    if is_managed():
        config.resume = "auto"
    try:
        metrics = train(config, output_dir, overrides)
    except Exception as error:
        append_row(table, row_of(output_dir.name, overrides, {}, reason(error)))
        raise  # Hydra runs the other jobs, and raises at the end
    append_row(table, row_of(output_dir.name, overrides, metrics))
    print_metrics(output_dir, metrics)
    return metrics.get(config.monitor.metric, math.nan)


def main(arguments: Sequence[str]) -> None:
    """Command line: Hydra's overrides of conf/train.yaml."""
    # Lightning starts the processes of further devices as whatever __main__ says that it is.
    sys.modules["__main__"].__spec__ = importlib.util.find_spec(__name__)
    run(train, "train", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
