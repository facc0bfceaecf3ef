"""The learned counter: a small recurrent network reads the keypoints and says when a body is down.

Its weights come from `train.py model=counter`; here it runs in NumPy, one step of constant cost.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.codecs.heatmap import sigmoid as gate
from pushup.counting.pose_features import PoseFeatures, height, sigmoid
from pushup.counting.types import CounterState, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton
from pushup.specs import SPEC_KEY, checked, locate

DOWN, ACTIVE = 0, 1
"""Outputs: the body is in the lower half of a push-up; push-ups are being done."""


class GruNetwork:
    """A gated recurrent unit and a linear layer, as torch's `nn.GRU` and `nn.Linear` define them.

    Args:
        tensors: `gru.weight_ih_l0`, ... and `head.weight`, `head.bias` by name.
    """

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
        gates = [tensors[f"gru.{name}"].astype(np.float32) for name in names]
        self._from_input, self._from_state, self._input_bias, self._state_bias = gates
        self._head = tensors["head.weight"].astype(np.float32)
        self._head_bias = tensors["head.bias"].astype(np.float32)
        self.hidden = self._from_state.shape[1]
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._state = np.zeros(self.hidden, np.float32)

    def step(self, features: np.ndarray) -> np.ndarray:
        """Logits (2,) after one more feature vector (F,)."""
        n = self.hidden
        given = self._from_input @ features + self._input_bias
        kept = self._from_state @ self._state + self._state_bias
        reset = gate(given[:n] + kept[:n])
        update = gate(given[n : 2 * n] + kept[n : 2 * n])
        new = np.tanh(given[2 * n :] + reset * kept[2 * n :])
        self._state = (1 - update) * new + update * self._state
        return self._head @ self._state + self._head_bias


def read_network(path_or_name: str | Path) -> tuple[GruNetwork, dict[str, Any]]:
    """The network in a file of weights, and its spec.

    Raises:
        InputError: The file is missing, damaged or holds something else.
    """
    from safetensors import SafetensorError, safe_open  # what is left of training here

    path = locate(path_or_name)
    try:
        with safe_open(path, framework="np") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            spec = checked(path, json.loads((file.metadata() or {}).get(SPEC_KEY, "null")))
        if spec["task"] != "counter":
            raise InputError(f"{path} holds a {spec['task']} model: give one of model=counter")
        return GruNetwork(tensors), spec
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, IndexError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a readable file of counter weights: {error}") from error


class LearnedCounter:
    """Counts when the network's "down" has risen above `enter` and fallen below `leave` again.

    Args:
        weights: A file, or the name of weights that ship.
        enter: Probability above which the body is down.
        leave: Probability below which it is up again.
        active: Least probability that push-ups are being done, at its highest while the body is
            down, for a repetition to count.
        skeleton: Order of the keypoints.
    """

    shortest_s = 0.1
    """What is down for less was no movement of a body."""

    def __init__(
        self,
        weights: str | Path = "counter",
        enter: float = 0.6,
        leave: float = 0.4,
        active: float = 0.0,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        if not 0 <= active < 1:
            raise InputError(f"active={active}: give a probability, 0 <= active < 1")
        if not 0 < leave <= enter < 1:
            raise InputError(f"need 0 < leave <= enter < 1, got {leave} and {enter}")
        self._network, spec = read_network(weights)
        if spec["skeleton"] != skeleton.name:
            raise InputError(
                f"{weights} reads skeleton {spec['skeleton']}, not {skeleton.name}: "
                "train one with train.py model=counter"
            )
        self._step_s: float = spec["step_s"]
        self._features = PoseFeatures(skeleton)
        self._skeleton, self._enter, self._leave, self._active = skeleton, enter, leave, active
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState(gate_open=False)
        self._network.reset()
        self._features.reset()
        self._time_s = math.nan
        self._low_s = math.nan  # when the descent had not begun: last low, or a repetition's end
        self._rise()

    def _rise(self) -> None:
        """The body is up: nothing of a repetition is known."""
        self._is_down = False
        self._since_s = self._moment = self._mass = self._surest = self._most_active = 0.0
        self._highest, self._lowest = -math.inf, math.inf

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        time_s = observation.time_s
        elapsed_s = time_s - self._time_s if math.isfinite(self._time_s) else self._step_s
        if elapsed_s < self._step_s - 1e-3:
            return None
        self._time_s = time_s
        score = math.nan if observation.pushing_up is None else observation.pushing_up
        [features] = self._features.step(
            np.asarray(observation.keypoints, float)[None],
            np.asarray(observation.scores, float)[None],
            np.array([score]),
            np.array([elapsed_s]),
        )
        logits = self._network.step(features)
        down, active = sigmoid(float(logits[DOWN])), sigmoid(float(logits[ACTIVE]))
        rep = self._follow(time_s, elapsed_s, down, active, height(features, self._skeleton))
        threshold = self._leave if self._is_down else self._enter
        self.state = CounterState(1 - down, 1 - threshold, not self._is_down, active > 0.5)
        return rep

    def _follow(
        self, time_s: float, elapsed_s: float, down: float, active: float, height: float
    ) -> Rep | None:
        if math.isnan(self._low_s) or (down < 0.2 and not self._is_down):
            self._low_s = time_s
        self._highest = max(self._highest, height)
        self._lowest = min(self._lowest, height)
        if not self._is_down and down > self._enter:
            self._is_down, self._since_s = True, time_s
        if not self._is_down:
            return None
        self._moment += down * elapsed_s * time_s
        self._mass += down * elapsed_s
        self._surest = max(self._surest, down)
        self._most_active = max(self._most_active, active)
        return self._completed(time_s) if down < self._leave else None

    def _completed(self, time_s: float) -> Rep | None:
        started_s = min(self._low_s, self._since_s)
        bottom_s = min(max(self._moment / max(self._mass, 1e-9), started_s), time_s)
        rep = Rep(started_s, bottom_s, time_s, self._highest - self._lowest, self._surest)
        counts = time_s - self._since_s >= self.shortest_s and self._most_active >= self._active
        self._low_s = time_s
        self._rise()
        return rep if counts else None

    def finish(self) -> Rep | None:
        """The recording is over: a body on its way up, more up than down, has made it."""
        on_its_way = self._is_down and self.state.value > 0.5
        return self._completed(self._time_s) if on_its_way else None
