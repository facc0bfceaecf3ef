"""Ray Data: actors that make the function once, on this machine or a cluster."""

import os
import pickle
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pushup.cli import extra
from pushup.engines import TRIES, WorkerDiedError, attempt

T = TypeVar("T")
R = TypeVar("R")


class RayEngine:
    """See `pushup.engines.Engine`. Where a worker is killed Ray starts another.

    Args:
        workers: Actors.
        shard: Most items of a task; its results come together.
        cpus: Cores of an actor.
        address: Of a cluster ("auto" inside of one); None: this machine.
        object_store_mb: Memory of this machine's object store: only paths and rows pass through.
    """

    outlives = False

    def __init__(
        self,
        workers: int = 2,
        shard: int = 16,
        cpus: int = 1,
        address: str | None = None,
        object_store_mb: int = 200,
    ) -> None:
        self._ray = extra("ray", "ray")
        extra("ray.data", "ray")
        self._workers, self._shard, self._address = workers, shard, address
        self.threads, self._object_store_mb = cpus, object_store_mb

    def map(
        self, make: Callable[[], Callable[[T], R]], items: Mapping[str, T]
    ) -> Iterator[tuple[str, R | Exception]]:
        """See `pushup.engines.Engine.map`."""
        self._start()
        size = max(1, min(self._shard, len(items) // (4 * self._workers)))
        left, deaths = dict(items), Counter()
        try:
            while left:
                for name, outcome in self._once(make, left, size):
                    del left[name]
                    yield name, outcome
                size = 1  # what is left had dead workers: one of a task may have killed them
                for name in list(left):
                    deaths[name] += 1
                    if deaths[name] == TRIES:
                        del left[name]
                        yield name, WorkerDiedError()
        finally:
            self._ray.shutdown()

    def _start(self) -> None:
        local: dict[str, Any] = {
            "num_cpus": self._workers * self.threads + 1,
            "object_store_memory": self._object_store_mb * 2**20,
            "include_dashboard": False,
        }
        path = os.pathsep.join(p for p in sys.path if p)
        self._ray.init(
            address=self._address,
            log_to_driver=False,
            logging_level="error",
            runtime_env={} if self._address else {"env_vars": {"PYTHONPATH": path}},
            **({} if self._address else local),
        )

    def _once(self, make: Callable, items: dict[str, Any], size: int) -> Iterator[tuple[str, Any]]:
        data = self._ray.data
        context = data.DataContext.get_current()
        context.enable_progress_bars = False
        context.max_errored_blocks = -1  # of a worker that was killed again and again
        rows = [{"name": name, "item": pickle.dumps(item)} for name, item in items.items()]
        found = data.from_items(rows, override_num_blocks=-(-len(rows) // size)).map(
            _Actor,
            fn_constructor_args=(pickle.dumps(make),),
            compute=data.ActorPoolStrategy(size=min(self._workers, len(rows))),
            num_cpus=self.threads,
            max_task_retries=TRIES - 1,
        )
        for row in found.iter_rows():
            yield row["name"], pickle.loads(row["outcome"])


class _Actor:
    """Holds the function."""

    def __init__(self, make: bytes) -> None:
        self._function = pickle.loads(make)()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        outcome = attempt(self._function, pickle.loads(row["item"]))
        return {"name": row["name"], "outcome": pickle.dumps(outcome)}
