"""Divides a COCO export, which annotation tools give in one piece, into splits of whole scenes."""

import json
import re
import shutil
from collections import Counter
from pathlib import Path, PurePosixPath

import numpy as np

from pushup.cli import InputError
from pushup.data import annotations as check
from pushup.data import coco
from pushup.data.pictures import find, require_inside
from pushup.files import new_folder, write_json
from pushup.foreign import parsing

SPLITS = ("train", "val", "test")


def prepare_coco(
    root: Path,
    out: Path,
    split: str = "0.8,0.1,0.1",
    annotation: str = "default",
    group: str | None = None,
    seed: int = 0,
) -> dict[str, int]:
    """Write `out` with a COCO file a split, `images/` and a note on how it was made.

    Images of one scene stay together: those whose names share what the pattern finds, or which
    state one `group`, or lie in one folder. An image of which nothing of the kind is known is a
    scene of its own.

    Args:
        root: Folder of the export.
        out: New folder; nothing is left there if anything fails.
        split: Shares of train, val and test, divided by commas; test may be missing.
        annotation: Name of the split that the export holds.
        group: Regular expression; its first group, or all that it matches in an image's name, names
            the scene.
        seed: Of the draw.

    Returns:
        Images by split.

    Raises:
        InputError: The export cannot be read (see `coco.read`), the shares are none, there are
            fewer scenes than splits, or `out` cannot be written or is not empty.
    """
    shares = _shares(split)
    root = check.check_folder(root)
    coco.read(root, annotation)
    path = coco.annotation_file(root, annotation)
    tables = coco.read_tables(path)
    with parsing(path, "a COCO file", "export it again"):
        images = coco.images_by_id(tables.images, path)
        files = _files(root, annotation, path, images)
        scene_of = {key: _scene(image, group) for key, image in images.items()}
    split_of = _divide(scene_of, shares, seed)
    names = {key: _name(root, file) for key, file in files.items()}
    with new_folder(Path(out)) as stage:
        for key, file in files.items():
            target = stage / "images" / names[key]
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                raise InputError(f"{path}: two images are called {names[key]}; rename one")
            shutil.copyfile(file, target)
        for name in shares:
            keys = {key for key, part in split_of.items() if part == name}
            part = _part(tables, keys, names, scene_of)
            (stage / f"{name}.json").write_text(json.dumps(part), encoding="utf-8")
        counts = {name: sum(part == name for part in split_of.values()) for name in shares}
        scenes = {n: len({scene_of[k] for k, p in split_of.items() if p == n}) for n in shares}
        note = {"dataset": str(path.name), "shares": shares, "seed": seed}
        write_json(stage / check.SPLIT_NOTE, {**note, "images": counts, "scenes": scenes})
    return counts


def _shares(text: str) -> dict[str, float]:
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) not in (2, 3) or min(values) <= 0 or abs(sum(values) - 1) > 1e-6:
        raise InputError(f"--split {text}: give shares above 0 with the sum 1, such as 0.8,0.1,0.1")
    return dict(zip(SPLITS, values, strict=False))


def _files(
    root: Path, split: str, path: Path, images: dict[int | str, dict]
) -> dict[int | str, Path]:
    """The file of each image; InputError if one is missing or leads out of the folder."""
    folders = coco.image_folders(root, split)
    files = {}
    for key, image in images.items():
        where = f"{path}: image {key}"
        files[key] = find(folders, check.text(image, "file_name", where), where)
    check.check_images(files.values(), path)
    for file in files.values():
        require_inside(root, file)
    return files


def _name(root: Path, file: Path) -> str:
    folder = check.image_folder(root)
    return file.relative_to(folder if file.is_relative_to(folder) else root).as_posix()


def _scene(image: dict, pattern: str | None) -> str:
    name = str(image["file_name"])
    if pattern is not None:
        try:
            found = re.search(pattern, name)
        except re.error as error:
            raise InputError(f"--group {pattern}: no regular expression ({error})") from error
        if found is None:
            raise InputError(f"--group {pattern}: does not fit image {name!r}")
        return found[1] if found.re.groups else found[0]
    folder = PurePosixPath(name.replace("\\", "/")).parent.as_posix()
    return str(image.get("group") or (folder if folder != "." else name))


def _divide(
    scene_of: dict[int | str, str], shares: dict[str, float], seed: int
) -> dict[int | str, str]:
    """Whole scenes to splits, the largest first, each to the split that lacks most images."""
    sizes = Counter(scene_of.values())
    if len(sizes) < len(shares):
        raise InputError(
            f"{len(sizes)} scenes are too few for {len(shares)} splits: name scenes with --group"
        )
    scenes = sorted(sizes)
    order = [scenes[i] for i in np.random.default_rng(seed).permutation(len(scenes))]
    order.sort(key=lambda scene: -sizes[scene])  # stable: equal ones stay as they were drawn
    wanted = {name: share * len(scene_of) for name, share in shares.items()}
    split_of_scene: dict[str, str] = {}
    for number, scene in enumerate(order):
        empty = [name for name in shares if name not in split_of_scene.values()]
        open_to = empty if len(order) - number <= len(empty) else list(shares)
        chosen = max(open_to, key=wanted.__getitem__)
        split_of_scene[scene] = chosen
        wanted[chosen] -= sizes[scene]
    return {key: split_of_scene[scene] for key, scene in scene_of.items()}


def _part(
    tables: coco.Tables,
    keys: set[int | str],
    names: dict[int | str, str],
    scene_of: dict[int | str, str],
) -> dict[str, list[dict]]:
    images = [
        image | {"file_name": names[image["id"]], "group": scene_of[image["id"]]}
        for image in tables.images
        if image["id"] in keys
    ]
    annotations = [a for a in tables.annotations if a.get("image_id") in keys]
    return {"images": images, "annotations": annotations, "categories": tables.categories}
