"""Measure a model or a counter: `python evaluate.py model=NAME data=mpii data.root=DIR split=NAME`.

What is measured is a choice of conf/mode: keypoints (the default), params, table, ...
"""

import hydra
from hydra.utils import instantiate
from omegaconf import DictConfig

from pushup.cli import command, make_output_dir, run


def evaluate(config: DictConfig) -> object:
    """Run the chosen mode with its output folder made; returns what it measured."""
    make_output_dir(config.output_dir, config)
    # partial, so that Hydra builds the arguments but does not wrap the errors of the call
    return instantiate(config.mode, _partial_=True, _convert_="all")()


@hydra.main(config_path="conf", config_name="evaluate", version_base="1.3")
def main(config: DictConfig) -> None:
    """Hydra entry."""
    command(evaluate)(config)


if __name__ == "__main__":
    run(main)
