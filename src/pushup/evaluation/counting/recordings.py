"""The cycles that the default counter finds in traces with known repetitions.

`replay` says in no time how it would count them with another cycle classifier.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.utils import instantiate

from pushup.cli import InputError
from pushup.counting.build import counter_config
from pushup.counting.classifier import CycleClassifier
from pushup.counting.counter import CycleCounter
from pushup.counting.cycles import Cycle
from pushup.counting.features import CycleHistory, Features
from pushup.counting.trace import Trace, load_trace
from pushup.counting.types import Rep
from pushup.data.clips import LabelledClip, read_clips
from pushup.evaluation.counting.runs import run_counter
from pushup.metrics.counting import match_times

TOLERANCE_S = 0.5
"""A cycle whose bottom is so near to that of a true repetition is one."""


@dataclass(frozen=True)
class TraceSet:
    """Clips with known repetitions, and their traces.

    Attributes:
        root: Folder of `counts.csv` and `reps.csv`.
        split: Of `counts.csv`, or several joined by "+".
        traces: Folder of the traces; None for `root / "traces"`.
        limit: Take so many clips; None for all.
    """

    root: Path
    split: str
    traces: Path | None = None
    limit: int | None = None

    def clips(self) -> list[tuple[LabelledClip, Path]]:
        """Each clip that has a trace and whose repetition times are known, with that trace."""
        folder = self.traces or self.root / "traces"
        clips = [clip for split in self.split.split("+") for clip in read_clips(self.root, split)]
        found = [(clip, folder / f"{clip.name}.npz") for clip in clips]
        found = [
            (clip, path)
            for clip, path in found
            if path.is_file() and len(clip.bottoms_s) == clip.count
        ]
        if not found:
            raise InputError(f"no trace of split {self.split!r} of {self.root} lies in {folder}")
        return found[: self.limit]


@dataclass(frozen=True)
class Found:
    """One cycle of a clip.

    Attributes:
        cycle: Of the signal.
        features: Its own, without those of `CycleHistory`.
        is_rep: It is a repetition.
        admitted: The position allows to count it.
        restarts: Before it the body became another one.
    """

    cycle: Cycle
    features: Features
    is_rep: bool
    admitted: bool
    restarts: bool


@dataclass(frozen=True)
class Recording:
    """The cycles of a clip.

    Attributes:
        clip: Its labels.
        minutes: How long it is.
        cycles: In order of time.
        set_index: Of the set that it is from.
    """

    clip: LabelledClip
    minutes: float
    cycles: list[Found]
    set_index: int


class CycleRecorder(CycleCounter):
    """A counter that takes every cycle and keeps its features."""

    def record(self, trace: Trace, bottoms_s: Sequence[float]) -> list[Found]:
        """Each cycle of a trace, and which of them are repetitions."""
        self._found: list[tuple[Cycle, Features, bool]] = []
        self._restarted = False
        reps = run_counter(self, trace).reps
        admitted = {(rep.start_s, rep.top_s) for rep in reps}
        times_s = [cycle.bottom_s for cycle, *_ in self._found]
        true = {index for index, _ in match_times(times_s, bottoms_s, TOLERANCE_S)}
        return [
            Found(cycle, own, k in true, (cycle.start_s, cycle.top_s) in admitted, restarts)
            for k, (cycle, own, restarts) in enumerate(self._found)
        ]

    def _restart(self) -> None:
        super()._restart()
        self._restarted = True

    def _features_of(self, cycle: Cycle) -> Features:
        return self._features.of(cycle)

    def _classify(self, cycle: Cycle, features: Features) -> tuple[Rep | None, str]:
        self._found.append((cycle, features, self._restarted))
        self._restarted = False
        return Rep(cycle.start_s, cycle.bottom_s, cycle.top_s, cycle.depth), ""


def record(clip: LabelledClip, path: Path, set_index: int) -> Recording:
    """The cycles that the default counter finds in a trace."""
    recorder = f"{CycleRecorder.__module__}.{CycleRecorder.__name__}"
    config = counter_config("default") | {"_target_": recorder}
    trace = load_trace(path)
    found = instantiate(config).record(trace, clip.bottoms_s)
    return Recording(clip, trace.duration_s / 60, found, set_index)


Judge = Callable[[Features], float]
"""From the features of a cycle to the logit of its being a push-up."""


def replay(
    recording: Recording, judge: Judge, bounds: CycleClassifier
) -> list[tuple[Found, Features, float]]:
    """What a counter with that judgement sees of a clip: cycles, all features, logits.

    Cycles beyond the limits of `bounds` are left out, as in counting.
    """
    history, seen = CycleHistory(), []
    for found in recording.cycles:
        if found.restarts:
            history.restart()
        features = found.features | history.of(found.cycle)
        if bounds.beyond(features):
            continue
        logit = judge(features)
        history.add(found.cycle, logit)
        seen.append((found, features, logit))
    return seen


def counted(recording: Recording, judge: Judge, bounds: CycleClassifier) -> list[float]:
    """Bottom times of the repetitions that such a counter counts."""
    seen = replay(recording, judge, bounds)
    return [found.cycle.bottom_s for found, _, logit in seen if logit > 0 and found.admitted]
