import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pushup.cli import InputError
from pushup.data import coco, matlab, mpii, seven_point
from pushup.data.records import Record
from pushup.skeleton import MPII_JOINTS, UPPER7
from support.mpii_release import EMPTY, person, point, unlabelled, write_release

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is absent")


def joint(name: str) -> int:
    return MPII_JOINTS.index(name)


def save(root: Path, content, split: str = "train", images: tuple[str, ...] = ("a.jpg",)) -> Path:
    (root / "images").mkdir(parents=True, exist_ok=True)
    for name in images:
        cv2.imwrite(str(root / "images" / name), np.zeros((80, 100, 3), np.uint8))
    (root / f"{split}.json").write_text(json.dumps(content))
    return root


def community_row(**changes) -> dict:
    joints = [[10.0 + j, 20.0 + j] for j in range(16)]
    joints[0], joints[1] = [-1, -1], [0, 0]
    row = {
        "image": "a.jpg",
        "joints": joints,
        "joints_vis": [0, 0] + [1] * 14,
        "center": [50.0, 40.0],
        "scale": 0.2,
    }
    return {**row, **changes}


def without(row: dict, name: str) -> dict:
    return {k: v for k, v in row.items() if k != name}


class TestCommunityJson:
    def test_positions_are_made_zero_based_and_unlabelled_joints_nan(self, tmp_path):
        (record,) = mpii.read_community_json(save(tmp_path, [community_row()]), "train")
        assert record.image == tmp_path / "images" / "a.jpg"
        assert record.labelled.tolist() == [False] * 2 + [True] * 14
        assert np.isnan(record.keypoints[:2]).all()
        assert record.keypoints[15].tolist() == [24, 34]
        assert (record.visible == record.labelled).all()
        assert (record.source, record.group, record.head_size) == ("mpii", "a.jpg", None)

    def test_boxes_by_both_rules(self, tmp_path):
        root = save(tmp_path, [community_row()])
        (record,) = mpii.read_community_json(root, "train", "mpii")
        # Centre (49, 39) moves down 15 x 0.2 = 3; the side is 200 x 0.2 x 1.25 = 50.
        assert record.box_xyxy == pytest.approx((24, 17, 74, 67))
        (record,) = mpii.read_community_json(root, "train", "tight")
        assert record.box_xyxy == pytest.approx((24, 14, 74, 64))

    def test_no_box_without_a_centre(self, tmp_path):
        root = save(tmp_path, [community_row(center=[-1, -1], scale=-1)])
        assert mpii.read_community_json(root, "train")[0].box_xyxy is None

    def test_optional_fields(self, tmp_path):
        row = community_row(
            source="lspet",
            group="g7",
            head_box=[11, 21, 41, 61],
            joints_visible=[0] * 15 + [1],
            label="human",
        )
        (record,) = mpii.read_community_json(save(tmp_path, [row]), "train")
        assert (record.source, record.group) == ("lspet", "g7")
        assert record.head_size == pytest.approx(0.6 * 50)
        assert record.visible.tolist() == [False] * 15 + [True]
        assert record.labelled.sum() == 14

    def test_images_may_lie_beside_the_annotation(self, tmp_path):
        root = save(tmp_path, [community_row()])
        (root / "images" / "a.jpg").rename(root / "a.jpg")
        (root / "images").rmdir()
        assert mpii.read_community_json(root, "train")[0].image == root / "a.jpg"

    def test_written_people_read_back_the_same(self, tmp_path):
        root = save(tmp_path, [community_row(head_box=[11, 21, 41, 61], source="x", group="y")])
        people = mpii.read_community_people(root / "train.json")
        mpii.write_community_json(root / "copy.json", people)
        first, again = (mpii.read_community_json(root, s)[0] for s in ("train", "copy"))
        np.testing.assert_array_equal(first.keypoints, again.keypoints)
        assert (first.labelled == again.labelled).all()
        assert (first.visible == again.visible).all()
        assert first.box_xyxy == pytest.approx(again.box_xyxy)
        for name in ("image", "head_size", "source", "group"):
            assert getattr(first, name) == getattr(again, name)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"joints": [[1, 2]] * 15}, "joints.*16 x 2 numbers, found 15 x 2"),
            ({"joints": [[1, 2]] * 15 + [[1]]}, "joints.*16 x 2 numbers"),
            ({"joints": [[1, float("nan")]] * 16}, "joints.*NaN"),
            ({"joints_vis": [1] * 15}, "joints_vis.*16 numbers, found 15"),
            ({"joints_vis": [2] * 16}, "joints_vis.*only 0 and 1"),
            ({"center": [1, float("inf")]}, "center.*NaN or infinity"),
            ({"scale": None}, "scale.*NaN or infinity"),
            ({"scale": "big"}, "scale.*1 numbers"),
            ({"image": 7}, "image.*text"),
            ({"image": "b.jpg"}, "b.jpg: image named in .*train.json is missing"),
        ],
    )
    def test_malformed_records_name_file_record_and_field(self, tmp_path, change, message):
        root = save(tmp_path, [community_row(), community_row(**change)])
        with pytest.raises(InputError, match=message) as caught:
            mpii.read_community_json(root, "train")
        assert "\n" not in str(caught.value)
        assert "train.json" in str(caught.value)

    @pytest.mark.parametrize("name", ["image", "joints", "joints_vis", "center", "scale"])
    def test_missing_field(self, tmp_path, name):
        root = save(tmp_path, [without(community_row(), name)])
        with pytest.raises(InputError, match=f"record 0 .*'{name}' is missing"):
            mpii.read_community_json(root, "train")

    def test_unknown_box_rule(self, tmp_path):
        with pytest.raises(InputError, match=r"box_rule=loose.*mpii, tight"):
            mpii.read_community_json(save(tmp_path, [community_row()]), "train", "loose")


class TestFiles:
    """Checks that all JSON readers share."""

    def test_truncated_json(self, tmp_path):
        root = save(tmp_path, [community_row()])
        path = root / "train.json"
        path.write_text(path.read_text()[:-40])
        with pytest.raises(InputError, match=r"train\.json: damaged, or not whole JSON"):
            mpii.read_community_json(root, "train")

    def test_no_text_at_all(self, tmp_path):
        (tmp_path / "train.json").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(InputError, match=r"train\.json: damaged, or not a text"):
            seven_point.read(tmp_path, "train")

    @pytest.mark.parametrize(
        ("content", "message"),
        [([], "holds no record"), ({"a": 1}, "expected a list"), ([3], "record 0 is no object")],
    )
    def test_not_a_list_of_records(self, tmp_path, content, message):
        with pytest.raises(InputError, match=message):
            mpii.read_community_json(save(tmp_path, content), "train")

    def test_unknown_split_names_those_there_are(self, tmp_path):
        root = save(tmp_path, [community_row()])
        (root / "split.json").write_text("{}")
        with pytest.raises(InputError, match=r"val\.json: no such annotation.*it has train$"):
            mpii.read_community_json(root, "val")

    @pytest.mark.parametrize("read", [mpii.read_community_json, seven_point.read, coco.read])
    def test_missing_and_empty_folder(self, tmp_path, read):
        with pytest.raises(InputError, match="no such folder"):
            read(tmp_path / "nowhere", "train")
        with pytest.raises(InputError, match="folder is empty"):
            read(tmp_path, "train")


class TestReleaseMat:
    def test_oddities_of_the_struct(self, tmp_path):
        full = person(
            [
                point(0, 11.0, 21.0, is_visible=1),
                point(1, 12.0, 22.0, is_visible=0),
                point(2, 13.0, 23.0, is_visible="0"),
                point(3, 14.0, 24.0, is_visible="1"),
                point(9, 15.5, 25.25),  # The head has no flag in many images.
            ]
        )
        lone_point = person([point(15, 31, 41, is_visible=np.uint8(1))])
        no_points = person([point(0, 1, 1)]) | {"annopoints": EMPTY}
        no_head = {
            k: v for k, v in person([point(4, 5, 6)]).items() if k not in ("x1", "y1", "x2", "y2")
        }
        path = write_release(
            tmp_path / "mpii.mat",
            [
                ("nobody.jpg", [], True),
                ("test.jpg", [unlabelled()], False),
                ("three.jpg", [full, no_points, lone_point], True),
                ("headless.jpg", [no_head], True),
            ],
        )
        records = [p.record(tmp_path) for p in mpii.read_release_people(path)]
        assert [r.image.name for r in records] == ["three.jpg", "three.jpg", "headless.jpg"]
        first, second, third = records
        assert np.flatnonzero(first.labelled).tolist() == [0, 1, 2, 3, 9]
        assert np.flatnonzero(first.visible).tolist() == [0, 3, 9]
        assert first.keypoints[9].tolist() == [14.5, 24.25]
        assert first.keypoints[0].tolist() == [10, 20]
        assert first.head_size == pytest.approx(0.6 * 50)
        # Objpos (60, 50) is 1-based and moves down 15 x 0.4 = 6; half the side is 50.
        assert first.box_xyxy == pytest.approx((9, 5, 109, 105))
        assert np.flatnonzero(second.labelled).tolist() == [15]
        assert third.head_size is None
        people = mpii.read_release_people(path)
        assert [p.index for p in people] == [(3, 1), (3, 3), (4, 1)]
        assert all(p.is_train for p in people)

    def test_one_image_only(self, tmp_path):
        path = write_release(tmp_path / "a.mat", [("a.jpg", [person([point(0, 1, 2)])], True)])
        assert len(mpii.read_release_people(path)) == 1

    def test_person_without_position_has_no_box(self, tmp_path):
        rect = person([point(0, 1, 2)]) | {"objpos": EMPTY}
        path = write_release(tmp_path / "a.mat", [("a.jpg", [rect], True)])
        assert mpii.read_release_people(path)[0].box_xyxy("mpii") is None

    @pytest.mark.parametrize(
        ("points", "message"),
        [
            ([point(16, 1, 2)], "id from 0 to 15"),
            ([point(3, EMPTY, 2)], "without x, y"),
            ([point(3, float("nan"), 2)], r"\.x is not finite"),
            ([point(3, "left", 2)], r"\.x is no number"),
        ],
    )
    def test_malformed_points_name_the_person(self, tmp_path, points, message):
        path = write_release(tmp_path / "a.mat", [("a.jpg", [person(points)], True)])
        with pytest.raises(InputError, match=rf"annolist\(1\)\.annorect\(1\).*{message}"):
            mpii.read_release_people(path)

    def test_other_files(self, tmp_path):
        from scipy.io import savemat

        good = write_release(tmp_path / "a.mat", [("a.jpg", [person([point(0, 1, 2)])], True)])
        with pytest.raises(InputError, match="no such file"):
            mpii.read_release_people(tmp_path / "absent.mat")
        content = good.read_bytes()
        for length in (0, 60, 140, len(content) // 2, len(content) - 10):
            (tmp_path / "cut.mat").write_bytes(content[:length])
            with pytest.raises(InputError, match=r"cut\.mat: (truncated|not MPII)"):
                mpii.read_release_people(tmp_path / "cut.mat")
        (tmp_path / "text.mat").write_text("these are no annotations " * 40)
        with pytest.raises(InputError, match=r"text\.mat: truncated, or no MATLAB file"):
            mpii.read_release_people(tmp_path / "text.mat")
        savemat(tmp_path / "other.mat", {"RELEASE": {"version": "12"}})
        with pytest.raises(InputError, match="not MPII's release"):
            mpii.read_release_people(tmp_path / "other.mat")
        savemat(tmp_path / "joints.mat", {"joints": np.zeros((3, 14))})
        with pytest.raises(InputError, match="not MPII's release"):
            mpii.read_release_people(tmp_path / "joints.mat")


def seven_row(**changes) -> dict:
    row = {
        "image": "a.jpg",
        "points": [[i, 10 + i] for i in range(6)] + [[-1, -1]],
        "visibility": [1, 0, 1, 1, 1, 1, 0],
        "bbox": [[1, 2], [31, 42]],
        "is_pushing_up": 1,
    }
    return {**row, **changes}


class TestSevenPoint:
    def test_points_find_their_joints(self, tmp_path):
        (record,) = seven_point.read(save(tmp_path, [seven_row()]), "train")
        assert record.keypoints[joint("right_wrist")].tolist() == [0, 10]
        assert record.keypoints[joint("head")].tolist() == [3, 13]
        assert record.labelled[joint("right_elbow")]
        assert not record.visible[joint("right_elbow")]
        assert not record.labelled[joint("left_wrist")]
        assert record.labelled.sum() == 6
        assert not record.labelled[joint("pelvis")]
        assert record.box_xyxy == (1, 2, 31, 42)
        assert (record.source, record.group) == ("pushup", "a.jpg")

    def test_optional_fields(self, tmp_path):
        bare = without(without(seven_row(), "bbox"), "is_pushing_up")
        rows = [bare, seven_row(is_pushing_up=0), seven_row(source="mine", group="clip 1")]
        bare, other, mine = seven_point.read(save(tmp_path, rows), "train")
        assert (bare.box_xyxy, bare.source) == (None, "authors")
        assert other.source == "other"
        assert (mine.source, mine.group) == ("mine", "clip 1")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"points": [[1, 2]] * 6}, "points.*7 x 2 numbers, found 6 x 2"),
            ({"points": [[1, float("nan")]] * 7}, "points.*NaN"),
            ({"visibility": [1] * 6}, "visibility.*7 numbers"),
            ({"bbox": [1, 2, 3, 4]}, "bbox.*2 x 2 numbers"),
            ({"image": "no.jpg"}, r"no\.jpg: image named in"),
        ],
    )
    def test_malformed(self, tmp_path, change, message):
        with pytest.raises(InputError, match=message):
            seven_point.read(save(tmp_path, [seven_row(**change)]), "train")

    @pytest.mark.parametrize("name", ["image", "points", "visibility"])
    def test_missing_field(self, tmp_path, name):
        with pytest.raises(InputError, match=f"'{name}' is missing"):
            seven_point.read(save(tmp_path, [without(seven_row(), name)]), "train")

    def test_written_records_read_back(self, tmp_path):
        keypoints = np.full((16, 2), np.nan)
        keypoints[UPPER7.mpii[:6]] = [[10.5, 20], [20, 30], [30, 40], [40, 5], [50, 40], [60, 60]]
        labelled = np.isfinite(keypoints[:, 0])
        visible = labelled & (np.arange(16) != 9)
        written = Record(Path("a.jpg"), keypoints, labelled, visible, source="mpii", group="g")
        save(tmp_path, [])
        seven_point.write(tmp_path / "train.json", [written], is_pushing_up=False)
        (row,) = json.loads((tmp_path / "train.json").read_text())
        assert row["points"][6] == [-1, -1]
        assert row["is_pushing_up"] == 0
        # The labelled points span 10.5-60 and 5-60; the box is larger by a tenth on each side.
        assert row["bbox"] == [[pytest.approx(5.55), -0.5], [pytest.approx(64.95), 65.5]]
        (record,) = seven_point.read(tmp_path, "train")
        np.testing.assert_array_equal(record.keypoints, keypoints)
        assert (record.visible == visible).all()
        assert (record.source, record.group) == ("mpii", "g")


SIDED = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
COCO_NAMES = ("nose", *(f"{side}_{part}" for part in SIDED for side in ("left", "right")))


def coco_file(names=COCO_NAMES, category="person", **points) -> dict:
    """One annotation; `points` by name are (x, y, v)."""
    flat = [v for name in names for v in points.get(name, (0, 0, 0))]
    return {
        "images": [{"id": 5, "file_name": "a.jpg", "width": 100, "height": 80}],
        "categories": [
            {"id": 1, "name": "ball"},
            {"id": 2, "name": category, "keypoints": list(names), "skeleton": []},
        ],
        "annotations": [
            {"id": 8, "image_id": 5, "category_id": 1, "bbox": [0, 0, 4, 4]},
            {
                "id": 9,
                "image_id": 5,
                "category_id": 2,
                "bbox": [10, 20, 40, 20],
                "keypoints": flat,
            },
        ],
    }


class TestCoco:
    def test_flags_names_and_box(self, tmp_path):
        content = coco_file(
            left_wrist=(3, 4, 2), right_wrist=(5, 6, 1), left_knee=(7, 8, 0), nose=(1, 1, 2)
        )
        (record,) = coco.read(save(tmp_path, content), "train")
        left, right = joint("left_wrist"), joint("right_wrist")
        assert np.flatnonzero(record.labelled[:16]).tolist() == [right, left]
        assert record.keypoints[left].tolist() == [3, 4]
        assert record.visible[left]
        assert not record.visible[right]
        assert record.head_size is None
        # Box (10, 20) to (50, 40) about its centre (30, 30), 1.25 times as large.
        assert record.box_xyxy == pytest.approx((5, 17.5, 55, 42.5))
        assert (record.source, record.group) == ("coco", "a.jpg")

    def test_head_top_pelvis_and_thorax_are_derived(self, tmp_path):
        parts = {
            "nose": (50, 40, 2),
            "left_ear": (60, 30, 2),
            "right_ear": (40, 30, 1),
            "left_shoulder": (80, 70, 2),
            "right_shoulder": (20, 70, 2),
            "left_hip": (60, 150, 2),
            "right_hip": (40, 160, 2),
        }
        (record,) = coco.read(save(tmp_path, coco_file(**parts)), "train")
        # Ears (50, 30), shoulders (50, 70): 30 + 0.587 x -40 - 0.450 x 10 = 2.02.
        assert record.keypoints[joint("head")] == pytest.approx([50, 2.02])
        assert not record.visible[joint("head")]  # One ear is hidden.
        assert record.keypoints[joint("thorax")].tolist() == [50, 70]
        assert record.keypoints[joint("pelvis")].tolist() == [50, 155]
        without_ear = coco_file(**without(parts, "left_ear"))
        (record,) = coco.read(save(tmp_path, without_ear), "train")
        assert not record.labelled[joint("head")]

    def test_a_labelled_head_top_wins_over_the_estimate(self, tmp_path):
        names = [*COCO_NAMES, "Head Top"]
        parts = dict.fromkeys(("nose", "left_ear", "right_ear"), (9, 9, 2))
        shoulders = {"left_shoulder": (9, 20, 2), "right_shoulder": (5, 20, 2)}
        content = coco_file(names, **parts, **shoulders, **{"Head Top": (7, 1, 2)})
        (record,) = coco.read(save(tmp_path, content), "train")
        assert record.keypoints[joint("head")].tolist() == [7, 1]

    def test_spellings(self):
        spellings = (
            "left_shoulder, Left Shoulder, left-shoulder, LEFT_SHOULDER, leftShoulder, "
            "LeftShoulder, leftshoulder, l_shoulder, LShoulder, shoulder_left, L. shoulder"
        )
        assert {coco.joint_name(s) for s in spellings.split(", ")} == {"left_shoulder"}

    def test_our_own_names(self):
        assert [coco.joint_name(n) for n in MPII_JOINTS] == list(MPII_JOINTS)

    def test_label_studio_export(self, tmp_path):
        """Label Studio calls its category "default" and keeps an old path in the file name."""
        content = coco_file(["Right Wrist"], category="default", **{"Right Wrist": (3, 4, 2)})
        content["images"][0]["file_name"] = "images\\a.jpg"
        (record,) = coco.read(save(tmp_path, content), "train")
        assert record.image == tmp_path / "images" / "a.jpg"

    def test_cvat_export(self, tmp_path):
        """CVAT writes annotations/person_keypoints_SPLIT.json and images/SPLIT/."""
        save(tmp_path, coco_file(nose=(1, 1, 2), left_hip=(3, 4, 2)))
        (tmp_path / "annotations").mkdir()
        (tmp_path / "train.json").rename(tmp_path / "annotations/person_keypoints_train.json")
        (tmp_path / "images/train").mkdir()
        (tmp_path / "images/a.jpg").rename(tmp_path / "images/train/a.jpg")
        assert coco.read(tmp_path, "train")[0].image.is_file()

    def test_crowds_and_people_without_labels_are_passed_over(self, tmp_path):
        content = coco_file(left_hip=(3, 4, 2))
        (_, labelled) = content["annotations"]
        crowd = labelled | {"iscrowd": 1}
        blank = labelled | {"keypoints": [0] * 51}
        content["annotations"] += [crowd, blank, without(labelled, "keypoints")]
        assert len(coco.read(save(tmp_path, content), "train")) == 1

    def test_only_the_person_category_where_there_is_one(self, tmp_path):
        content = coco_file(left_hip=(3, 4, 2))
        content["categories"].append({"id": 3, "name": "robot", "keypoints": ["left_hip"]})
        robot = {"id": 4, "image_id": 5, "category_id": 3, "keypoints": [1, 1, 2]}
        content["annotations"].append(robot)
        assert len(coco.read(save(tmp_path, content), "train")) == 1

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"categories": [{"id": 2, "name": "person"}]}, "no category has named keypoints"),
            ({"categories": [{"id": 2, "keypoints": ["1", "2"]}]}, "must hold 6 numbers"),
            ({"categories": [{"id": 2, "keypoints": ["l hip", "left_hip"]}]}, "left_hip twice"),
            ({"images": []}, "annotation 9: its image_id"),
            ({"images": [{"id": 5}]}, "'file_name' is missing"),
            ({"images": [{"id": [5]}]}, "'id' must be a number or a text"),
            ({"images": [{"id": 5, "file_name": "no.jpg"}]}, r"no\.jpg: image named in"),
            ({"annotations": []}, "no person with labelled keypoints"),
            ({"annotations": 3}, "no COCO file"),
            ({"annotations": [3]}, "no object"),
        ],
    )
    def test_malformed_files(self, tmp_path, change, message):
        root = save(tmp_path, coco_file(left_hip=(3, 4, 2)) | change)
        with pytest.raises(InputError, match=message):
            coco.read(root, "train")

    @pytest.mark.parametrize(
        ("keypoints", "message"),
        [
            ([1, 2], "51 numbers, found 2"),
            ([1, 2, 3] * 17, "flag is not 0, 1 or 2"),
            ([float("nan"), 2, 1] * 17, "no finite position"),
        ],
    )
    def test_malformed_keypoints(self, tmp_path, keypoints, message):
        content = coco_file()
        content["annotations"][1]["keypoints"] = keypoints
        with pytest.raises(InputError, match=f"annotation 9.*{message}"):
            coco.read(save(tmp_path, content), "train")


@needs_shared
@pytest.mark.realdata
class TestRealData:
    def test_five_mpii_records(self):
        records = mpii.read_community_json(SHARED / "mpii_sample", "test_mpii")
        rows = json.loads((SHARED / "mpii_sample" / "test_mpii.json").read_text())
        assert len(records) == len(rows) == 5
        for record, row in zip(records, rows, strict=True):
            labelled = np.array(row["joints_vis"]) == 1
            expected = np.array(row["joints"])[labelled] - 1
            np.testing.assert_array_equal(record.keypoints[labelled], expected)
            assert np.isnan(record.keypoints[~labelled]).all()
            assert (record.labelled == labelled).all()
            assert cv2.imread(str(record.image)) is not None
        assert records[1].image.name == "052475643.jpg"
        assert records[1].keypoints[joint("right_wrist")].tolist() == [295, 134]
        # Centre (315, 219) moves down 15 x 1.761835; half the side is 125 x 1.761835.
        assert records[1].box_xyxy == pytest.approx((94.770625, 25.198150, 535.229375, 465.656900))
        assert records[2].labelled.tolist() == [j not in (0, 5) for j in range(16)]

    @pytest.mark.parametrize(
        ("split", "sources"),
        [
            ("train", {"lspet": 8397, "pushup": 1527, "stills": 37, "coco": 62}),
            ("val", {"lspet": 400, "pushup": 172, "stills": 18}),
            ("test", {"lspet": 500, "pushup": 208}),
        ],
    )
    def test_keypoint_pack(self, split, sources):
        records = mpii.read_community_json(SHARED / "keypoints", split, "tight")
        found = [r.source for r in records]
        assert {s: found.count(s) for s in set(found)} == sources
        for record in records:
            low = np.nanmin(record.keypoints, 0)
            high = np.nanmax(record.keypoints, 0)
            x1, y1, x2, y2 = record.box_xyxy
            assert (low >= (x1, y1)).all()
            assert (high <= (x2, y2)).all()
            # The tight rule: the longer side of the joints' box, 1.25 times as large.
            assert x2 - x1 == pytest.approx(1.25 * (high - low).max(), rel=0.01, abs=0.1)
        upper = np.stack([r.labelled[UPPER7.mpii] for r in records if r.source == "lspet"])
        assert upper.mean() == pytest.approx(
            {"train": 0.886, "val": 0.909, "test": 1}[split], abs=6e-4
        )


def test_a_crash_of_the_reader_of_mat_files_is_one_line(tmp_path, monkeypatch):
    """One flipped byte can make scipy's end its process."""
    crash = tmp_path / "crash.py"
    crash.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(matlab.matlab_child, "__file__", str(crash))
    (tmp_path / "a.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    with pytest.raises(InputError, match=r"a\.mat: truncated, .*\(its reader crashed\)"):
        matlab.load(tmp_path / "a.mat")
