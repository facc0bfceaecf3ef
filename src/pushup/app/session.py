"""One person in front of one source: each frame becomes a pose, a count and a scene to draw."""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pushup.app.coach import Coach, milestone
from pushup.app.guide import Guide, is_seen
from pushup.app.listeners import Listener
from pushup.app.tally import Tally
from pushup.approaches.video_counter import PoseCounter, VideoCounter
from pushup.cli import InputError
from pushup.counting.form import FormCheck
from pushup.counting.types import OfflineCounter, Rep, StreamingCounter
from pushup.inference.classifier import Classify
from pushup.inference.company import Company
from pushup.inference.predictor import Pose, PoseTracker
from pushup.video import words
from pushup.video.frames import Frame
from pushup.video.history import DisplayHistory
from pushup.video.overlay import OverlayState

_WORDS_S = 3.0  # so long they stay


@dataclass(frozen=True)
class About:
    """What a run counts with, for its records.

    Attributes:
        weights: The file of the network.
        weights_sha256: Its digest.
        runtime: What runs it.
        counter: Name of the counter.
        counter_settings: As configured.
        exercise: What is counted.
        experimental: How well an exercise that is not well tried is counted; None for one that is.
    """

    weights: str = ""
    weights_sha256: str = ""
    runtime: str = ""
    counter: str = ""
    counter_settings: dict[str, Any] = field(default_factory=dict)
    exercise: str = "push_up"
    experimental: str | None = None


class Session:
    """Predictor, counter and display memory joined. Keys reach it from another thread.

    Attributes:
        tally: What was counted.
        frames: Number of frames taken.
        seen: Number of frames in which somebody was seen; None where there are no poses.
        model: Name of what looks at the frames: a network, or a counter without one.
        time_s: Time of the latest one.
        paused: Frames pass unlooked at.
        explain: Say in the scene why a candidate was not counted.
        coach: Says when to begin and to rest; by default without a countdown.
        company: Looks for other people; None for nobody looks.
        history: What the display remembers; knows the speed and the latency.
        about: What it counts with.
        listeners: Told of what happens.

    Args:
        predictor: Frame to pose; None with a counter that looks at frames itself.
        counter: Pose, or frame, to repetitions.
        form: Advises on what was counted, where there are poses.
        classifier: Says whether somebody is pushing up; None for none.
        history: See above.
        tally: See above.
        listeners: See above.
        about: See above.
        clock: Seconds; that of the frames' `read_s`.

    Raises:
        InputError: The counter is one that needs the whole recording at once.
    """

    def __init__(
        self,
        predictor: PoseTracker | None,
        counter: StreamingCounter | VideoCounter,
        form: FormCheck,
        classifier: Classify | None = None,
        history: DisplayHistory | None = None,
        tally: Tally | None = None,
        listeners: Sequence[Listener] = (),
        about: About | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if isinstance(counter, OfflineCounter):
            raise InputError(
                f"{type(counter).__name__} needs the whole clip at once: choose another counter, "
                "or measure it with evaluate.py mode=counting"
            )
        self.predictor, self._form, self.listeners = predictor, form, list(listeners)
        self._poses = None if predictor is None else PoseCounter(predictor, counter, classifier)
        self._counter: VideoCounter = self._poses or counter  # type: ignore[assignment]
        self.model = type(counter).__name__ if predictor is None else predictor.model.name
        edges = () if predictor is None else predictor.model.skeleton.edge_indices
        self.history = history or DisplayHistory(edges)
        self.tally, self.about = tally or Tally(), about or About()
        self.frames, self.time_s = 0, 0.0
        self.seen: int | None = None if self._poses is None else 0
        self.paused = self.explain = self._ended = False
        self._guide = None if predictor is None else Guide(predictor.model.skeleton)
        self.coach = Coach()
        self.company: Company | None = None
        self._scene, self._said = OverlayState(0), ""
        self._reached, self._reached_s = "", 0.0
        self._others_s = math.inf  # since when
        self._clock, self._lock = clock, threading.Lock()

    @property
    def people(self) -> list[dict[str, Any]]:
        """Figures of each person; none where one person alone is counted."""
        return []

    def step(self, frame: Frame) -> OverlayState:
        """Take the next frame."""
        with self._lock:
            self.frames, self.time_s = self.frames + 1, frame.time_s
            if not self.paused:
                self._scene = self._count(frame)
            return self._scene

    def _count(self, frame: Frame) -> OverlayState:
        rep = self._counter.update(frame)
        pose = None if self._poses is None else self._poses.pose
        if pose is not None:
            self._look_at(frame, pose)
        if rep is not None:
            rep = self._add(rep)
        state = self._counter.state
        self.history.add(frame.time_s, state, rep, self._clock() - frame.read_s)
        return self._scene_of(frame, pose)

    def _scene_of(self, frame: Frame, pose: Pose | None) -> OverlayState:
        """What is shown over the frame; of several hints the first that there is.

        What was reached, what was not counted, form, other people, what hinders counting, rest.
        """
        tally, guide, now_s = self.tally, self._guide, frame.time_s
        height, width = frame.image_bgr.shape[:2]
        scene = self.history.scene(
            tally.count,
            None if pose is None else pose.keypoints_frame,
            None if pose is None else pose.scores,
            (width, height),
        )
        seen = self._is_seen(pose)
        for said in self.coach.update(now_s, tally, seen):
            self._tell(said)
        cue, others = self.coach.cue, self._others(frame, pose)
        hints = (
            self._reached if now_s - self._reached_s < _WORDS_S and not cue.big else "",
            words.reason(self.history.note) if self.explain else "",
            scene.hint,
            words.TWO_PEOPLE if others and now_s - self._others_s < 2 * _WORDS_S else "",
            "" if guide is None else guide.advice,
            cue.hint,
        )
        said = hints[3] or hints[4]
        if said and said != self._said:
            self._tell(said)
        self._said = said
        return replace(
            scene,
            goal=tally.goal,
            seen=guide is None or guide.seen,
            status=cue.status,
            big=cue.big,
            below=self._below(others),
            hint=next(filter(None, hints), ""),
        )

    def _is_seen(self, pose: Pose | None) -> bool:
        """Where there are no poses, whoever is there has to be taken on trust."""
        return self._poses is None or (pose is not None and is_seen(pose))

    def _others(self, frame: Frame, pose: Pose | None) -> bool:
        """Somebody else is in view."""
        if self.company is None or pose is None or not is_seen(pose):
            return False
        found = self.company.update(frame.time_s, frame.image_bgr, pose)
        if not found:
            self._others_s = math.inf
        elif self._others_s == math.inf:
            self._others_s = frame.time_s
        return found

    def _below(self, others: bool) -> tuple[str, ...]:
        """Small lines below the count."""
        tally = self.tally
        lines = [words.set_line(tally.set_number, tally.in_set)] if tally.set_number > 1 else []
        if self.about.experimental is not None:
            lines.append(words.experimental())
        return (*lines, *([words.MORE_PEOPLE] if others else []))

    def explanation(self) -> str:
        """In words: why the latest candidate was not counted, or what holds now."""
        with self._lock:
            scene, reason = self._scene, words.reason(self.history.note)
            return reason or words.now(scene.seen, scene.gate_open, self.about.exercise)

    @property
    def troubles(self) -> list[str]:
        """What listeners could not do, in the order in which they listen."""
        return [listener.trouble for listener in self.listeners if listener.trouble]

    def _look_at(self, frame: Frame, pose: Pose) -> None:
        if self._poses is not None and self._poses.observation is not None:
            self._form.update(self._poses.observation)
        height, width = frame.image_bgr.shape[:2]
        if self._guide is not None:
            counting = self._counter.state.gate_open
            self._guide.update(frame.time_s, pose, (width, height), counting)
        self.seen = (self.seen or 0) + is_seen(pose)
        for listener in self.listeners:
            listener.frame(frame.index, frame.time_s, pose)

    def _add(self, rep: Rep) -> Rep:
        if self._poses is not None:
            rep = replace(rep, form=tuple(f for f in self._form.judge(rep) if f.hint))
        self.tally.add(rep)
        self._note_milestone(rep.top_s)
        for listener in self.listeners:
            listener.changed(self.tally, added=True)
        if rep.form:
            self._tell(rep.form[0].hint)
        return rep

    def _note_milestone(self, time_s: float) -> None:
        self._reached = milestone(self.tally.count, self.tally.goal)
        self._reached_s = time_s

    def _tell(self, words: str) -> None:
        for listener in self.listeners:
            listener.said(words)

    def correct(self, step: int) -> bool:
        """Add a repetition by hand (+1) or take the last one back (-1); False if there is none."""
        with self._lock:
            if step > 0:
                now = self.time_s
                self.tally.add(Rep(now, now, now, float("nan")), by_hand=True)
                self._note_milestone(now)
            elif not self.tally.remove():
                return False
            for listener in self.listeners:
                listener.changed(self.tally, added=step > 0)
            self._scene = replace(self._scene, count=self.tally.count)
            return True

    def new_set(self) -> None:
        """Begin a new set: the display counts from zero, what was counted stays in the records."""
        with self._lock:
            self._counter.reset()
            self._form.reset()
            self.history.reset()
            if self._guide is not None:
                self._guide.reset()
            self.tally.new_set()
            self._scene = OverlayState(0)

    def end(self, keep: bool = True) -> None:
        """The source is over: count what its last frames still complete, let listeners finish.

        Does nothing the second time.
        """
        with self._lock:
            if keep and not self._ended:
                for rep in self._counter.finish():
                    self._add(rep)
            self._ended = True
        listeners, self.listeners = self.listeners, []
        for listener in listeners:
            listener.end(keep)
