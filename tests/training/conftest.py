from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from pushup.training import run
from support.dots import TINY, Dots


@pytest.fixture
def configured(tmp_path, repository):
    """Composes conf/train.yaml as the command line would, on the dots."""

    def build(*overrides, name="run"):
        with initialize_config_dir(str(repository / "conf"), version_base="1.3"):
            settings = [*TINY, f"run={name}", f"output_dir={tmp_path}/{name}", *overrides]
            config = compose("train", settings)
        return config, Path(config.output_dir)

    return build


@pytest.fixture(autouse=True)
def _dots(monkeypatch):
    import pushup.synthetic as synthetic

    monkeypatch.setattr(synthetic, "open_split", lambda split, length, seed: Dots(length))


@pytest.fixture
def trained(configured):
    """Trains as the command line would; gives the metrics and the folder."""

    def train(*overrides, name="run"):
        config, folder = configured(*overrides, name=name)
        return run.train(config, folder, overrides), folder

    return train
