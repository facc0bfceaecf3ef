"""The default counter: streaming, in seconds and body lengths, and it says why."""

import logging
import math
from collections import deque
from dataclasses import replace
from statistics import median
from typing import Literal

from pushup.counting.body import Body, BodyTracker
from pushup.counting.cycles import Cycle, CycleDetector, Stillness
from pushup.counting.evidence import CycleEvidence, Doubt, push_up_odds
from pushup.counting.gate import Gate, PoseGate
from pushup.counting.types import CounterState, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton

log = logging.getLogger(__name__)


class DefaultCounter:
    """Counts a push-up when the trunk has come down and most of the way back up.

    The signal is the trunk's height against the hands (`BodyTracker`); its down-and-up cycles are
    found with hysteresis (`CycleDetector`), each has to look like a push-up (`CycleEvidence`), and
    the gate has to be open.

    Clips are counted by eye from two thirds of the way up. Pose networks and smoothing lag behind a
    rising body by a frame or two, so that three fifths are then measured: the default.

    Args:
        floor: Least depth of a repetition in body lengths (arms' lengths). Bending the elbows to
            a right angle takes about 0.55; from the front, or fast, 0.2 to 0.3 are left of it.
        relative_floor: Least depth as a share of the median depth of the last repetitions.
        recover: Share of the descent, as measured, that has to be climbed back.
        on: Count at the return to the "top", or at once when the body turns at the "bottom".
        patience_s: A repetition completed while the gate is shut still counts if the gate opens
            within so long.
        explain: Log why a candidate was not counted.
        gate: None looks at the pose (`PoseGate`).
        skeleton: Order of the keypoints.
    """

    refusal_odds = -2.0
    """Log-odds below which a cycle was clearly something else."""

    settle_s = 1.0
    """A body whose pose was wrong for so long has got into position since: it starts afresh."""

    rest_s = 0.7
    """How long a body that came down has to rest to be taken for ready."""

    deepest = 0.9
    """Body lengths that a push-up may come down; what is deeper may be a way to the floor."""

    quickest_s = 0.2
    """A cycle that is over before was no movement of a body: a keypoint came and went."""

    slowest_s = 10.0
    """A descent that takes longer is no movement either: the picture or an estimate drifts."""

    bent = 0.3
    """Share of a descent that arms shorten by at least, if it is that of a push-up."""

    def __init__(
        self,
        floor: float = 0.2,
        relative_floor: float = 0.4,
        recover: float = 0.6,
        on: Literal["top", "bottom"] = "top",
        patience_s: float = 0.5,
        explain: bool = False,
        gate: Gate | None = None,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        if on not in ("top", "bottom"):
            raise ValueError(f"count on the top or the bottom, not on {on!r}")
        self.floor = floor
        self.relative_floor = relative_floor
        self.patience_s = patience_s
        self.explain = explain
        self._tracker = BodyTracker(skeleton)
        self._turning = CycleDetector(floor, recover, at_bottom=on == "bottom")
        self._stillness = Stillness(floor / 4)
        self._evidence = CycleEvidence()
        self._doubt = Doubt()
        self._gate = gate or PoseGate()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.state = CounterState(gate_open=False)
        self._tracker.reset()
        self._gate.reset()
        self._doubt.reset()
        self._forget_body()

    def _forget_body(self) -> None:
        self._turning.reset()
        self._stillness.reset()
        self._evidence.reset()
        self._depths: deque[float] = deque(maxlen=5)
        self._waiting: Rep | None = None
        self._wrong_s = math.nan

    def update(self, observation: Observation) -> Rep | None:
        """Take the next frame; return the repetition that it completes, if any."""
        body = self._tracker.update(observation)
        gate_open = self._gate.update(observation, body)
        if body is None:
            self.state = replace(self.state, gate_open=gate_open, note="no body seen")
            return None
        if body.restarted:
            self._forget_body()
        self._settle(body)
        cycle = self._follow(body, observation.pushing_up)
        candidate, note = self._judge(cycle) if cycle else (None, "")
        rep = self._through_gate(body.time_s, candidate, gate_open)
        if rep is not None:
            self._depths.append(rep.depth)
        elif candidate is not None:
            note = "the gate is shut"
        if note and self.explain:
            log.info("%.2f s: not counted: %s", body.time_s, note)
        turning = self._turning
        threshold = turning.return_level if turning.low else turning.peak - turning.floor
        self.state = CounterState(body.height, threshold, not turning.low, gate_open, note)
        return rep

    def _settle(self, body: Body) -> None:
        """A body that gets into position starts afresh: its way to the floor is no descent."""
        if not self._gate.posed:
            self._wrong_s = body.time_s if math.isnan(self._wrong_s) else self._wrong_s
            return
        if body.time_s - self._wrong_s > self.settle_s:
            self._begin(body)
        self._wrong_s = math.nan

    def _begin(self, body: Body) -> None:
        self._turning.begin(body.time_s, body.height)
        self._evidence.restart()

    def _follow(self, body: Body, pushing_up: float | None) -> Cycle | None:
        """The down-and-up cycle that this frame completes; the evidence covers just that cycle."""
        turning = self._turning
        turning.floor = max(self.floor, self.relative_floor * median(self._depths or [0.0]))
        began_s = turning.start_s
        cycle = turning.update(body.time_s, body.height)
        if cycle is None and turning.start_s != began_s:
            self._evidence.restart()
        self._evidence.add(body, pushing_up)
        still_s = self._stillness.update(body.time_s, body.height)
        came_down = turning.peak - turning.bottom > self.deepest
        if (
            came_down
            and still_s >= self.rest_s
            and self._evidence.figures().get("arms_shorten", 1.0) < self.bent
        ):
            self._begin(body)  # it came down without bending its arms: this is the top
        return cycle

    def _judge(self, cycle: Cycle) -> tuple[Rep | None, str]:
        """The cycle as a repetition, or why it is none."""
        figures = self._evidence.figures() | {"depth": cycle.depth, "duration_s": cycle.duration_s}
        self._evidence.restart()
        if cycle.duration_s < self.quickest_s:
            return None, "too quick for a body"
        if cycle.down_s - cycle.start_s > self.slowest_s:
            return None, "too slow for a descent"
        evident = push_up_odds(figures)
        figures["doubt"] = self._doubt.at(cycle.top_s)
        self._doubt.add(cycle.top_s, evident)
        odds = evident - figures["doubt"]
        if odds < self.refusal_odds:
            self._gate.refuse()
        if odds <= 0:
            shown = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
            return None, f"not like a push-up: {shown}"
        confidence = 1 / (1 + math.exp(-odds))
        times = cycle.start_s, cycle.bottom_s, cycle.top_s
        return Rep(*times, cycle.depth, confidence, figures), ""

    def _through_gate(self, time_s: float, candidate: Rep | None, gate_open: bool) -> Rep | None:
        """The repetition to count now: a new one, or one that has waited for the gate."""
        candidate, self._waiting = candidate or self._waiting, None
        if candidate is not None and not gate_open:
            if time_s - candidate.top_s <= self.patience_s:
                self._waiting = candidate
            return None
        return candidate
