"""Engines: nothing is lost, nothing twice, whatever happens to a worker."""

import os
from functools import partial
from pathlib import Path

import pytest

from pushup.cli import InputError
from pushup.engines import WorkerDiedError, calling
from pushup.engines.process import ProcessEngine
from support.engine_work import ENGINES, TESTS, Work, engine, refuse


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    path = os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))
    monkeypatch.setenv("PYTHONPATH", path)  # for jobs, which inherit nothing else


@pytest.mark.parametrize("name", ENGINES)
def test_every_item_has_one_outcome_also_where_workers_are_killed(tmp_path: Path, name: str):
    items = {str(k): f"give {k}" for k in range(20)}
    items |= {"bad": "raise it", "7": "once 7", "dead": "die always"}
    found = list(engine(name, tmp_path).map(partial(Work, tmp_path), items))
    outcomes = dict(found)
    assert len(found) == len(outcomes) == len(items)
    error, dead = outcomes.pop("bad"), outcomes.pop("dead")
    assert isinstance(error, InputError)
    assert str(error) == "it is bad"
    assert isinstance(dead, WorkerDiedError)
    assert outcomes == {str(k): str(k) for k in range(20)}
    workers = len(list(tmp_path.glob("made-*")))
    assert 2 <= workers <= 9  # once for each, not for each item


@pytest.mark.parametrize("name", ENGINES)
def test_what_no_worker_can_be_made_for_is_raised(tmp_path: Path, name: str):
    with pytest.raises(Exception, match="no such network"):
        list(engine(name, tmp_path).map(refuse, {"a": 1, "b": 2}))


def test_one_worker_is_this_process():
    engine = ProcessEngine(1)
    outcomes = dict(engine.map(calling, {"a": os.getpid, "b": partial(int, "x")}))
    assert outcomes["a"] == os.getpid()
    assert isinstance(outcomes["b"], ValueError)
    assert list(engine.map(calling, {})) == []
