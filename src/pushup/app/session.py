"""One person in front of one source: each frame becomes a pose, a count and a scene to draw."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from pushup.cli import InputError
from pushup.counting.form import FormCheck
from pushup.counting.types import Counter, Observation, Rep
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
        predictor: Frame to pose.
        counter: Pose to repetitions.
        form: Advises on what was counted.
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
        predictor: PoseTracker,
        counter: Counter,
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
        self._classifier = classifier
        self.listeners = list(listeners)
        self.trail = DisplayHistory(predictor.model.skeleton.edge_indices, span_s, activity)
        self.reps: list[Rep] = []
        self.frames, self.time_s = 0, 0.0
        self.paused = self.explain = False
        self._scene = OverlayState(0)
        self._clock, self._lock = clock, threading.Lock()

    def step(self, frame: Frame) -> OverlayState:
        """Take the next frame."""
        with self._lock:
            self.frames, self.time_s = self.frames + 1, frame.time_s
            if not self.paused:
                self._scene = self._count(frame)
            return self._scene

    def _count(self, frame: Frame) -> OverlayState:
        pose = self.predictor.track(frame.image_bgr, frame.time_s)
        height, width = frame.image_bgr.shape[:2]
        score = None if self._classifier is None else self._classifier(frame.image_bgr, pose)
        observation = Observation(
            keypoints=pose.keypoints_frame,
            scores=pose.scores,
            time_s=frame.time_s,
            pushing_up=score,
            frame_size_wh=(width, height),
        )
        self._form.update(observation)
        rep = self.counter.update(observation)
        state = self.counter.state
        if rep is not None:
            rep = replace(rep, form=tuple(f for f in self._form.judge(rep) if f.hint))
            self.reps.append(rep)
            for listener in self.listeners:
                listener.rep(self.reps)
        self.trail.add(frame.time_s, state, rep, self._clock() - frame.read_s)
        scene = self.trail.scene(len(self.reps), pose.keypoints_frame, pose.scores)
        return replace(scene, hint=state.note or scene.hint) if self.explain else scene

    def reset(self) -> None:
        """Start again from zero."""
        with self._lock:
            self.predictor.reset()
            self.counter.reset()
            self._form.reset()
            self.trail.reset()
            self.reps, self._scene = [], OverlayState(0)
            for listener in self.listeners:
                listener.reset()
