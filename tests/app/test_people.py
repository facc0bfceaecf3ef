"""Several people counted apart: a run on rendered pairs, records, keys, what is drawn."""

import json
from dataclasses import replace
from types import SimpleNamespace

import cv2
import hydra
import numpy as np
import pytest

from pushup.app.people import PeopleSession
from pushup.app.records import write_reps
from pushup.app.session import Session
from pushup.app.settings import check
from pushup.app.tally import Tally
from pushup.cli import InputError
from pushup.commands.infer import infer
from pushup.counting.form import FormCheck
from pushup.counting.types import Rep
from pushup.inference.predictor import Pose
from pushup.paths import CONF
from pushup.synthetic import render_clip
from pushup.video import words
from pushup.video.frames import Frame
from pushup.video.overlay import Figure, OverlayState, draw
from support.beside import beside, write_clip
from support.dot_clips import CrossingCounter, Model, rows_of

FPS = 12.0


def compose(*overrides):
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose("infer", [*overrides, "log=null"])


@pytest.fixture(scope="module")
def clips():
    """Three push-ups, two, and three squats."""
    options = {"size_wh": (240, 180), "clean": True}
    return [
        render_clip(3, "push_up", 7.0, FPS, repetitions=3, view="side", **options),
        render_clip(8, "push_up", 7.0, FPS, repetitions=2, view="three_quarter", **options),
        render_clip(5, "squat", 7.0, FPS, repetitions=3, view="front", **options),
    ]


@pytest.mark.parametrize(("chosen", "counts"), [((0, 1), [3, 2]), ((2, 0), [0, 3])])
def test_each_is_counted_apart(clips, chosen, counts, tmp_path):
    clip = write_clip(tmp_path / "two.avi", beside([clips[k] for k in chosen]), FPS)
    out = tmp_path / "out"
    with pytest.raises(SystemExit, match="0"):
        infer(compose("people=all", f"source={clip}", f"output_dir={out}"))
    summary = json.loads((out / "summary.json").read_text())
    assert [person["count"] for person in summary["people"]] == counts
    assert summary["count"] == sum(counts)
    assert summary["sets"] == [count for count in counts if count]
    rows = rows_of(out / "reps.csv")
    assert next(iter(rows[0])) == "person"
    for number, count in enumerate(counts, 1):
        own = [row["rep"] for row in rows if row["person"] == str(number)]
        assert own == [str(k) for k in range(1, count + 1)]
    lines = [json.loads(line) for line in (out / "reps.jsonl").read_text().splitlines()]
    assert [line["person"] for line in lines] == [int(row["person"]) for row in rows]
    assert (out / "annotated.mp4").exists()


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["people=banana"], "people=banana: give one or all"),
        (["people=all", "counter=moving_pixels"], "needs a counter of keypoints"),
        (["people=all", "counter=optical_flow"], "needs a counter of keypoints"),
        (["people=all", "tracker=none"], "tracker=region"),
        (["people=all", "keypoints=true"], "people=one or keypoints=false"),
    ],
)
def test_what_does_not_go_with_several_people_is_one_line(overrides, line):
    with pytest.raises(InputError, match=line):
        check(compose("source=a.mp4", *overrides))


@pytest.mark.parametrize("name", ["a.png", "a.csv"])
def test_a_picture_or_a_signal_has_no_several_people(name, tmp_path):
    (tmp_path / name).write_text("0,1\n")
    with pytest.raises(InputError, match="people=all is for videos and cameras"):
        infer(compose("people=all", f"source={tmp_path / name}", f"output_dir={tmp_path / 'out'}"))


def rep(top_s):
    return Rep(top_s - 1.0, top_s - 0.5, top_s, 0.5)


def test_sets_and_rests_are_those_of_each(tmp_path):
    tally = Tally(rest_s=5.0)
    for person, top_s in [(1, 2.0), (2, 3.0), (1, 4.0), (2, 12.0), (1, 5.0)]:
        tally.add(rep(top_s), person=person)
    assert [len(reps) for reps in tally.sets] == [3, 1, 1]
    assert tally.rests_s == [8.0]
    write_reps(tmp_path / "reps.csv", tally.reps)
    rows = rows_of(tmp_path / "reps.csv")
    assert [(row["person"], row["rep"], row["set"], row["rest_s"]) for row in rows] == [
        ("1", "1", "1", ""), ("2", "1", "1", ""), ("1", "2", "1", ""),
        ("2", "2", "2", "8.0"), ("1", "3", "1", ""),
    ]  # fmt: skip
    assert tally.remove(2)
    assert [counted.person for counted in tally.reps] == [1, 2, 1, 1]
    tally.new_set()
    assert not tally.remove(1)
    tally.add(rep(6.0), person=1)
    tally.add(rep(6.5), person=2)
    assert [(c.person, c.set_number) for c in tally.reps[-2:]] == [(1, 2), (2, 2)]


class Mover:
    """A person who goes up and down; as `inference.people.Person`."""

    def __init__(self, number, period_s):
        self.number, self.period_s, self.in_view, self.model = number, period_s, True, Model()

    def track(self, frame_bgr, time_s):
        y = 50 + 30 * np.cos(2 * np.pi * time_s / self.period_s)
        self.pose = Pose(np.tile([30.0 * self.number, y], (7, 1)), np.full(7, 0.9))
        return self.pose

    def reset(self):
        pass


@pytest.fixture
def session():
    everybody = [Mover(1, 2.0), Mover(2, 4.0)]
    return PeopleSession(
        SimpleNamespace(update=lambda frame, time_s: everybody),
        lambda person: Session(person, CrossingCounter(), FormCheck({})),
        "dot",
    )


def play(session, from_s, to_s):
    for time_s in np.arange(from_s, to_s, 0.1):
        frame = Frame(np.zeros((100, 100, 3), np.uint8), float(time_s), 0, 0.0)
        scene = session.step(frame)
    return scene


def test_the_scene_tells_of_each(session):
    scene = play(session, 0.0, 8.0)
    assert [(figure.number, figure.count) for figure in scene.people] == [(1, 4), (2, 2)]
    assert (scene.count, scene.seen, scene.keypoints_frame) == (6, True, None)
    assert words.each([4, 2]) in scene.below
    assert [person["count"] for person in session.people] == [4, 2]
    assert session.explanation().startswith(("1: ", "2: "))


def test_keys_are_for_whoever_counted_last(session):
    play(session, 0.0, 8.0)
    last = session.tally.reps[-1].person
    assert session.correct(-1)
    assert [person["count"] for person in session.people][last - 1] == (4, 2)[last - 1] - 1
    assert session.correct(+1)
    assert session.tally.reps[-1].by_hand
    assert session.tally.reps[-1].person == last
    session.new_set()
    assert session.tally.count == 0
    assert not session.correct(-1)
    scene = play(session, 8.0, 12.0)
    assert scene.count == session.tally.count == sum(f.count for f in scene.people) > 0
    session.end()
    assert session.tally.sets == [
        *(one.tally.sets[k] for one in session._sessions.values() for k in (0, 1)),
    ]


def test_numbers_are_drawn_over_the_people_mirrored_or_not():
    frame, at = np.full((480, 640, 3), 120, np.uint8), np.full((7, 2), [100.0, 200.0])
    figure = Figure(1, 4, at, np.full(7, 0.9))
    for mirror, left in ((False, 100), (True, 540)):
        drawn = draw(frame, OverlayState(0, people=[figure]), mirror)
        plain = draw(frame, OverlayState(0), mirror)
        changed = np.argwhere((drawn != plain).any(-1))
        assert abs(changed[:, 1].mean() - left) < 30
        label = drawn[150:190, left - 40 : left + 40]
        assert (label == 255).all(-1).any()


def test_beside_a_large_squatter_a_small_person_is_counted(clips, tmp_path):
    small = [
        cv2.copyMakeBorder(cv2.resize(frame, (160, 120)), 40, 20, 40, 40, cv2.BORDER_REPLICATE)
        for frame in clips[0].frames_rgb
    ]
    clip = write_clip(
        tmp_path / "a.avi", beside([clips[2], replace(clips[0], frames_rgb=small)]), FPS
    )
    for people, counts in (("one", []), ("all", [0, 3])):
        out = tmp_path / people
        with pytest.raises(SystemExit, match="0"):
            infer(compose(f"people={people}", f"source={clip}", f"output_dir={out}"))
        summary = json.loads((out / "summary.json").read_text())
        assert summary["count"] == 3
        assert [person["count"] for person in summary["people"]] == counts
    assert "person" not in rows_of(tmp_path / "one" / "reps.csv")[0]
