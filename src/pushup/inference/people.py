"""Several people: who is in a frame, and who is who from frame to frame.

The keypoint networks look for one person. Asked again, with those known painted over and in parts
of the frame, they find the others; looked at closely, a body stays where it was found, and legs or
a shadow do not.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from pushup.geometry import Box
from pushup.inference.classifier import Classify, shared
from pushup.inference.predictor import KeypointPredictor, Pose, PoseModel
from pushup.inference.tracking import RegionTracker

_CLEAR, _SURE, _FIRST, _MAYBE, _JOINT = 0.6, 0.4, 0.3, 0.15, 0.1
"""Confidence of one more person at once and after another look, of the first, of a glimpse worth a
closer look, of a joint. What is left of somebody who is painted over may look like a person, which
the other look, at the whole picture, shows; nobody misleads the first."""

_CLOSE = 4.0  # side of a close look over that of the joints' box, as of `Region`
_PAINTED, _KEPT = 0.6, 0.3
"""What of somebody is painted over, or kept, round the joints' box, as a share of its side."""

_PART = 0.67  # of the frame's longer side
_STILL, _SAME, _JUMP = 0.2, 0.35, 1.0
"""Moves between two poses, in sides of the joints' box: of a body that is looked at again, of two
poses of one person, and of a look that went over to somebody else."""

_UNSEEN_S, _SURE_S = 1.0, 0.5
_AT_FIRST_S = 1.0  # in which others are looked for more often: repetitions may begin at once
_NEAR, _ALIKE = 2.0, 2.0
_PUSHING = 0.5  # the classifier's score of push-up position


def find_people(
    predictor: KeypointPredictor, frame_bgr: np.ndarray, known: Sequence[Pose] = (), most: int = 6
) -> list[Pose]:
    """Everybody in a (H, W, 3) uint8 frame beside those `known`, at most so many in all."""
    found: list[Pose] = []
    while len(known) + len(found) < most:
        another = _another(predictor, frame_bgr, [*known, *found])
        if another is None:
            break
        found.append(another)
    return found


def _another(
    predictor: KeypointPredictor, frame_bgr: np.ndarray, known: Sequence[Pose]
) -> Pose | None:
    painted, least = _painted(frame_bgr, known), _SURE if known else _FIRST
    for part in _parts(frame_bgr):
        pose = predictor(painted, part)
        for _ in range(2):  # a glimpse of two people becomes one of them
            box = _close(pose)
            if box is None or pose.scores.mean() < _MAYBE:
                break
            pose = predictor(painted, box)
        box = _close(pose)
        if box is None or pose.scores.mean() < least:
            continue
        if not known or pose.scores.mean() < _CLEAR:
            before, pose = pose, predictor(frame_bgr, box)
            if moved(before, pose) > _STILL or pose.scores.mean() < least:
                continue
        if all(moved(one, pose) > _SAME for one in known):
            return pose
    return None


def _parts(frame_bgr: np.ndarray) -> tuple[Box | None, ...]:
    """The whole frame and its two overlapping parts along the longer side."""
    height, width = frame_bgr.shape[:2]
    if width >= height:
        first, last = (0, 0, _PART * width, height), ((1 - _PART) * width, 0, width, height)
    else:
        first, last = (0, 0, width, _PART * height), (0, (1 - _PART) * height, width, height)
    return None, first, last


def _painted(frame_bgr: np.ndarray, known: Sequence[Pose], kept: Pose | None = None) -> np.ndarray:
    """The frame without those who are known; who is `kept` is not painted over."""
    places = [place for pose in known if (place := _place(pose, _PAINTED)) is not None]
    if not places:
        return frame_bgr
    painted, colour = frame_bgr.copy(), frame_bgr[::8, ::8].mean((0, 1))
    for place in places:
        painted[place] = colour
    own = None if kept is None else _place(kept, _KEPT)
    if own is not None:
        painted[own] = frame_bgr[own]
    return painted


def _place(pose: Pose, around: float) -> tuple[slice, slice] | None:
    """Rows and columns of a person, with so much round the joints' box as a share of its side."""
    box = joints_box(pose)
    if box is None:
        return None
    margin = around * _side(box)
    left, top = (max(0, math.floor(edge - margin)) for edge in box[:2])
    right, bottom = (max(0, math.ceil(edge + margin)) for edge in box[2:])
    return slice(top, bottom), slice(left, right)


def joints_box(pose: Pose) -> Box | None:
    """Edges of the box of the joints that are seen; None where fewer than two are."""
    points = pose.keypoints_frame[_seen(pose)]
    if len(points) < 2:
        return None
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return left, top, right, bottom


def _seen(pose: Pose) -> np.ndarray:
    return (pose.scores > _JOINT) & np.isfinite(pose.keypoints_frame).all(1)


def _side(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1], 1.0)


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _close(pose: Pose) -> Box | None:
    """The square of a close look."""
    box = joints_box(pose)
    if box is None:
        return None
    (x, y), half = _centre(box), _CLOSE * _side(box) / 2
    return x - half, y - half, x + half, y + half


def moved(before: Pose, after: Pose) -> float:
    """Median way of the joints that both show, in sides of the smaller joints' box."""
    boxes = [box for pose in (before, after) if (box := joints_box(pose)) is not None]
    both = _seen(before) & _seen(after)
    if len(boxes) < 2 or not both.any():
        return math.inf
    ways = np.linalg.norm((after.keypoints_frame - before.keypoints_frame)[both], axis=1)
    return float(np.median(ways)) / min(map(_side, boxes))


class Person:
    """One of several people: the predictor of whoever counts what they do.

    Attributes:
        model: As of the predictor.
        number: From 1 on; 0 until it is sure that somebody is there.
        pose: In the latest frame; nothing is known of who is out of sight.
        last: The latest that was theirs.
        in_view: They are followed.

    Args:
        follower: Follows them.
    """

    def __init__(self, follower: RegionTracker) -> None:
        self.model, self._follower = follower.model, follower
        self.number, self.in_view = 0, False
        joints = len(follower.model.skeleton.joints)
        self._nothing = Pose(np.full((joints, 2), np.nan), np.zeros(joints))
        self.pose = self.last = self._place = self._nothing
        self._found_s = self._seen_s = -math.inf

    def track(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """The pose that `People` has found in this frame."""
        return self.pose

    def reset(self) -> None:
        """There is nothing to forget: `People` remembers."""

    def found(self, pose: Pose, time_s: float, size_wh: tuple[int, int]) -> None:
        """Follow them from this pose on."""
        self._follower.follow(pose, time_s, size_wh)
        self.pose = self.last = self._place = pose
        self.in_view, self._found_s, self._seen_s = True, time_s, time_s

    def follow(self, frame_bgr: np.ndarray, time_s: float) -> None:
        """Look at the next frame."""
        self.pose = pose = self._follower.track(frame_bgr, time_s)
        confidence, jumped = pose.scores.mean(), moved(self.last, pose) > _JUMP
        if confidence >= _MAYBE and not jumped:
            self._seen_s, self.last = time_s, pose
            self._place = pose if confidence >= _SURE else self._place
        if time_s - self._seen_s > _UNSEEN_S or (confidence >= _SURE and jumped):
            self.lose()

    def lose(self) -> None:
        """They are out of sight."""
        self.pose, self.in_view = self._nothing, False

    def sure(self, time_s: float) -> bool:
        """They have been followed for long enough to be somebody."""
        return self.in_view and time_s - self._found_s >= _SURE_S

    def could_be(self, pose: Pose) -> float:
        """How far from where they were last a pose is, in sides of the larger joints' box.

        Infinite where it cannot be them: too far, or of another size.
        """
        box, last = joints_box(pose), joints_box(self._place)
        if box is None or last is None:
            return math.inf
        small, large = sorted((_side(box), _side(last)))
        way = math.dist(_centre(box), _centre(last)) / large
        return way if way <= _NEAR and large <= _ALIKE * small else math.inf


class People:
    """Follows everybody in view, and looks for more from time to time.

    Who was lost and is found again is who they were where place and size agree: within twice the
    side of the joints' box of where they were last seen, and at most twice as large or small.

    Args:
        model: As of the predictor.
        new_follower: Makes what follows one of them.
        every_s: Pause between two looks for others; a tenth of a second at first.
    """

    def __init__(
        self, model: PoseModel, new_follower: Callable[[], RegionTracker], every_s: float = 0.5
    ) -> None:
        self._predictor, self._new_follower = KeypointPredictor(model), new_follower
        self._every_s, self._looked_s, self._began_s = every_s, -math.inf, math.inf
        self._people: list[Person] = []

    def update(self, frame_bgr: np.ndarray, time_s: float) -> list[Person]:
        """Take the next frame; everybody who was ever in view, in the order of their coming."""
        before = {person: person.last for person in self._in_view}
        for person in before:
            others = [pose for other, pose in before.items() if other is not person]
            person.follow(_painted(frame_bgr, others, person.last), time_s)
        self._part(before)
        self._began_s = min(self._began_s, time_s)
        every_s = self._every_s if time_s - self._began_s > _AT_FIRST_S else _AT_FIRST_S / 10
        if time_s - self._looked_s >= every_s:
            self._looked_s = time_s
            self._look(frame_bgr, time_s)
        self._people = [p for p in self._people if p.in_view or p.number]
        for person in self._people:
            if not person.number and person.sure(time_s):
                person.number = 1 + max(p.number for p in self._people)
        return self._people

    @property
    def _in_view(self) -> list[Person]:
        return [person for person in self._people if person.in_view]

    def _part(self, before: dict[Person, Pose]) -> None:
        """Of two who are taken for one, who has come from farther away is lost."""
        present = self._in_view
        for place, one in enumerate(present):
            for other in present[:place]:
                if one.in_view and other.in_view and moved(one.last, other.last) < _SAME:
                    ways = {p: moved(before.get(p, p.last), p.last) for p in (one, other)}
                    max((one, other), key=lambda p: (not p.number, ways[p])).lose()

    def _look(self, frame_bgr: np.ndarray, time_s: float) -> None:
        """Find those who have come, or come back."""
        height, width = frame_bgr.shape[:2]
        poses = find_people(self._predictor, frame_bgr, [p.last for p in self._in_view])
        for pose in sorted(poses, key=lambda pose: float(np.nanmean(pose.keypoints_frame[:, 0]))):
            lost = [p for p in self._people if not p.in_view and p.number]
            person = min(lost, key=lambda p: p.could_be(pose), default=None)
            if person is None or person.could_be(pose) == math.inf:
                person = Person(self._new_follower())
                self._people.append(person)
            person.found(pose, time_s, (width, height))


class Chosen:
    """Follows one person: of several the one who is in push-up position. A `PoseTracker`.

    Once a second the classifier is asked about the person who is followed and about the frame.
    Where both say push-up that is all; else others are looked for. While there are any, `classify`
    looks at the one person alone. With nobody else in view all is as its follower sees it.

    Args:
        follower: Follows the person.
        classify: The classifier of whole frames.
        every_s: Pause between two doubts.
    """

    def __init__(self, follower: RegionTracker, classify: Classify, every_s: float = 1.0) -> None:
        self.model, self._follower = follower.model, follower
        self._whole, self._close = classify, closely(classify)
        self._predictor, self._every_s = KeypointPredictor(follower.model), every_s
        self.reset()

    def reset(self) -> None:
        """Follow nobody."""
        self._follower.reset()
        self._doubted_s, self._others = -math.inf, False

    def classify(self, frame_bgr: np.ndarray, pose: Pose) -> float | None:
        """Score that the person is in push-up position."""
        return (self._close if self._others else self._whole)(frame_bgr, pose)

    def track(self, frame_bgr: np.ndarray, time_s: float) -> Pose:
        """The pose in the next frame, taken at `time_s`."""
        pose = self._follower.track(frame_bgr, time_s)
        if time_s - self._doubted_s < self._every_s:
            return pose
        self._doubted_s = time_s
        better = self._better(frame_bgr, pose)
        if better is None:
            return pose
        height, width = frame_bgr.shape[:2]
        self._follower.follow(better, time_s, (width, height))
        return better

    def _better(self, frame_bgr: np.ndarray, pose: Pose) -> Pose | None:
        """Somebody in push-up position, where the person who is followed is not, or is two."""
        box = _close(pose)
        one = box is not None and moved(pose, self._predictor(frame_bgr, box)) < _SAME
        pushing_up = one and _is_push_up(self._close, frame_bgr, pose)
        if pushing_up and _is_push_up(self._whole, frame_bgr, pose):
            self._others = False
            return None
        found = find_people(self._predictor, frame_bgr, [pose] if one else ())
        self._others = len(found) > (not one)
        if pushing_up or not self._others:
            return None
        return next((p for p in found if _is_push_up(self._close, frame_bgr, p)), None)


def _is_push_up(classify: Classify, frame_bgr: np.ndarray, pose: Pose) -> bool:
    return (classify(frame_bgr, pose) or 0.0) >= _PUSHING


def closely(classify: Classify) -> Classify:
    """The classifier, shown a square round the person alone: others do not matter."""
    if classify is shared:
        return classify

    def score(frame_bgr: np.ndarray, pose: Pose) -> float | None:
        box = _close(pose)
        if box is None:
            return 0.0
        left, top = (max(0, round(edge)) for edge in box[:2])
        part = frame_bgr[top : max(0, round(box[3])), left : max(0, round(box[2]))]
        return classify(part, pose) if part.size else 0.0

    return score
