"""SLURM through submitit, or its jobs as processes of this machine: the same code path."""

import pickle
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pushup.cli import extra
from pushup.engines import TRIES, WorkerDiedError, attempt, portable
from pushup.files import write_text

T = TypeVar("T")
R = TypeVar("R")

_RUN = "current_run"
_ARRAY = 1000
"""Most jobs of an array; SLURM's default limit is 1001."""


class SubmititEngine:
    """Jobs of many items each, as a job costs about a second; see `pushup.engines.Engine`.

    Jobs that are pre-empted or run out of time are queued again by submitit and go on after their
    last item. Those of a run that was killed end by themselves when another begins in its folder.

    Args:
        folder: Of scripts, logs and results; all machines share it.
        workers: Jobs at a time.
        shard: Most items of a job.
        cluster: "slurm" or "local"; None: SLURM where it is installed.
        cpus: Cores of a job.
        timeout_min: Time of a job.
        parameters: More for `submitit.AutoExecutor.update_parameters`: `slurm_partition`, ...
        poll_s: How often results are looked for.
    """

    outlives = True

    def __init__(
        self,
        folder: str | Path,
        workers: int = 2,
        shard: int = 300,
        cluster: str | None = None,
        cpus: int = 1,
        timeout_min: int = 240,
        parameters: Mapping[str, Any] | None = None,
        poll_s: float = 0.5,
    ) -> None:
        extra("submitit", "submitit")
        self._folder, self._workers, self._shard = Path(folder).absolute(), workers, shard
        self._poll_s, self.threads = poll_s, cpus
        self._cluster, self._parameters = cluster, dict(parameters or {})
        self._parameters |= {"timeout_min": timeout_min, "cpus_per_task": cpus}

    def map(
        self, make: Callable[[], Callable[[T], R]], items: Mapping[str, T]
    ) -> Iterator[tuple[str, R | Exception]]:
        """See `pushup.engines.Engine.map`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        jobs = _Jobs(self._submit, self._folder, make, items)
        size = max(1, min(self._shard, -(-len(items) // self._workers)))
        names = list(items)
        jobs.waiting += [names[i : i + size] for i in range(0, len(names), size)]
        try:
            while jobs.waiting or jobs.running:
                jobs.start(_ARRAY if self._executor.cluster == "slurm" else self._workers)
                found = list(jobs.results())
                yield from found
                if not found:
                    time.sleep(self._poll_s)
        finally:
            jobs.end()

    @cached_property
    def _executor(self) -> Any:
        """Writes into the folder, so only once there is work."""
        submitit = extra("submitit", "submitit")
        executor = submitit.AutoExecutor(self._folder / "%j", cluster=self._cluster)
        limits = {"slurm_array_parallelism": self._workers}
        executor.update_parameters(
            **self._parameters, **(limits if executor.cluster == "slurm" else {})
        )
        return executor

    def _submit(self, shards: list["_Shard"]) -> list[Any]:
        with self._executor.batch():
            return [self._executor.submit(shard) for shard in shards]


class _Jobs:
    """The jobs of a run."""

    def __init__(
        self, submit: Callable, folder: Path, make: Callable, items: Mapping[str, Any]
    ) -> None:
        self._submit, self._folder, self._make, self._items = submit, folder, make, items
        self.waiting: deque[list[str]] = deque()
        self.running: list[tuple[Any, _Shard, _Tail]] = []
        self._deaths: Counter[str] = Counter()
        self._run, self._number = secrets.token_hex(4), 0
        write_text(folder / _RUN, self._run)

    def start(self, most: int) -> None:
        """Submit what waits, as far as there is room."""
        shards = []
        while self.waiting and len(self.running) + len(shards) < most:
            part = {name: self._items[name] for name in self.waiting.popleft()}
            out = self._folder / f"{self._run}_{self._number}.results"
            shards.append(_Shard(self._make, part, out, self._run))
            self._number += 1
        if shards:
            found = zip(self._submit(shards), shards, strict=True)
            self.running += [(job, shard, _Tail(shard.out)) for job, shard in found]

    def results(self) -> Iterator[tuple[str, Any]]:
        """What has come; what is left of a job that has ended waits again."""
        for entry in list(self.running):
            job, shard, tail = entry
            ended = job.done()  # asked before reading: then nothing comes after
            for name, outcome in tail.new():
                if name is None:
                    raise outcome
                del shard.items[name]
                yield name, outcome
            if ended:
                self.running.remove(entry)
                shard.out.unlink(missing_ok=True)
                yield from self._again(list(shard.items))

    def _again(self, left: list[str]) -> Iterator[tuple[str, Any]]:
        """What a job has left: it had the first in hand."""
        if left:
            self._deaths[left[0]] += 1
            if self._deaths[left[0]] == TRIES:
                yield left.pop(0), WorkerDiedError()
        if left:
            self.waiting.append(left)

    def end(self) -> None:
        """Cancel what runs."""
        (self._folder / _RUN).unlink(missing_ok=True)
        for job, shard, _ in self.running:
            job.cancel(check=False)
            shard.out.unlink(missing_ok=True)


@dataclass
class _Shard:
    """What a job does: its items one after the other, each result written at once."""

    make: Callable[[], Callable]
    items: dict[str, Any]
    out: Path
    run: str

    def __call__(self) -> None:
        tail = _Tail(self.out)
        done = {name for name, _ in tail.new()}  # before it was queued again
        with self.out.open("ab") as file:
            file.truncate(tail.offset)
            try:
                function = self.make()
            except Exception as error:
                pickle.dump((None, portable(error)), file)
                return
            for name, item in self.items.items():
                if not self._wanted():
                    return
                if name not in done:
                    file.write(pickle.dumps((name, attempt(function, item))))
                    file.flush()

    def _wanted(self) -> bool:
        """Whether the run that asked for it goes on."""
        try:
            return (self.out.parent / _RUN).read_text() == self.run
        except OSError:
            return False

    def checkpoint(self) -> Any:
        """Called by submitit when the job is told to end before its time."""
        return extra("submitit", "submitit").helpers.DelayedSubmission(self)


class _Tail:
    """Reads what has come to a file of results; the last one may be half-written."""

    def __init__(self, path: Path) -> None:
        self._path, self.offset = path, 0

    def new(self) -> Iterator[tuple[str | None, Any]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self.offset)
            while True:
                try:
                    found = pickle.load(file)
                except (EOFError, pickle.UnpicklingError):
                    return
                self.offset = file.tell()
                yield found
