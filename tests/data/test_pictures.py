"""Pictures as people bring them: turned, resized, cut off, oddly named."""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pushup.cli import InputError
from pushup.data import coco, mpii, seven_point
from pushup.data.checks import checked
from pushup.data.pictures import find, header, inside, read_rgb
from pushup.data.source import RecordSource

WIDE = np.zeros((40, 60, 3), np.uint8)
WIDE[:20, :30] = 255, 0, 0  # red at the upper left
NAMES = ("left_shoulder", "right_shoulder", "left_wrist", "right_wrist")


def save(path: Path, image: np.ndarray = WIDE, orientation: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(image).save(path, exif=exif, quality=95)
    return path


def write_coco(root: Path, points, size_wh=(60, 40), **image) -> None:
    row = {"id": 1, "file_name": "a.jpg", "width": size_wh[0], "height": size_wh[1], **image}
    flat = [v for x, y in points for v in (x, y, 2)]
    person = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": flat}
    category = {"id": 1, "name": "person", "keypoints": list(NAMES[: len(points)])}
    content = {"images": [row], "annotations": [person], "categories": [category]}
    root.mkdir(parents=True, exist_ok=True)
    (root / "train.json").write_text(json.dumps(content))


def open_coco(root: Path, **options) -> RecordSource:
    return RecordSource.open("train", coco.read, root, **options)


POINTS_RAW = [(55, 5), (50, 10), (45, 15), (58, 38)]
"""In the 60 x 40 pixels that are stored; shown upright the picture is 40 x 60."""


class TestExif:
    def test_labels_in_raw_pixels_are_refused_by_name_and_read_by_the_option(self, tmp_path):
        save(tmp_path / "a.jpg", orientation=6)
        write_coco(tmp_path, POINTS_RAW)
        with pytest.raises(InputError, match=r"a\.jpg: 60 x 40 .*40 x 60 read.*exif=labels_raw"):
            open_coco(tmp_path)
        image, record = open_coco(tmp_path, exif="labels_raw")[0]
        assert image.shape == (40, 60, 3)
        assert image[5, 5].tolist() == pytest.approx([255, 0, 0], abs=8)
        assert record.keypoints[record.labelled].max(0).tolist() == [58, 38]

    def test_labels_of_the_upright_picture_are_read_as_they_are(self, tmp_path):
        save(tmp_path / "a.jpg", orientation=6)
        write_coco(tmp_path, [(y, x) for x, y in POINTS_RAW], size_wh=(40, 60))
        image, _ = open_coco(tmp_path)[0]
        assert image.shape == (60, 40, 3)
        assert image[5, 35].tolist() == pytest.approx([255, 0, 0], abs=8)  # turned clockwise
        with pytest.raises(InputError, match="exif=labels_upright"):
            open_coco(tmp_path, exif="labels_raw")

    def test_without_stated_sizes_the_joints_tell(self, tmp_path):
        save(tmp_path / "a.jpg", orientation=6)
        row = {"image": "a.jpg", "points": [[55, 5]] * 7, "visibility": [1] * 7}
        (tmp_path / "train.json").write_text(json.dumps([row]))
        with pytest.raises(InputError, match=r"7 of 7 joints lie outside.*exif=labels_raw"):
            RecordSource.open("train", seven_point.read, tmp_path)
        assert len(RecordSource.open("train", seven_point.read, tmp_path, exif="labels_raw")) == 1

    def test_an_unknown_choice_is_refused(self, tmp_path):
        save(tmp_path / "a.jpg")
        write_coco(tmp_path, POINTS_RAW)
        with pytest.raises(InputError, match="labels_upright or labels_raw"):
            open_coco(tmp_path, exif="raw")


class TestResized:
    def test_a_picture_of_another_size_than_stated_is_refused(self, tmp_path):
        save(tmp_path / "a.jpg", WIDE[::2, ::2])
        write_coco(tmp_path, POINTS_RAW)
        with pytest.raises(InputError, match=r"a\.jpg: 60 x 40 pixels stated, 30 x 20 read"):
            open_coco(tmp_path)

    def test_without_stated_sizes_most_joints_lie_outside(self, tmp_path):
        save(tmp_path / "a.jpg", WIDE[::2, ::2])
        write_coco(tmp_path, POINTS_RAW, size_wh=(0, 0))
        with pytest.raises(InputError, match=r"a\.jpg: 5 of 5 joints lie outside its 30 x 20"):
            open_coco(tmp_path)

    def test_a_limb_beyond_the_edge_is_no_fault(self, tmp_path):
        save(tmp_path / "a.jpg")
        write_coco(tmp_path, [*POINTS_RAW[:2], (70, 5), (70, 9)])
        assert len(open_coco(tmp_path)) == 1


class TestTruncated:
    def test_a_cut_jpeg_is_told_counted_and_left_out_on_demand(self, tmp_path, capsys):
        noise = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
        whole = save(tmp_path / "a.jpg", noise).read_bytes()
        write_coco(tmp_path, POINTS_RAW)
        open_coco(tmp_path)
        assert capsys.readouterr().out == ""
        (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
        assert len(open_coco(tmp_path)) == 1
        told = capsys.readouterr().out
        assert "1 of 1 pictures are truncated" in told
        assert "a.jpg" in told
        assert "drop_truncated" in told
        assert checked(coco.read(tmp_path, "train"), drop_truncated=True) == []
        with pytest.raises(InputError, match="holds no labelled person"):
            open_coco(tmp_path, drop_truncated=True)

    def test_what_a_camera_writes_after_the_end_is_no_damage(self, tmp_path):
        path = save(tmp_path / "a.jpg")
        path.write_bytes(path.read_bytes() + bytes(1000))
        assert not header(path).truncated


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_a_png_that_claims_ten_gigapixels_is_one_line(tmp_path):
    size = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    rows = chunk(b"IDAT", zlib.compress(bytes(1000)))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + rows + chunk(b"IEND", b"")
    path = tmp_path / "a.png"
    path.write_bytes(data)
    for read in (header, read_rgb):
        with pytest.raises(InputError, match=r"a\.png.*") as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_is_one_line(tmp_path, data):
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.jpg.*restore the file"):
        read_rgb(tmp_path / "a.jpg")


def test_a_name_that_is_not_utf_8_is_read(tmp_path):
    name = bytes(save(tmp_path / "a.png")).replace(b"a.png", b"\xff\xfe.png")
    (tmp_path / "a.png").rename(name.decode("utf-8", "surrogateescape"))
    (path,) = tmp_path.iterdir()
    assert read_rgb(path).shape == (40, 60, 3)


class TestNames:
    @pytest.mark.parametrize(
        ("file", "name"),
        [
            ("a.jpg", "a.JPG"),
            ("a.JPG", "a.jpg"),
            ("a b.jpg", "a%20b.jpg"),
            ("a%20b.jpg", "a%20b.jpg"),
            ("sub/a b.jpg", "/data/local-files/?d=sub/a%20b.jpg"),
            ("a.jpg", "http://localhost:8080/data/upload/1/a.jpg"),
            ("a.jpg", "s3://bucket/folder/a.jpg"),
            ("a.jpg", "/srv/somebody/pictures/a.jpg"),
            ("a.jpg", "C:\\Users\\somebody\\a.jpg"),
            ("a.jpg", "../../media/upload/a.jpg"),
            ("sub/a.jpg", "sub\\a.jpg"),
            ("10:30.jpg", "10:30.jpg"),
        ],
    )
    def test_a_picture_is_found_by_the_name_that_a_tool_gives_it(self, tmp_path, file, name):
        save(tmp_path / "images" / file)
        write_coco(tmp_path, POINTS_RAW, file_name=name)
        (record,) = coco.read(tmp_path, "train")
        assert record.image == tmp_path / "images" / file

    @pytest.mark.parametrize("name", ["../a.jpg", "..%2Fa.jpg", "sub/../../a.jpg", "{}"])
    def test_nothing_outside_the_folder_is_found(self, tmp_path, name):
        outside = save(tmp_path / "a.jpg")
        (tmp_path / "root").mkdir()
        found = find((tmp_path / "root",), name.format(outside), "here")
        assert not found.exists()
        assert found.is_relative_to(tmp_path / "root")

    @pytest.mark.parametrize(
        "name", ["../a.jpg", "/etc/a.jpg", "sub/../../a.jpg", "C:\\a.jpg", "", "a\0.jpg"]
    )
    def test_the_other_readers_refuse_names_that_lead_out(self, tmp_path, name):
        with pytest.raises(InputError, match="leads out of its folder"):
            inside(tmp_path, name, "record 0")

    def test_two_images_that_are_one_file_are_refused(self, tmp_path):
        save(tmp_path / "a.jpg")
        write_coco(tmp_path, POINTS_RAW, file_name="one/a.jpg")
        content = json.loads((tmp_path / "train.json").read_text())
        content["images"].append(content["images"][0] | {"id": 2, "file_name": "two/a.jpg"})
        content["annotations"].append(content["annotations"][0] | {"id": 2, "image_id": 2})
        (tmp_path / "train.json").write_text(json.dumps(content))
        with pytest.raises(InputError, match=r"images 1 and 2 are both .*a\.jpg"):
            coco.read(tmp_path, "train")

    def test_two_images_with_one_id_are_refused(self, tmp_path):
        save(tmp_path / "a.jpg")
        write_coco(tmp_path, POINTS_RAW)
        content = json.loads((tmp_path / "train.json").read_text())
        content["images"] *= 2
        (tmp_path / "train.json").write_text(json.dumps(content))
        with pytest.raises(InputError, match="two images have the id 1"):
            coco.read(tmp_path, "train")


class TestUnlabelled:
    def test_anything_may_stand_for_a_coco_point_that_is_not_labelled(self, tmp_path):
        save(tmp_path / "a.jpg")
        write_coco(tmp_path, POINTS_RAW)
        content = json.loads((tmp_path / "train.json").read_text())
        content["annotations"][0]["keypoints"][:3] = [float("nan"), None, 0]
        (tmp_path / "train.json").write_text("\ufeff" + json.dumps(content))
        (record,) = coco.read(tmp_path, "train")
        assert record.labelled.sum() == 3
        content["annotations"][0]["keypoints"][2] = 1
        (tmp_path / "train.json").write_text(json.dumps(content))
        with pytest.raises(InputError, match="no finite position"):
            coco.read(tmp_path, "train")

    def test_the_same_in_the_community_s_json_and_its_test_split_without_joints(self, tmp_path):
        save(tmp_path / "a.jpg")
        row = {"image": "a.jpg", "center": [30, 20], "scale": 0.1}
        joints = {"joints": [[float("nan")] * 2] + [[5, 5]] * 15, "joints_vis": [0] + [1] * 15}
        (tmp_path / "train.json").write_text(json.dumps([row | joints, row]))
        first, second = mpii.read_community_json(tmp_path, "train")
        assert (first.labelled.sum(), second.labelled.sum()) == (15, 0)
        assert second.box_xyxy is not None

    def test_the_same_in_seven_point_json(self, tmp_path):
        save(tmp_path / "a.jpg")
        points = [[float("nan")] * 2] + [[5, 5]] * 6
        row = {"image": "a.jpg", "points": points, "visibility": [0] + [1] * 6}
        (tmp_path / "train.json").write_text(json.dumps([row]))
        (record,) = seven_point.read(tmp_path, "train")
        assert record.labelled.sum() == 6


def test_the_split_that_cvat_calls_default_is_found_and_named(tmp_path):
    save(tmp_path / "images" / "default" / "a.jpg")
    write_coco(tmp_path, POINTS_RAW)
    (tmp_path / "annotations").mkdir()
    there = tmp_path / "annotations" / "person_keypoints_default.json"
    (tmp_path / "train.json").rename(there)
    (record,) = coco.read(tmp_path, "default")
    assert record.image == tmp_path / "images" / "default" / "a.jpg"
    with pytest.raises(InputError, match="choose a split that exists: it has default"):
        coco.read(tmp_path, "val")


@pytest.mark.realdata
def test_whole_data_sets_pass(shared_data, capsys):
    for root, rule in (("keypoints", "tight"), ("mpii_sample", "mpii")):
        for file in sorted((shared_data / root).glob("*.json")):
            records = mpii.read_community_json(shared_data / root, file.stem, rule)
            assert checked(records) == records
    assert capsys.readouterr().out == ""


def test_opencv_turns_as_exif_says(tmp_path):
    """`read_rgb` leaves it to OpenCV to turn upright: held against Pillow for every orientation."""
    from PIL import ImageOps

    for orientation in range(1, 9):
        path = save(tmp_path / f"{orientation}.png", orientation=orientation)
        with Image.open(path) as image:
            expected = np.asarray(ImageOps.exif_transpose(image))
        np.testing.assert_array_equal(read_rgb(path), expected)
        assert header(path).upright_wh == expected.shape[1::-1]
        np.testing.assert_array_equal(read_rgb(path, "labels_raw"), WIDE)
