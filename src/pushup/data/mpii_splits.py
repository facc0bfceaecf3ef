"""How MPII's people are divided into splits; its release marks only train and (unlabelled) test."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pushup.cli import InputError
from pushup.data import annotations as check
from pushup.data import matlab
from pushup.data.mpii import MpiiPerson, read_community_people
from pushup.foreign import parsing, read_text

TOMPSON_COUNTS = {"train": 22246, "val": 2958}
"""People by the split of Tompson et al. (CVPR 2015), which the community JSON follows."""
AUTHORS_COUNTS = {"train": 9503, "val": 1000, "test": 1000}
"""Images with one person, as the authors of the published push-up counter split them."""
LABELLED_PEOPLE = 28883
"""People with joints in the release (22,246 + 2,958 + 3,679 beside a validation person)."""
HELD_OUT = 0.1
"""Share of the images in each of val and test of a seeded split."""


@dataclass(frozen=True)
class Splits:
    """People by split.

    Attributes:
        people: Split name to people.
        method: How the split was made, for the note left beside it.
        counts: What was counted: people by split, or of all under "in all".
        expected: The known value of each of `counts`.
    """

    people: dict[str, list[MpiiPerson]]
    method: str
    counts: dict[str, int]
    expected: dict[str, int]


def by_list(people: Sequence[MpiiPerson], path: Path) -> Splits:
    """Validation people as a list names them; other people in their images belong to no split."""
    train_people = [p for p in people if p.is_train]
    listed = _read_list(path, {p.image: p.index[0] for p in train_people})
    images = {image for image, _ in listed}
    return _counted(
        {
            "train": [p for p in train_people if p.index[0] not in images],
            "val": [p for p in train_people if p.index in listed],
        },
        f"validation people as listed in {path.name}",
        TOMPSON_COUNTS,
    )


def _read_list(path: Path, index_of_image: dict[str, int]) -> set[tuple[int, int]]:
    """1-based (image, person) numbers in the release, from Tompson's .mat or a text file."""
    if path.suffix == ".mat":
        return _read_mat_list(path)
    listed = set()
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        parts = re.split(r"[,\s]+", line.strip())
        if parts == [""]:
            continue
        image = index_of_image.get(parts[0]) or (parts[0].isdigit() and int(parts[0]))
        if len(parts) != 2 or not image or not parts[1].isdigit():
            raise InputError(
                f"{path}: line {number} must name an image (its file name or number in the "
                f"release) and the person's number in it, both counted from 1"
            )
        listed.add((image, int(parts[1])))
    return listed


def _read_mat_list(path: Path) -> set[tuple[int, int]]:
    content = matlab.load(path)
    with parsing(path, "Tompson's detections.mat", "download it again"):
        return _mat_list(path, content)


def _mat_list(path: Path, content: dict[str, Any]) -> set[tuple[int, int]]:
    images = np.ravel(content.get("RELEASE_img_index", []))
    people = np.ravel(content.get("RELEASE_person_index", []))
    if images.size == 0 or images.size != people.size:
        raise InputError(
            f"{path}: no list of people; give Tompson's detections.mat, "
            f"which holds RELEASE_img_index and RELEASE_person_index"
        )
    return {(int(i), int(p)) for i, p in zip(images, people, strict=True)}


def by_community(folder: Path, people: Sequence[MpiiPerson] = ()) -> Splits:
    """The community JSON's own split and labels.

    People of the release, where given, lend their head box and hidden joints, which the JSON lacks,
    to the person with the same image and centre.
    """
    check.check_folder(folder)
    val = "valid" if (folder / "valid.json").is_file() else "val"
    files = {s: check.find_annotation(folder, f) for s, f in (("train", "train"), ("val", val))}
    twins = {_place(p): p for p in people if p.center is not None}
    splits = {
        split: [_completed(p, twins.get(_place(p))) for p in read_community_people(file)]
        for split, file in files.items()
    }
    method = f"community JSON {files['train'].name} and {files['val'].name}"
    if people:
        boxes = sum(p.head_box is not None for ps in splits.values() for p in ps)
        method += f", {boxes:,} head boxes from the release"
    return _counted(splits, method, TOMPSON_COUNTS)


def _place(person: MpiiPerson) -> tuple:
    return person.image, None if person.center is None else tuple(np.round(person.center))


def _completed(person: MpiiPerson, twin: MpiiPerson | None) -> MpiiPerson:
    if twin is None:
        return person
    hidden = twin.labelled & ~twin.visible
    return replace(person, head_box=twin.head_box, visible=person.labelled & ~hidden)


def by_seed(people: Sequence[MpiiPerson], seed: int) -> Splits:
    """A random split by image; no published figure is on it."""
    train_people = [p for p in people if p.is_train]
    return Splits(
        _shuffled(train_people, seed, HELD_OUT),
        f"random by image, seed {seed}; no published split",
        {"in all": len(train_people)},
        {"in all": LABELLED_PEOPLE},
    )


def by_authors(people: Sequence[MpiiPerson], seed: int) -> Splits:
    """Images with one labelled person, split at random in the sizes that the authors used."""
    train_people = [p for p in people if p.is_train]
    people_in = Counter(p.image for p in train_people)
    alone = [p for p in train_people if people_in[p.image] == 1]
    share = AUTHORS_COUNTS["val"] / sum(AUTHORS_COUNTS.values())
    return _counted(
        _shuffled(alone, seed, share),
        f"images with one labelled person, random, seed {seed} (the authors' own draw is unknown)",
        AUTHORS_COUNTS,
    )


def _shuffled(people: Sequence[MpiiPerson], seed: int, share: float) -> dict[str, list[MpiiPerson]]:
    """Train, val and test with whole images each: `share` of them in val, as many in test."""
    images = sorted({p.image for p in people})
    if len(images) < 3:
        raise InputError(f"{len(images)} images with labelled people are too few for three splits")
    count = max(1, round(len(images) * share))
    order = np.random.default_rng(seed).permutation(len(images))
    split_of = {
        images[i]: "val" if rank < count else "test" if rank < 2 * count else "train"
        for rank, i in enumerate(order.tolist())
    }
    return {s: [p for p in people if split_of[p.image] == s] for s in ("train", "val", "test")}


def _counted(people: dict[str, list[MpiiPerson]], method: str, expected: dict[str, int]) -> Splits:
    return Splits(people, method, {split: len(p) for split, p in people.items()}, expected)
