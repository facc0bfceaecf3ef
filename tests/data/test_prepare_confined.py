"""`prepare` reads and writes where it was told to, and divides exports by scenes."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from pushup.cli import InputError
from pushup.data import coco
from pushup.data.prepare import prepare_mpii
from pushup.data.prepare_coco import prepare_coco


def picture(path: Path, seed: int = 0) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.random.default_rng(seed).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    cv2.imwrite(str(path), image)
    return path.read_bytes()


def community(folder: Path, names: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for split, part in (("train", names), ("valid", names[:1])):
        rows = [
            {"image": n, "center": [60, 45], "scale": 0.3, "joints": [[60, 45]] * 16}
            | {"joints_vis": [1] * 16}
            for n in part
        ]
        (folder / f"{split}.json").write_text(json.dumps(rows))
    return folder


def snapshot(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.as_posix(): (p.read_bytes(), p.stat().st_nlink) for p in files}


@pytest.mark.parametrize("bad", ["absolute", "dots", "link", "linked folder"])
@pytest.mark.parametrize("shrink", [0, 40])
def test_mpii_neither_reads_nor_writes_outside_its_folders(tmp_path, bad: str, shrink: int) -> None:
    images, secret = tmp_path / "download" / "images", tmp_path / "secret" / "s.jpg"
    picture(images / "a.jpg")
    picture(secret)
    name = {"absolute": str(secret), "dots": "../../secret/s.jpg", "link": "b.jpg"}.get(
        bad, "d/s.jpg"
    )
    if bad == "link":
        (images / "b.jpg").symlink_to(secret)
    elif bad == "linked folder":
        (images / "d").symlink_to(secret.parent, target_is_directory=True)
    lists = community(tmp_path / "lists", ["a.jpg", name])
    before = snapshot(tmp_path)
    with pytest.raises(InputError, match="leads out of"):
        prepare_mpii(images, tmp_path / "out", community=lists, shrink=shrink, allow_partial=True)
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("shrink", [0, 40, 640])
def test_who_changes_what_was_prepared_does_not_change_the_download(tmp_path, shrink: int) -> None:
    images = tmp_path / "download" / "images"
    for name in ("a.jpg", "b.jpg"):
        picture(images / name)
    before = snapshot(images)
    lists = community(tmp_path / "lists", ["a.jpg", "b.jpg"])
    prepare_mpii(images, tmp_path / "out", community=lists, shrink=shrink, allow_partial=True)
    for name in ("a.jpg", "b.jpg"):
        with (tmp_path / "out" / "images" / name).open("r+b") as file:
            file.write(b"changed")
    assert snapshot(images) == before


SCENES = {"a": 10, "b": 3, "c": 3, "d": 2, "e": 1, "f": 1}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Twenty pictures of six scenes as CVAT exports them: frames of clips in one folder."""
    root = tmp_path / "export"
    images, annotations = [], []
    for scene, number in SCENES.items():
        for i in range(number):
            key = len(images) + 1
            name = f"clip_{scene}_{i:03}.png"
            picture(root / "images" / "default" / name, seed=key)
            images.append({"id": key, "file_name": name, "width": 120, "height": 90})
            points = [60, 45, 2, 50, 40, 2]
            annotations.append({"id": key, "image_id": key, "category_id": 1, "keypoints": points})
    categories = [{"id": 1, "name": "person", "keypoints": ["left_wrist", "right_wrist"]}]
    content = {"images": images, "annotations": annotations, "categories": categories}
    (root / "annotations").mkdir()
    (root / "annotations" / "person_keypoints_default.json").write_text(json.dumps(content))
    return root


def scenes(out: Path, split: str) -> set[str]:
    return {record.group for record in coco.read(out, split)}


def test_coco_is_divided_by_whole_scenes_in_about_the_shares(export, tmp_path) -> None:
    before = snapshot(export)
    out = tmp_path / "out"
    counts = prepare_coco(export, out, "0.6,0.2,0.2", group=r"^clip_(\w)_")
    assert sum(counts.values()) == 20
    assert counts == {name: len(coco.read(out, name)) for name in ("train", "val", "test")}
    assert counts["train"] in range(10, 15)
    assert min(counts.values()) >= 2
    found = [scenes(out, name) for name in ("train", "val", "test")]
    assert sorted(s for part in found for s in part) == sorted(SCENES)
    assert snapshot(export) == before
    note = json.loads((out / "split.json").read_text())
    assert note["images"] == counts
    again = prepare_coco(export, tmp_path / "again", "0.6,0.2,0.2", group=r"^clip_(\w)_")
    assert again == counts
    assert [scenes(tmp_path / "again", n) for n in ("train", "val", "test")] == found
    for record in coco.read(out, "val"):
        name = record.image.name
        original = export / "images" / "default" / name
        assert record.image.read_bytes() == original.read_bytes()
        assert os.stat(record.image).st_ino != os.stat(original).st_ino


def test_without_a_pattern_each_picture_is_a_scene_and_a_folder_is_one(export, tmp_path) -> None:
    counts = prepare_coco(export, tmp_path / "out", "0.8,0.1,0.1")
    assert counts == {"train": 16, "val": 2, "test": 2}
    assert prepare_coco(export, tmp_path / "two", "0.5,0.5") == {"train": 10, "val": 10}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "0.8,0.3"}, "shares above 0"),
        ({"split": "a,b"}, "shares above 0"),
        ({"split": "1"}, "shares above 0"),
        ({"group": "^(clip)"}, "1 scenes are too few"),
        ({"group": "("}, "no regular expression"),
        ({"group": "video"}, "does not fit"),
        ({"annotation": "train"}, "it has default"),
    ],
)
def test_what_cannot_be_divided_is_refused_and_nothing_is_left(
    export, tmp_path, options: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        prepare_coco(export, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_a_link_out_of_the_export_is_refused(export, tmp_path) -> None:
    target = export / "images" / "default" / "clip_a_000.png"
    picture(tmp_path / "secret.png")
    target.unlink()
    target.symlink_to(tmp_path / "secret.png")
    with pytest.raises(InputError, match="leads out of"):
        prepare_coco(export, tmp_path / "out")
