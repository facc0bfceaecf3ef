"""Where to look and what to count, for the page: the rooms of `pushup` behind text in and text out.

Runs in the browser's Python, without NumPy. The page runs the networks: for each frame it calls
`begin`, then `look` until it is told which look to believe, then `count`. All answers are JSON.
"""

import json
import math
from array import array
from dataclasses import asdict
from importlib import import_module
from typing import Any

from pushup.counting.types import Observation, Rep
from pushup.inference.region import Seen

REP_FIELDS = ("start_s", "bottom_s", "top_s", "depth", "confidence")


class PageCounter:
    """One person in front of the page.

    Args:
        settings: JSON that build.py has made of the configuration.
    """

    def __init__(self, settings: str) -> None:
        given = json.loads(settings)
        self._counter, self._region = built(given["counter"]), built(given["region"])
        self._ask_every_s, self._seen_score = given["ask_every_s"], given["seen_score"]
        self.reset()

    def reset(self) -> None:
        """Forget everything: another source, or a count from zero."""
        self._counter.reset()
        self._region.reset()
        self._asked_s = -math.inf
        self._score: float | None = None
        self._reps = 0

    def begin(self, time_s: float, width: int, height: int) -> str:
        """The next frame: the box to look at first, null for all of it."""
        self._time_s, self._size_wh = time_s, (width, height)
        self._looks, self._seen = self._region.looks(time_s, self._size_wh), []
        return json.dumps(next(self._looks))

    def look(self, joints: str) -> str:
        """What a look has shown, [[x, y, score], ...]: `box`, the next one, or `taken` and `ask`.

        `taken` is the index of the look to believe, `ask` whether the classifier's turn has come.
        """
        found = json.loads(joints)
        self._seen.append(Seen([(x, y) for x, y, _ in found], [score for *_, score in found]))
        try:
            return json.dumps({"box": self._looks.send(self._seen[-1])})
        except StopIteration as end:
            self._taken = self._seen[end.value]
            ask = self._time_s - self._asked_s >= self._ask_every_s - 1e-3
            return json.dumps({"taken": end.value, "ask": ask})

    def count(self, score: float | None = None) -> str:
        """The frame counted; `score` is the push-up classifier's where it was asked."""
        if score is not None:
            self._asked_s, self._score = self._time_s, score
        points = [value for point in self._taken.points for value in point]
        rep = self._counter.update(
            Observation(
                keypoints=_matrix(points, len(points) // 2, 2),
                scores=_matrix(list(self._taken.scores), len(points) // 2),
                time_s=self._time_s,
                pushing_up=self._score,
                frame_size_wh=self._size_wh,
            )
        )
        state = self._counter.state
        return json.dumps(
            {
                **self._counted(rep),
                "value": _known(state.value),
                "threshold": _known(state.threshold),
                "in_position": state.gate_open,
                "seen": self._taken.confidence >= self._seen_score,
            }
        )

    def finish(self) -> str:
        """The recording is over: the repetition that its end completes, if any."""
        return json.dumps(self._counted(self._counter.finish()))

    def _counted(self, rep: Rep | None) -> dict[str, Any]:
        self._reps += rep is not None
        row = None if rep is None else {k: v for k, v in asdict(rep).items() if k in REP_FIELDS}
        return {"count": self._reps, "rep": row}


def built(config: Any) -> Any:
    """The object that a configuration describes by `_target_`, as Hydra makes it."""
    if not isinstance(config, dict):
        return config
    values = {name: built(value) for name, value in config.items() if name != "_target_"}
    if "_target_" not in config:
        return values
    module, _, name = config["_target_"].rpartition(".")
    return getattr(import_module(module), name)(**values)


def _matrix(values: list[float], *shape: int) -> memoryview:
    """Floats in the shape that an `Observation` has them in."""
    return memoryview(array("d", values)).cast("B").cast("d", shape)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
