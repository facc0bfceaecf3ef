import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from pushup.commands.prepare import main
from pushup.data import mpii, mpii_splits, seven_point
from support.mpii_release import person, point, unlabelled, write_release

SIZE_WH = (1001, 563)


@pytest.fixture
def download(tmp_path) -> Path:
    """A small MPII: 20 training images with one person, one with two, and a test image."""
    folder = tmp_path / "download"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    images = []
    for i in range(20):
        points = [point(j, *rng.uniform(2, 500, 2).round(), is_visible=j % 2) for j in range(16)]
        images.append((f"{i:02}.jpg", [person(points, center=(300.0, 200.0 + i))], True))
    two = [person([point(9, 50, 60)], center=(x, 80.0)) for x in (100.0, 400.0)]
    images += [("two.jpg", two, True), ("test.jpg", [unlabelled()], False)]
    write_release(folder / "mpii.mat", images)
    for name, *_ in images:
        cv2.imwrite(str(folder / "images" / name), np.zeros((*SIZE_WH[::-1], 3), np.uint8))
    return folder


def run(download: Path, *options: str) -> Path:
    out = download.parent / "out"
    main(["mpii", "--images", str(download / "images"), "--out", str(out), *map(str, options)])
    return out


def fails(capsys, download: Path, *options: str) -> str:
    """Run, expect exit code 1 and nothing left behind; return the one line it prints."""
    before = sorted(download.parent.iterdir())
    with pytest.raises(SystemExit) as stopped:
        run(download, *options)
    assert stopped.value.code == 1
    assert sorted(download.parent.iterdir()) == before
    lines = capsys.readouterr().err.strip().splitlines()
    message = next(line for line in lines if line.startswith("error: "))
    assert message == lines[-1]
    return message


def mat(download: Path) -> tuple[str, str]:
    return "--mat", str(download / "mpii.mat")


class TestPeople:
    def test_seeded_split_keeps_images_whole_and_says_what_it_is(self, download):
        out = run(download, *mat(download), "--allow-partial", "--seed", "3")
        records = {s: mpii.read_community_json(out, s) for s in ("train", "val", "test")}
        assert {s: len({r.image for r in rs}) for s, rs in records.items()} == {
            "train": 17,
            "val": 2,
            "test": 2,
        }
        names = [{r.image.name for r in rs} for rs in records.values()]
        assert not names[0] & names[1] | names[0] & names[2] | names[1] & names[2]
        assert sum(map(len, records.values())) == 22
        note = json.loads((out / "split.json").read_text())
        assert note["split"] == "random by image, seed 3; no published split"
        assert not note["complete"]
        assert "test.jpg" not in {p.name for p in (out / "images").iterdir()}

    def test_the_seed_decides(self, download):
        people = mpii.read_release_people(download / "mpii.mat")

        def images(seed: int) -> list[str]:
            return [p.image for p in mpii_splits.by_seed(people, seed).people["val"]]

        assert images(1) == images(1)
        assert images(1) != images(2)

    @pytest.mark.parametrize("form", ["mat", "names", "numbers"])
    def test_validation_list(self, download, monkeypatch, form):
        """The second person of an image is on the list: the first then belongs to no split."""
        path = download / f"list.{'mat' if form == 'mat' else 'txt'}"
        if form == "mat":
            content = {"RELEASE_img_index": [[4, 21]], "RELEASE_person_index": [[1, 2]]}
            savemat(path, content)
        else:
            path.write_text("03.jpg 1\n\ntwo.jpg,2\n" if form == "names" else "4 1\n21 2\n")
        monkeypatch.setattr(mpii_splits, "TOMPSON_COUNTS", {"train": 19, "val": 2})
        out = run(download, *mat(download), "--validation-list", str(path))
        train, val = (mpii.read_community_json(out, s) for s in ("train", "val"))
        assert [r.image.name for r in val] == ["03.jpg", "two.jpg"]
        assert {r.image.name for r in train} == {f"{i:02}.jpg" for i in range(20) if i != 3}
        # The second person of two.jpg has its centre at 400: it was not taken for the first.
        x1, _, x2, _ = val[1].box_xyxy
        assert (x1 + x2) / 2 == pytest.approx((399 + 0.5) * 640 / 1001 - 0.5, abs=1e-3)
        assert json.loads((out / "split.json").read_text())["complete"]

    def test_community_split_takes_head_boxes_and_hidden_joints_from_the_release(
        self, download, monkeypatch
    ):
        people = mpii.read_release_people(download / "mpii.mat")
        folder = download / "annot"
        folder.mkdir()
        for split, part in (("train", people[:15]), ("valid", people[15:18])):
            mpii.write_community_json(folder / f"{split}.json", part)
            rows = json.loads((folder / f"{split}.json").read_text())
            bare = [
                {k: r[k] for k in ("image", "joints", "joints_vis", "center", "scale")}
                for r in rows
            ]
            (folder / f"{split}.json").write_text(json.dumps(bare))
        monkeypatch.setattr(mpii_splits, "TOMPSON_COUNTS", {"train": 15, "val": 3})
        out = run(download, *mat(download), "--community", str(folder), "--shrink", "0")
        val = mpii.read_community_json(out, "val")
        assert [r.image.name for r in val] == ["15.jpg", "16.jpg", "17.jpg"]
        assert val[0].head_size == pytest.approx(30)
        assert val[0].visible.tolist() == [j % 2 == 1 for j in range(16)]
        assert "18 head boxes" in json.loads((out / "split.json").read_text())["split"]

    def test_community_split_without_the_release(self, download, monkeypatch):
        people = mpii.read_release_people(download / "mpii.mat")
        folder = download / "annot"
        folder.mkdir()
        mpii.write_community_json(folder / "train.json", people[:15])
        mpii.write_community_json(folder / "val.json", people[15:])
        monkeypatch.setattr(mpii_splits, "TOMPSON_COUNTS", {"train": 15, "val": 7})
        out = run(download, "--community", str(folder))
        assert len(mpii.read_community_json(out, "val")) == 7


class TestImages:
    def test_shrunk_pixels_and_positions_agree(self, download):
        """A blot painted at a joint lies, in the shrunk image, where the shrunk joint says."""
        before = {p.image: p for p in mpii.read_release_people(download / "mpii.mat")}
        for name, p in before.items():
            image = np.zeros((*SIZE_WH[::-1], 3), np.uint8)
            x, y = p.keypoints[9].astype(int)
            image[max(y - 4, 0) : y + 5, max(x - 4, 0) : x + 5] = 255
            cv2.imwrite(str(download / "images" / name), image)
        out = run(download, *mat(download), "--allow-partial", "--shrink", "320")
        for record in mpii.read_community_json(out, "train"):
            image = cv2.imread(str(record.image), cv2.IMREAD_GRAYSCALE).astype(float)
            assert image.shape == (180, 320)
            if before[record.image.name].keypoints[9].min() < 4:
                continue  # The blot is cut off at the edge.
            ys, xs = np.mgrid[: image.shape[0], : image.shape[1]]
            blot = image * (image > 40)
            middle = [(blot * xs).sum() / blot.sum(), (blot * ys).sum() / blot.sum()]
            assert record.keypoints[9] == pytest.approx(middle, abs=0.15)

    def test_positions_boxes_and_head_sizes_shrink_exactly(self, download):
        before = {p.image: p for p in mpii.read_release_people(download / "mpii.mat")}
        out = run(download, *mat(download), "--allow-partial", "--shrink", "640")
        factor = np.array([640 / 1001, 360 / 563])
        for record in mpii.read_community_json(out, "train"):
            person = before[record.image.name]
            expected = (person.keypoints + 0.5) * factor - 0.5
            np.testing.assert_allclose(record.keypoints, expected, atol=1e-4)
            assert record.head_size == pytest.approx(0.6 * np.hypot(*(np.array([30, 40]) * factor)))
            side = record.box_xyxy[2] - record.box_xyxy[0]
            assert side == pytest.approx(100 * np.sqrt(factor.prod()), abs=1e-3)
            assert (record.visible == person.visible).all()

    def test_small_images_are_linked_as_they_are(self, download):
        out = run(download, *mat(download), "--allow-partial", "--shrink", "1001")
        record = mpii.read_community_json(out, "train")[0]
        assert record.image.read_bytes() == (download / "images" / record.image.name).read_bytes()

    def test_absent_images_are_left_out_only_if_allowed(self, download, capsys, monkeypatch):
        (download / "images" / "07.jpg").unlink()
        monkeypatch.setattr(mpii_splits, "LABELLED_PEOPLE", 22)
        message = fails(capsys, download, *mat(download))
        assert "07.jpg: image is missing (1 of 21 are)" in message
        out = run(download, *mat(download), "--allow-partial")
        assert len(list((out / "images").iterdir())) == 20
        assert not json.loads((out / "split.json").read_text())["complete"]


class TestAuthors:
    def test_images_with_one_person_as_seven_points(self, download, monkeypatch):
        counts = {"train": 16, "val": 2, "test": 2}
        monkeypatch.setattr(mpii_splits, "AUTHORS_COUNTS", counts)
        out = run(download, *mat(download), "--variant", "authors", "--shrink", "0")
        records = {s: seven_point.read(out, s) for s in counts}
        assert {s: len(rs) for s, rs in records.items()} == counts
        people = {p.image: p for p in mpii.read_release_people(download / "mpii.mat")}
        found = {r.image.name: r for rs in records.values() for r in rs}
        assert "two.jpg" not in found
        for name, record in found.items():
            np.testing.assert_array_equal(
                record.keypoints[record.labelled], people[name].keypoints[record.labelled]
            )
            assert record.labelled.sum() == 7
            assert record.source == "mpii"

    def test_the_published_sizes_come_out_of_the_published_number_of_images(self):
        people = [
            mpii.MpiiPerson(f"{i}.jpg", np.zeros((16, 2)), *np.ones((2, 16), bool))
            for i in range(11503)
        ]
        splits = mpii_splits.by_authors(people, seed=0)
        assert splits.counts == {"train": 9503, "val": 1000, "test": 1000}


class TestBadInput:
    def test_counts_that_differ(self, download, capsys):
        message = fails(capsys, download, *mat(download))
        assert "found 22 in all, expected 28,883 in all" in message
        assert "--allow-partial" in message

    def test_output_that_is_not_empty(self, download, capsys):
        (download.parent / "out").mkdir()
        (download.parent / "out" / "mine.txt").write_text("precious")
        message = fails(capsys, download, *mat(download), "--allow-partial")
        assert "exists and is not empty" in message

    def test_an_empty_output_folder_is_filled(self, download):
        (download.parent / "out").mkdir()
        assert run(download, *mat(download), "--allow-partial").joinpath("train.json").is_file()

    def test_output_below_a_file(self, download, capsys):
        (download.parent / "file").write_text("")
        out = download.parent / "file" / "out"
        options = ("--out", str(out), "--allow-partial")
        assert "file/out: cannot be written" in fails(capsys, download, *mat(download), *options)

    def test_image_that_does_not_decode(self, download, capsys):
        (download / "images" / "05.jpg").write_bytes(b"no image")
        message = fails(capsys, download, *mat(download), "--allow-partial")
        assert "05.jpg cannot be decoded" in message

    def test_folder_of_images_missing_or_empty(self, download, capsys):
        for image in (download / "images").iterdir():
            image.unlink()
        assert "folder is empty" in fails(capsys, download, *mat(download), "--allow-partial")
        (download / "images").rmdir()
        assert "no such folder" in fails(capsys, download, *mat(download), "--allow-partial")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ((), "give the release's annotation file with --mat"),
            (("--mat", "absent.mat"), "absent.mat: no such file"),
            (("--community", "absent"), "absent: no such folder"),
            (("--community", ".", "--variant", "authors"), "with --mat"),
        ],
    )
    def test_missing_annotations(self, download, capsys, options, message):
        assert message in fails(capsys, download, *options)

    def test_the_authors_variant_takes_no_list(self, download, capsys):
        options = ("--variant", "authors", "--validation-list", "x.txt")
        assert "split of its own" in fails(capsys, download, *mat(download), *options)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("00.jpg\n", "line 1 must name"),
            ("00.jpg 1\nunknown.jpg 1\n", "line 2 must name"),
            ("", "no labelled person in val"),
            ("00.jpg 9\n", "no labelled person in val"),
        ],
    )
    def test_malformed_list(self, download, capsys, text, message):
        (download / "list.txt").write_text(text)
        options = ("--validation-list", str(download / "list.txt"), "--allow-partial")
        assert message in fails(capsys, download, *mat(download), *options)

    def test_a_mat_that_is_no_list(self, download, capsys):
        savemat(download / "list.mat", {"keypoints": np.zeros(3)})
        options = ("--validation-list", str(download / "list.mat"))
        assert "no list of people" in fails(capsys, download, *mat(download), *options)
