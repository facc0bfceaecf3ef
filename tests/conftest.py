import pushup  # isort: skip  # first: it lets torchvision import beside a CPU-only torch

import os
import tempfile
from pathlib import Path

import matplotlib
import pytest
import torch

assert pushup.__file__
REPOSITORY = Path(__file__).parents[1]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

matplotlib.use("Agg")
os.environ.setdefault("WANDB_MODE", "offline")
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="pushup-tests-")  # exports of this run alone
torch.set_num_threads(1)  # the nets here are small: a second thread waits more than it works


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=3, help="kill -9 of a run, in tests of that")
    parser.addoption("--clips", type=int, default=27, help="videos, in tests of the engines")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("realdata") and not SHARED_DATA.is_dir():
        pytest.skip("the shared real data set is not beside this checkout")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often a test kills what it runs."""
    return request.config.getoption("--kills")


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of this checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared real data; the test is skipped, saying so, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared real data set is not beside this checkout")
    return SHARED_DATA
