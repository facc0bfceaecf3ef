"""Turns a download of MPII into a data folder."""

import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
from tqdm import tqdm

from pushup.cli import InputError
from pushup.data import annotations as check
from pushup.data import mpii, mpii_splits, seven_point
from pushup.data.mpii_splits import Splits
from pushup.data.pictures import inside, read_rgb, require_inside
from pushup.files import new_folder
from pushup.foreign import parsing

JPEG_QUALITY = 92

Factors = dict[str, tuple[float, float]]
"""By image name: how much its width and height were resized."""


def prepare_mpii(
    images: Path,
    out: Path,
    mat: Path | None = None,
    validation_list: Path | None = None,
    community: Path | None = None,
    variant: str = "people",
    shrink: int = 640,
    seed: int = 0,
    allow_partial: bool = False,
) -> dict[str, int]:
    """Write `out` with an annotation file a split, `images/` and a note on how it was made.

    Args:
        images: Folder of MPII's images.
        out: New folder; nothing is left there if anything fails.
        mat: `mpii_human_pose_v1_u12_1.mat`.
        validation_list: Tompson's `detections.mat`, or text lines "image person".
        community: Folder with the community's `train.json` and `valid.json`.
        variant: "people", community JSON of every person; "authors", seven-point JSON of images
            with one person.
        shrink: Longer side of the images at most, in pixels; 0 keeps them as they are.
        seed: Of the random splits.
        allow_partial: Go on when counts are not those of the whole data set, leaving out people
            whose image is absent.

    Returns:
        People by split.

    Raises:
        InputError: Input missing, malformed or incomplete, or `out` not writable or not empty.
    """
    if shrink < 0:
        raise InputError(f"shrink={shrink}: give a number of pixels, or 0 to keep the size")
    images = check.image_folder(check.check_folder(images))
    splits = _choose_splits(mat, validation_list, community, variant, seed)
    _check_counts(splits, allow_partial)
    splits = _with_images(splits, images, allow_partial)
    names = sorted({p.image for people in splits.people.values() for p in people})
    with new_folder(Path(out)) as stage:
        factors = _copy_images(names, images, stage / "images", shrink)
        _write(splits, factors, stage, variant)
        counts = {split: len(people) for split, people in splits.people.items()}
        note = {
            "dataset": "mpii",
            "variant": variant,
            "split": splits.method,
            "longer_side_at_most": shrink or None,
            "people": counts,
            "complete": splits.counts == splits.expected,
        }
        (stage / check.SPLIT_NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    return counts


def _choose_splits(
    mat: Path | None, validation_list: Path | None, community: Path | None, variant: str, seed: int
) -> Splits:
    if mat is None and (community is None or variant == "authors"):
        raise InputError("give the release's annotation file with --mat FILE")
    if variant == "authors" and (validation_list or community):
        raise InputError("--variant authors has a split of its own: drop the list or --community")
    if mat is not None:
        print(f"reading {mat} (a minute for the whole release) ...", flush=True)
    people = mpii.read_release_people(mat) if mat is not None else []
    if variant == "authors":
        return mpii_splits.by_authors(people, seed)
    if community is not None:
        return mpii_splits.by_community(community, people)
    if validation_list is not None:
        return mpii_splits.by_list(people, validation_list)
    return mpii_splits.by_seed(people, seed)


def _check_counts(splits: Splits, allow_partial: bool) -> None:
    def shown(counts: dict[str, int]) -> str:
        return ", ".join(f"{n:,} {split}" for split, n in counts.items())

    print(f"split: {splits.method}")
    print(f"people: {shown(splits.counts)}; expected {shown(splits.expected)}")
    empty = [split for split, people in splits.people.items() if not people]
    if empty:
        raise InputError(
            f"no labelled person in {', '.join(empty)}: is the list of another release?"
        )
    if splits.counts != splits.expected and not allow_partial:
        raise InputError(
            f"people: found {shown(splits.counts)}, expected {shown(splits.expected)}: incomplete, "
            f"or another version of the data; add --allow-partial to go on all the same"
        )


def _with_images(splits: Splits, images: Path, allow_partial: bool) -> Splits:
    """The people whose image is there; InputError if any is absent and that is not allowed."""
    named = {p.image for people in splits.people.values() for p in people}
    paths = {name: inside(images, name, "the annotation") for name in sorted(named)}
    missing = {name for name, path in paths.items() if not path.is_file()}
    for name in named - missing:
        require_inside(images, paths[name])
    if not missing:
        return splits
    if not allow_partial:
        raise InputError(
            f"{images / min(missing)}: image is missing ({len(missing):,} of {len(named):,} are); "
            f"unpack all of MPII's images, or add --allow-partial to leave these out"
        )
    kept = {s: [p for p in ps if p.image not in missing] for s, ps in splits.people.items()}
    if not all(kept.values()):
        raise InputError(f"{images}: holds no image of a whole split; unpack MPII's images there")
    print(f"left out: {len(missing):,} of {len(named):,} images are missing")
    return replace(splits, people=kept, counts={s: len(ps) for s, ps in kept.items()})


def _copy_images(names: Sequence[str], source: Path, target: Path, shrink: int) -> Factors:
    target.mkdir()
    for folder in {Path(name).parent for name in names}:
        (target / folder).mkdir(parents=True, exist_ok=True)

    def copy(name: str) -> tuple[float, float]:
        return _copy_image(source / name, target / name, shrink)

    # Threads suffice: OpenCV decodes and resizes without holding Python's lock.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            done = tqdm(pool.map(copy, names), "images", len(names), unit="image")
            return dict(zip(names, done, strict=True))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _copy_image(source: Path, target: Path, shrink: int) -> tuple[float, float]:
    """Shrink the image, or copy it where it is small enough; returns the two factors.

    A copy, not a link: who changes the new folder must not change the download.
    """
    if shrink:
        image_rgb = read_rgb(source)
        height, width = image_rgb.shape[:2]
        scale = shrink / max(height, width)
        if scale < 1:
            size_wh = max(1, round(width * scale)), max(1, round(height * scale))
            small_rgb = cv2.resize(image_rgb, size_wh, interpolation=cv2.INTER_AREA)
            with parsing(source, "a picture", "convert it to JPEG"):
                quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
                encoded = cv2.imencode(target.suffix, small_rgb[..., ::-1], quality)[1]
            target.write_bytes(encoded.tobytes())
            return size_wh[0] / width, size_wh[1] / height
    shutil.copyfile(source, target)
    return 1.0, 1.0


def _write(splits: Splits, factors: Factors, folder: Path, variant: str) -> None:
    for split, people in splits.people.items():
        resized = [p.resized(factors[p.image]) for p in people]
        path = folder / f"{split}.json"
        if variant == "authors":
            seven_point.write(path, [p.record(Path()) for p in resized], is_pushing_up=False)
        else:
            mpii.write_community_json(path, resized)
