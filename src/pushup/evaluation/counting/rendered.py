"""Keypoints of rendered people: simulated, or those of networks that look at the pictures."""

from dataclasses import dataclass
from pathlib import Path

from pushup.counting.trace import Trace, load_trace, save_trace
from pushup.evaluation.counting.runs import Setup, invalidate_cache, watch
from pushup.synthetic.routines import Routine


@dataclass(frozen=True)
class Watcher:
    """Where the traces of routines come from.

    Attributes:
        setup: Networks; without weights, keypoints are simulated.
        fps: Frames a second.
        folder: Keeps what networks saw, a file for each content: what looks the same to the same
            networks is looked at once.
    """

    setup: Setup
    fps: float
    folder: Path

    @property
    def simulates(self) -> bool:
        """Whether there is no network to look at pictures."""
        return self.setup.weights_file is None

    def prepare(self) -> None:
        """Empty the folder of what other networks saw.

        Raises:
            InputError: Nothing says what made the traces in it.
        """
        if not self.simulates:
            invalidate_cache(self.folder, self.setup.cache_key() | {"fps": self.fps})

    def trace(self, routine: Routine) -> Trace:
        """The routine's keypoints and, where there is a classifier, its scores."""
        if self.simulates:
            return routine.trace(self.fps, classifier=self.setup.classifier is not None)
        path = self.folder / f"{routine.digest()}.npz"
        if not path.is_file():
            save_trace(path, watch(routine.frames(self.fps), self.setup))
        return load_trace(path)
