"""Several people before one source: a session each, and what all of them come to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pushup.app.session import Session
from pushup.approaches.video_counter import PictureCounter
from pushup.counting.form import FormCheck
from pushup.counting.types import Rep
from pushup.inference.people import People, Person
from pushup.video import words
from pushup.video.frames import Frame
from pushup.video.overlay import Figure, OverlayState


class _Nobody(PictureCounter):
    """What is counted where nobody is."""

    def update(self, frame: Frame) -> Rep | None:
        """Nothing."""

    def reset(self) -> None:
        """There is nothing to forget."""


class PeopleSession(Session):
    """Counts each person apart; the tally is that of all, with the number of each person.

    Keys, hints and the signal shown are those of whoever counted last.

    Args:
        people: Follows them.
        new_session: Makes the session of one of them.
        model: Name of the network.
        **shared: As of `Session`: history, tally, listeners, about.
    """

    def __init__(
        self, people: People, new_session: Callable[[Person], Session], model: str, **shared: Any
    ) -> None:
        super().__init__(None, _Nobody(), FormCheck({}), **shared)
        self.model, self.seen = model, 0
        self._people, self._new_session = people, new_session
        self._sessions: dict[Person, Session] = {}
        self._taken: dict[Person, int] = {}
        self._lead: Person | None = None
        self._in_view = False

    @property
    def people(self) -> list[dict[str, Any]]:
        """Figures of each, by number."""
        numbered = {person.number: one for person, one in self._sessions.items() if person.number}
        return [
            {
                "person": number,
                "count": len(one.tally.reps),
                "sets": [len(reps) for reps in one.tally.sets],
                "rests_s": [round(rest_s, 1) for rest_s in one.tally.rests_s],
                "form": one.tally.form,
                "seen": round((one.seen or 0) / max(self.frames, 1), 3),
            }
            for number, one in sorted(numbered.items())
        ]

    def _count(self, frame: Frame) -> OverlayState:
        followed = self._people.update(frame.image_bgr, frame.time_s)
        self._sessions = {p: self._sessions.get(p) or self._new_session(p) for p in followed}
        scenes = {}
        for person, one in self._sessions.items():
            one.explain = self.explain
            scenes[person] = one.step(frame)
            self._gather(person)
        shown = {p: scene for p, scene in scenes.items() if p.in_view and p.number}
        self._in_view = bool(shown)
        self.seen = (self.seen or 0) + self._in_view
        self.history.meter.tick(self._clock() - frame.read_s)
        scene = replace(
            self._scene_of(frame, None),
            seen=self._in_view,
            gate_open=any(one.gate_open for one in shown.values()),
            people=[
                Figure(p.number, one.count, p.pose.keypoints_frame, p.pose.scores)
                for p, one in shown.items()
            ],
        )
        self._lead = self._lead if self._lead in shown else next(iter(shown), None)
        return scene if self._lead is None else _beside(scene, self._lead, shown[self._lead])

    def _gather(self, person: Person) -> None:
        """Take over what one person has counted."""
        new = self._sessions[person].tally.reps[self._taken.get(person, 0) :]
        if not person.number or not new:
            return
        self._taken[person] = self._taken.get(person, 0) + len(new)
        self._lead = person
        for counted in new:
            self.tally.add(counted.rep, counted.by_hand, person.number)
            self._note_milestone(counted.rep.top_s)
            for listener in self.listeners:
                listener.changed(self.tally, added=True)

    def _is_seen(self, pose: object) -> bool:
        return self._in_view

    def _below(self, others: bool) -> tuple[str, ...]:
        counts = [one.tally.count for p, one in self._sessions.items() if p.number]
        return (*super()._below(others), *([words.each(counts)] if len(counts) > 1 else []))

    def correct(self, step: int) -> bool:
        """See `Session`; it is whoever counted last who is corrected."""
        with self._lock:
            person = self._lead
            if person is None or not self._sessions[person].correct(step):
                return False
            if step > 0:
                self._gather(person)
            else:
                self._taken[person] -= 1
                self.tally.remove(person.number)
                for listener in self.listeners:
                    listener.changed(self.tally, added=False)
            self._scene = replace(self._scene, count=self.tally.count)
            return True

    def explanation(self) -> str:
        """See `Session`; of whoever counted last."""
        person = self._lead
        if person is None:
            return words.STEP_IN
        return words.said_to(person.number, self._sessions[person].explanation())

    def new_set(self) -> None:
        """See `Session`."""
        for one in self._sessions.values():
            one.new_set()
        super().new_set()

    def end(self, keep: bool = True) -> None:
        """See `Session`."""
        for person, one in self._sessions.items():
            one.end(keep)
            if keep:
                self._gather(person)
        super().end(keep)


def _beside(scene: OverlayState, person: Person, one: OverlayState) -> OverlayState:
    """The scene of all with the signal of one person, and what is said to them."""
    hint = scene.hint or (words.said_to(person.number, one.hint) if one.hint else "")
    shown = {"samples": one.samples, "reps_s": one.reps_s, "span_s": one.span_s}
    return replace(scene, hint=hint, corner=one.corner, **shown)
