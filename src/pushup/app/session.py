"""One person in front of one source: each frame becomes a pose, a count and a scene to draw."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from pushup.approaches.video_counter import PoseCounter, VideoCounter
from pushup.cli import InputError
from pushup.counting.form import FormCheck
from pushup.counting.types import Counter, Rep
from pushup.inference.classifier import Classify
from pushup.inference.predictor import PoseTracker
from pushup.video.frames import Frame
from pushup.video.history import DisplayHistory
from pushup.video.overlay import OverlayState


class Listener(Protocol):
    """Told of what happens, in the thread in which it happens."""

    def rep(self, reps: Sequence[Rep]) -> None:
        """The last of these repetitions has just been counted."""
        ...

    def reset(self) -> None:
        """The count starts again from zero."""
        ...


class Session:
    """Predictor, counter and display memory joined. May be reset from another thread.

    Attributes:
        reps: What was counted, in order.
        frames: Number of frames taken.
        time_s: Time of the latest one.
        paused: Frames pass unlooked at.
        explain: Say in the scene why a candidate was not counted.
        trail: What the display remembers; knows the speed and the latency.

    Args:
        predictor: Frame to pose; None with a counter that looks at frames itself.
        counter: Pose, or frame, to repetitions.
        form: Advises on what was counted, where there are poses.
        classifier: Says whether somebody is pushing up; None for none.
        span_s: Seconds of signal to show.
        activity: What the display says while repetitions are counted.
        listeners: Told of each repetition.
        clock: Seconds; that of the frames' `read_s`.

    Raises:
        InputError: The counter is one that needs the whole recording at once.
    """

    def __init__(
        self,
        predictor: PoseTracker | None,
        counter: Counter | VideoCounter,
        form: FormCheck,
        classifier: Classify | None = None,
        span_s: float = 8.0,
        activity: str = "pushing",
        listeners: Sequence[Listener] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if not hasattr(counter, "update"):
            raise InputError(
                f"{type(counter).__name__} needs the whole clip at once: choose another counter, "
                "or measure it with evaluate.py mode=counting"
            )
        self.predictor, self.counter, self._form = predictor, counter, form
        self._poses = None if predictor is None else PoseCounter(predictor, counter, classifier)
        self._video_counter: VideoCounter = self._poses or counter  # type: ignore[assignment]
        self.listeners = list(listeners)
        edges = () if predictor is None else predictor.model.skeleton.edge_indices
        self.trail = DisplayHistory(edges, span_s, activity)
        self.reps: list[Rep] = []
        self.frames, self.time_s = 0, 0.0
        self.paused = self.explain = False
        self._scene = OverlayState(0)
        self._clock, self._lock = clock, threading.Lock()

    @property
    def model(self) -> str:
        """Name of what looks at the frames: a network, or a counter without one."""
        if self.predictor is None:
            return type(self.counter).__name__
        return self.predictor.model.name

    def step(self, frame: Frame) -> OverlayState:
        """Take the next frame."""
        with self._lock:
            self.frames, self.time_s = self.frames + 1, frame.time_s
            if not self.paused:
                self._scene = self._count(frame)
            return self._scene

    def _count(self, frame: Frame) -> OverlayState:
        rep = self._video_counter.update(frame)
        if self._poses is not None and self._poses.observation is not None:
            self._form.update(self._poses.observation)
        if rep is not None:
            rep = self._counted(rep)
        state = self._video_counter.state
        self.trail.add(frame.time_s, state, rep, self._clock() - frame.read_s)
        pose = None if self._poses is None else self._poses.pose
        shown = (None, None) if pose is None else (pose.keypoints_frame, pose.scores)
        scene = self.trail.scene(len(self.reps), *shown)
        return replace(scene, hint=state.note or scene.hint) if self.explain else scene

    def _counted(self, rep: Rep) -> Rep:
        """Note a repetition, with advice on its form, and tell of it."""
        if self._poses is not None:
            rep = replace(rep, form=tuple(f for f in self._form.judge(rep) if f.hint))
        self.reps.append(rep)
        for listener in self.listeners:
            listener.rep(self.reps)
        return rep

    def finish(self) -> None:
        """The source has ended: count what its last frames still complete."""
        with self._lock:
            for rep in self._video_counter.finish():
                self._counted(rep)

    def reset(self) -> None:
        """Start again from zero."""
        with self._lock:
            self._video_counter.reset()
            self._form.reset()
            self.trail.reset()
            self.reps, self._scene = [], OverlayState(0)
            for listener in self.listeners:
                listener.reset()
