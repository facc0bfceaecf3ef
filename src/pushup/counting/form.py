"""Advice on the form of a repetition that was counted; it never changes a count.

Every figure is honest about what it can see: it is NaN where the joints it needs are not seen, or
where the camera looks from a side that does not show it. Cameras see projections, so each figure is
chosen such that projection acquits. What a figure may be is configuration (conf/form).
"""

import math
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np

from pushup.cli import InputError
from pushup.counting.rep_window import RepWindow, angle_deg, median, percentile
from pushup.counting.types import Finding, Observation, Rep
from pushup.skeleton import UPPER7, Skeleton

Limits = tuple[float | None, float | None]
"""Least and most that a figure may be; None for no limit."""

UPPER_ARM, FOREARM = 0.186 / 0.332, 0.146 / 0.332
"""Shares of a straight arm, shoulder to wrist (Drillis and Contini, "Body Segment Parameters")."""

HINTS: dict[str, tuple[str, str]] = {
    "depth": ("", "go deeper"),
    "lockout": ("straighten your arms at the top", ""),
    "descent": ("lower yourself more slowly", ""),
    "ascent": ("push up more slowly", ""),
    "roll": ("", "keep your shoulders level"),
    "hands": ("hands further apart", "hands closer together"),
    "head": ("", "do not let your head hang"),
    "hips": ("lower your hips", "do not let your hips sag"),
}
"""What to say when a figure is below its least, and above its most."""


def depth(film: RepWindow) -> float:
    """Angle of the elbows at the bottom in degrees; a right angle is the usual standard.

    "Until the elbow bends at a 90-degree angle": FitnessGram's 90-degree push-up (Meredith and
    Welk, FITNESSGRAM Test Administration Manual), likewise the U.S. Army's standard of upper arms
    parallel to the ground. The angle in the picture and the angle by which the arm has shortened
    are two estimates that a camera falsifies in different views: the smaller one counts.
    """
    angles = []
    for side in film.arms:
        reach = film.reach(side)
        cosine = (UPPER_ARM**2 + FOREARM**2 - reach**2) / (2 * UPPER_ARM * FOREARM)
        by_reach = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        angles += [by_reach, film.elbow_deg(side)]
    at_bottom = [median(angle[film.at(film.rep.bottom_s)]) for angle in angles]
    return min((angle for angle in at_bottom if math.isfinite(angle)), default=math.nan)


def lockout(film: RepWindow) -> float:
    """Largest angle of an elbow in degrees between the last repetition and this one's descent.

    "The arms are fully extended" at the top: ACSM's Guidelines for Exercise Testing and
    Prescription, and the U.S. Army's test. A straight arm is straight in every projection. It is
    the top before the descent that is looked at, since a repetition is counted on its way up; a
    recording that begins with the descent shows none.
    """
    before = film.time_s <= film.rep.start_s
    if film.is_first and film.time_s[0] > film.rep.start_s - 0.25:
        return math.nan
    angles = [percentile(film.elbow_deg(side)[before], 90) for side in film.arms]
    return max((angle for angle in angles if math.isfinite(angle)), default=math.nan)


def descent(film: RepWindow) -> float:
    """Seconds from the top to the bottom, where the arms have to brake.

    Training guidelines ask for a controlled lowering of one second and more (ACSM position stand
    "Progression models in resistance training for healthy adults", 2009); FitnessGram's cadence
    gives 1.5 s. A body that drops takes about 0.3 s for half an arm's length.
    """
    return film.rep.bottom_s - film.rep.start_s


def ascent(film: RepWindow) -> float:
    """Seconds from the bottom to the count.

    The same cadence gives the ascent 1.5 s. A powerful push is no fault, so that only what a body
    bounced off the floor, or a wild keypoint, can do lies below the usual limit. NaN for a
    repetition that was counted before it was half-way up.
    """
    for side in film.arms:
        reach = film.reach(side)
        start, bottom, top = (
            median(reach[film.at(t)]) for t in (film.rep.start_s, film.rep.bottom_s, film.rep.top_s)
        )
        if top - bottom > 0.5 * (start - bottom) > 0:
            return film.rep.top_s - film.rep.bottom_s
    return math.nan


def roll(film: RepWindow) -> float:
    """Degrees by which the line of the shoulders turns on the way down.

    From the front. "The body should be lifted as a unit": the trunk stability push-up of the
    Functional Movement Screen (Cook and others, 2014). The change from top to bottom is looked at,
    so that neither a tilted camera nor a sloping floor accuses. It is taken against the picture,
    which a shaking camera turns, and against the line of the hands, which may lie outside: the
    smaller one counts.
    """
    if not film.from_front:
        return math.nan
    shoulders_deg, hands_deg = (_turn_deg(film, part) for part in ("shoulder", "wrist"))
    return min(abs(shoulders_deg), abs(shoulders_deg - hands_deg))


def _turn_deg(film: RepWindow, part: str) -> float:
    across = film.point(f"left_{part}") - film.point(f"right_{part}")
    slope_deg = np.degrees(np.arctan2(across[:, 1], np.abs(across[:, 0])))
    top, bottom = (median(slope_deg[film.at(t)]) for t in (film.rep.start_s, film.rep.bottom_s))
    return bottom - top


def hands(film: RepWindow) -> float:
    """Distance of the wrists in distances of the shoulders, from the front.

    Half, once and one and a half times the shoulders' width are what is compared as narrow, normal
    and wide (Gouvali and Boudolos, J. Strength Cond. Res. 2005; Cogley and others, ibid. 2005),
    wide over the outer shoulders. Joints lie inside them, by about a quarter: 1.5 becomes 2.
    """
    if not film.from_front:
        return math.nan
    wrists, shoulders = (
        np.linalg.norm(film.point(f"left_{part}") - film.point(f"right_{part}"), axis=1)
        for part in ("wrist", "shoulder")
    )
    return median(wrists / shoulders)


def head(film: RepWindow) -> float:
    """Degrees by which the head points downward from the shoulders, from the side.

    Coaches ask for a head in line with the trunk (ACSM's Guidelines: "back straight, head up").
    The trunk is nearly level and no point of it below the shoulders is needed.
    """
    if not film.from_side:
        return math.nan
    middle = (film.point("right_shoulder") + film.point("left_shoulder")) / 2
    ahead = film.point("head") - middle
    during = film.time_s >= film.rep.start_s
    down_deg = np.degrees(np.arctan2(ahead[:, 1], np.abs(ahead[:, 0])))
    return median(down_deg[during])


def hips(film: RepWindow) -> float:
    """Degrees by which the body bends at the hips, from the side: sagging above 0, piking below.

    The straight line from shoulders to hips to knees is the standard of every push-up test cited
    above. Needs a skeleton with hips and knees; with `upper7` nothing is said.
    """
    if not film.from_side:
        return math.nan
    during = film.time_s >= film.rep.start_s
    return median(np.concatenate([_bend_deg(film, side)[during] for side in ("right", "left")]))


def _bend_deg(film: RepWindow, side: str) -> np.ndarray:
    shoulder, hip, knee = (film.point(f"{side}_{part}") for part in ("shoulder", "hip", "knee"))
    bend_deg = 180 - angle_deg(shoulder, hip, knee)
    middle_y = (shoulder[:, 1] + knee[:, 1]) / 2
    return np.where(hip[:, 1] > middle_y, bend_deg, -bend_deg)


FIGURES: dict[str, Callable[[RepWindow], float]] = {
    figure.__name__: figure for figure in (depth, lockout, descent, ascent, roll, hands, head, hips)
}
"""In the order in which they are told."""


class FormCheck:
    """Remembers the frames since the last repetition, and judges a repetition by them.

    Args:
        limits: Least and most of each figure that is to be judged, by its name in `FIGURES`; None
            leaves a figure out.
        min_score: Joints of lower confidence are not seen.
        memory_s: Frames older than this are forgotten.
        skeleton: Order of the keypoints.

    Raises:
        InputError: There is no such figure, or its limits are no pair.
    """

    def __init__(
        self,
        limits: Mapping[str, Limits | None],
        min_score: float = 0.2,
        memory_s: float = 30.0,
        skeleton: Skeleton = UPPER7,
    ) -> None:
        unknown = sorted(set(limits) - set(FIGURES))
        if unknown:
            raise InputError(f"form has no rule {unknown[0]!r}: choose of {', '.join(FIGURES)}")
        self._limits = {rule: _pair(rule, limits[rule]) for rule in FIGURES if limits.get(rule)}
        self._min_score, self._memory_s, self._skeleton = min_score, memory_s, skeleton
        self._frames: deque[Observation] = deque()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._frames.clear()
        self._is_first = True

    def update(self, observation: Observation) -> None:
        """Take the next frame."""
        self._frames.append(observation)
        while self._frames[0].time_s < observation.time_s - self._memory_s:
            self._frames.popleft()

    def judge(self, rep: Rep) -> list[Finding]:
        """What the repetition just counted shows; figures that cannot be seen are left out."""
        film = RepWindow(list(self._frames), rep, self._skeleton, self._min_score, self._is_first)
        self._is_first = False
        while self._frames and self._frames[0].time_s < rep.top_s:
            self._frames.popleft()
        measured = {name: FIGURES[name](film) for name in self._limits}
        return [
            Finding(name, value, _hint(name, value, self._limits[name]))
            for name, value in measured.items()
            if math.isfinite(value)
        ]


def _pair(rule: str, limits: Limits | None) -> Limits:
    try:
        least, most = limits or (None, None)
    except (TypeError, ValueError) as error:
        raise InputError(f"form.limits.{rule}={limits}: give [least,most] or null") from error
    return least, most


def _hint(name: str, value: float, limits: Limits) -> str:
    least, most = limits
    low, high = HINTS[name]
    if least is not None and value < least:
        return low
    return high if most is not None and value > most else ""
