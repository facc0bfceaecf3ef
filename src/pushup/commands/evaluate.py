"""Measure a model or a counter on a data set.

evaluate model=NAME data=mpii data.root=DIR split=NAME

What is measured is a choice of conf/mode: keypoints (the default), params, table, ...
"""

from collections.abc import Sequence

from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf, open_dict

from pushup.cli import build, command, keep_model_name, make_output_dir, run


def keep_evaluation(config: DictConfig) -> None:
    """Leave out what conf/model and conf/data say for training alone."""
    keep_model_name(config)
    with open_dict(config):
        for part in (config.get("data", {}), *config.get("models", {}).values()):
            for name in ("module", "task"):
                part.pop(name, None)


def evaluate(config: DictConfig) -> object:
    """Run the chosen mode with its output folder made; returns what it measured."""
    keep_evaluation(config)
    make_output_dir(config.output_dir, config)
    given = {}
    if "engine" in config.mode:  # the modes with clips build the rest in each worker
        OmegaConf.resolve(config.mode)
        with open_dict(config):
            given["engine"] = build(config.mode.pop("engine"))
    # partial, so that Hydra builds the arguments but does not wrap the errors of the call
    return instantiate(config.mode, _partial_=True, _convert_="all")(**given)


def main(arguments: Sequence[str]) -> None:
    """Command line: Hydra's overrides of conf/evaluate.yaml."""
    run(command(evaluate), "evaluate", arguments)
