"""Labels from the votes of another pose model, where these agree.

The rule is that by which the labels of push-up frames were made for which no human labels exist:
a joint is labelled where at least three votes and three quarters of them lie within a tenth of the
body of their median, and the model calls it visible.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pushup.cli import InputError
from pushup.data.mediapipe_votes import LANDMARKS
from pushup.data.mpii import MpiiPerson, read_community_people, write_community_json
from pushup.files import new_folder
from pushup.foreign import floats, read_npz
from pushup.skeleton import MPII_JOINTS, UPPER7

LANDMARK = {"shoulder": 11, "elbow": 13, "wrist": 15, "hip": 23, "knee": 25, "ankle": 27}
"""MediaPipe's index of a left joint; that of the right one is the next."""

MIN_VOTES, MIN_SHARE = 3, 0.75
NEAR, NEARER = 0.1, 0.06
"""Distances from the median, in body lengths: of votes that agree, and that agree closely."""

VISIBLE, HALF_VISIBLE = 0.5, 0.25
"""Median visibility from which a joint is labelled: where votes agree, and agree closely."""

MIN_JOINTS = 5
MIN_COMMON = 3
SAME_PERSON = 0.3
"""Joints of the upper body that are labelled twice, and the body lengths by which their median may
differ, for votes and labels to be of the same person."""


def head_top(points: np.ndarray) -> np.ndarray:
    """(..., 2) top of the head from MediaPipe's (..., 33, 2) landmarks.

    Ears - 0.025 (ears - shoulders) + 0.188 (nose - ears) + 1.759 (eyes - mouth), each the middle of
    a pair: fitted on human labels of Leeds Sports Pose Extended, by the makers of the data.
    """

    def middle(left: int, right: int) -> np.ndarray:
        return (points[..., left, :] + points[..., right, :]) / 2

    ears, shoulders, eyes, mouth = middle(7, 8), middle(11, 12), middle(2, 5), middle(9, 10)
    nose = points[..., 0, :]
    return ears - 0.025 * (ears - shoulders) + 0.188 * (nose - ears) + 1.759 * (eyes - mouth)


def to_mpii(votes: np.ndarray) -> np.ndarray:
    """(V, 16, 3) x, y, visibility in MPII's joints of (V, 33, 3) landmarks; NaN where unknown."""
    joints = np.full((len(votes), len(MPII_JOINTS), 3), np.nan)
    for part, left in LANDMARK.items():
        joints[:, MPII_JOINTS.index(f"left_{part}")] = votes[:, left]
        joints[:, MPII_JOINTS.index(f"right_{part}")] = votes[:, left + 1]
    head = MPII_JOINTS.index("head")
    joints[:, head, :2] = head_top(votes[..., :2])
    joints[:, head, 2] = votes[:, [0, 7, 8], 2].max(1)
    return joints


def body_length(votes: np.ndarray) -> float:
    """Length of the trunk, or 1.3 x the distance of the shoulders; the median of (V, 33, 3)."""
    shoulders, hips = votes[:, [11, 12], :2], votes[:, [23, 24], :2]
    trunk = np.linalg.norm(shoulders.mean(1) - hips.mean(1), axis=-1)
    width = np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1)
    return float(np.median(np.maximum(trunk, 1.3 * width)))


def agree(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """What votes agree on.

    Args:
        votes: (V, 33, 3) landmarks of one picture, NaN where nobody was found.

    Returns:
        (16, 2) MPII's joints and (16,) bool, which of them are labelled; None where too few votes
        found anybody, or too few joints of the upper body are labelled.
    """
    votes = votes[np.isfinite(votes[:, 0, 0])].astype(float)
    if len(votes) < MIN_VOTES:
        return None
    joints, length = to_mpii(votes), body_length(votes)
    points = joints[..., :2]
    near = np.linalg.norm(points - np.median(points, 0), axis=-1) <= NEAR * length
    agreed = np.where(near.any(0)[:, None], _median_of(points, near), np.nan)
    closely = (np.linalg.norm(points - agreed, axis=-1) <= NEARER * length).all(0)
    visibility = np.median(joints[..., 2], 0)
    labelled = (near.sum(0) >= max(MIN_VOTES, MIN_SHARE * len(votes))) & (
        (visibility >= VISIBLE) | ((visibility >= HALF_VISIBLE) & closely)
    )
    if labelled[UPPER7.mpii].sum() < MIN_JOINTS:
        return None
    return agreed, labelled


def _median_of(points: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """(J, 2) medians of those of (V, J, 2) points that are chosen (V, J)."""
    masked = np.ma.masked_array(points, np.broadcast_to(~chosen[..., None], points.shape))
    return np.ma.median(masked, 0).filled(np.nan)


def people(
    votes: np.ndarray,
    names: Sequence[str],
    source: str,
    labels: Mapping[str, MpiiPerson] | None = None,
) -> list[MpiiPerson]:
    """A person for each picture whose votes agree.

    Args:
        votes: (N, V, 33, 3).
        names: N pictures.
        source: Name of the collection that they make.
        labels: If given, the people that the pictures show by others: a picture without one, or
            whose votes see somebody else, is left out.
    """
    found = []
    for name, vote in zip(names, votes, strict=True):
        agreed = agree(vote)
        known = None if labels is None else labels.get(name)
        if agreed is None or (labels is not None and known is None):
            continue
        points, labelled = agreed
        if known is not None and not _is_same(points, labelled, known, vote):
            continue
        person = MpiiPerson(
            image=name,
            keypoints=np.where(labelled[:, None], points, np.nan),
            labelled=labelled,
            visible=labelled,
            source=source,
            group=known.group if known else name,
        )
        found.append(person)
    return found


def _is_same(points: np.ndarray, labelled: np.ndarray, known: MpiiPerson, vote: np.ndarray) -> bool:
    both = UPPER7.mpii[(labelled & known.labelled)[UPPER7.mpii]]
    if len(both) < MIN_COMMON:
        return False
    distance = np.linalg.norm(points[both] - known.keypoints[both], axis=-1)
    length = body_length(vote[np.isfinite(vote[:, 0, 0])])
    return bool(np.median(distance) <= SAME_PERSON * length)


def read_votes(path: Path) -> tuple[np.ndarray, list[str]]:
    """(N, V, 33, 3) votes and N names of pictures; InputError if the file holds no such thing."""
    made = "make it with python -m pushup mediapipe-votes"
    arrays = read_npz(path, ("votes", "names"), "a file of votes", made)
    votes = floats(arrays["votes"], (None, None, LANDMARKS, 3), f"{path}: votes")
    names = arrays["names"]
    if names.dtype.kind != "U" or names.shape != votes.shape[:1]:
        raise InputError(f"{path}: names has to be a text for each of {len(votes)} votes; {made}")
    return votes, [str(name) for name in names]


def write(out: Path, parts: Sequence[Sequence[str]]) -> list[MpiiPerson]:
    """Make the folder `out`, with links to the pictures.

    Args:
        out: The folder.
        parts: Texts SOURCE, VOTES, PICTURES and, where there are any, LABELS.

    Raises:
        InputError: A file is missing or of another kind, no votes agree, or `out` cannot be made.
    """
    found: list[MpiiPerson] = []
    for source, *_ in parts:
        if not re.fullmatch(r"\w[\w.-]*", source):
            raise InputError(f"--of {source}: a SOURCE names a folder: give letters and digits")
    for source, votes_file, _, *labels_file in parts:
        labels = {p.image: p for file in labels_file for p in read_community_people(Path(file))}
        votes, names = read_votes(Path(votes_file))
        of_part = people(votes, names, source, labels if labels_file else None)
        found += [replace(p, image=f"{source}/{p.image}") for p in of_part]
        print(f"{source}: {len(of_part)} of {len(names)} pictures")
    if not found:
        raise InputError(f"{out} is not made: on no picture do the votes agree")
    with new_folder(out) as stage:
        (stage / "images").mkdir()
        for source, _, pictures, *_ in parts:
            link = stage / "images" / source
            link.symlink_to(Path(pictures).resolve(), target_is_directory=True)
        write_community_json(stage / "train.json", found)
    return found
