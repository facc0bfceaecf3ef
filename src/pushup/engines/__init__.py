"""Engines: one function over many items, in processes of this machine or on a cluster.

An engine makes the function once in each worker (networks are loaded there), gives it one item at
a time and tells what became of each. A worker that dies takes no other item with it: the one that
it had in hand is tried once more in another, then it counts as `WorkerDiedError`.
"""

import pickle
import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")

TRIES = 2
"""How many workers an item may take with it."""


class WorkerDiedError(RuntimeError):
    """What becomes of an item whose workers were killed, or died of it."""

    def __init__(self) -> None:
        super().__init__(
            f"its worker died {TRIES} times (killed, out of memory, or crashed by this item)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return WorkerDiedError, ()


class Engine(Protocol):
    """Runs a function over items.

    Attributes:
        threads: How many each worker may use for a network; 0: as many as there are cores.
        outlives: Its workers may go on when this process has ended.
    """

    threads: int
    outlives: bool

    def map(
        self, make: Callable[[], Callable[[T], R]], items: Mapping[str, T]
    ) -> Iterator[tuple[str, R | Exception]]:
        """What the function gives for each item, or what it raised, in whatever order it comes.

        Args:
            make: Makes the function; called once in each worker. It and the items are pickled.
            items: By a name of their own.

        Raises:
            Exception: What `make` raised in a worker.
        """
        ...


def attempt(function: Callable[[T], R], item: T) -> R | Exception:
    """What a function gives for an item, or what it raises, as can be pickled."""
    try:
        return function(item)
    except Exception as error:
        return portable(error)


def portable(error: Exception) -> Exception:
    """An error that can be pickled, with its traceback as a note."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note("".join(traceback.format_exception(error)))
    return error


def calling() -> Callable[[Callable[[], R]], R]:
    """The function of an engine whose items are tasks: it calls them."""
    return _call


def _call(task: Callable[[], R]) -> R:
    return task()
