"""Readers of others' counting benchmarks, on files in their published layouts."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from hydra import compose, initialize_config_dir
from scipy.io import savemat

from pushup.cli import InputError
from pushup.commands.evaluate import evaluate
from pushup.data.benchmarks import read_countix, read_repcount, read_ucfrep
from pushup.data.clips import read_clips
from pushup.paths import CONF
from support.block_clips import write_block_clips

FPS = 15.0


@pytest.fixture(scope="module")
def blocks(tmp_path_factory) -> list[Path]:
    """Videos of 2, of 3 and of no repetitions at 15 frames a second."""
    root = write_block_clips(tmp_path_factory.mktemp("blocks"), (2, 3, 0))
    return sorted((root / "videos").iterdir())


@pytest.fixture
def repcount(blocks, tmp_path) -> Path:
    for path in blocks:
        place = tmp_path / "video" / "valid" / path.name.replace("block", "stu")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    (tmp_path / "annotation").mkdir()
    # pandas has left an index; frames are whole in one column and decimals in the next
    (tmp_path / "annotation" / "valid.csv").write_text(
        ",type,name,count,L1,L2,L3,L4,L5,L6\n"
        "0,push_up,stu0.mp4,2,9,27,27.0,45.0,,\n"
        "1,pushups,stu1.mp4,,9,27,27.0,45.0,45.0,63.0\n"
        "2,others,stu2.mp4,0,,,,,,\n"
        "3,squat,gone.mp4,4,1,2,3,4,5,6\n"
    )
    return tmp_path


def test_repcount_as_its_archive_has_it(repcount, capsys) -> None:
    first, second, third = read_repcount(repcount, "val")
    assert "1 of 4 videos are missing" in capsys.readouterr().out
    # the table says .mp4, the copy is an .avi
    assert (first.name, first.video.suffix, first.count) == ("stu0", ".avi", 2)
    assert first.bottoms_s == pytest.approx([18 / FPS, 36 / FPS])
    assert (second.count, len(second.bottoms_s)) == (3, 3)  # no count: that of the marks
    assert (third.count, third.bottoms_s) == (0, ())
    assert [clip.kind for clip in (first, second, third)] == ["pushup", "pushup", "other"]


@pytest.fixture
def ucfrep(blocks, tmp_path) -> Path:
    for path, group in zip(blocks[:2], ("g01", "g02"), strict=True):
        name = f"v_PushUps_{group}_c01"
        place = tmp_path / "UCF-101" / "PushUps" / f"{name}.avi"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
        bounds = np.arange(9, 9 + 18 * (3 if group == "g01" else 4), 18)[:, None]
        label = {
            "duration": bounds[-1, 0] - bounds[0, 0] + 1,
            "start_frame": bounds[0, 0],
            "end_frame": bounds[-1, 0],
            "temporal_bound_num": len(bounds),
            "temporal_bound": bounds,
            "offset_next_estimate": np.full((1, 30), -1),
        }
        (tmp_path / "annotations" / "val").mkdir(parents=True, exist_ok=True)
        savemat(tmp_path / "annotations" / "val" / f"{name}.mat", {"label": label})
    return tmp_path


def test_ucfrep_counts_between_its_first_and_last_bound(ucfrep) -> None:
    first, second = read_ucfrep(ucfrep, "val")
    assert [first.count, second.count] == [2, 3]
    assert (first.kind, first.video.name) == ("pushup", "v_PushUps_g01_c01.avi")
    assert first.segment_s == pytest.approx((9 / FPS, 45 / FPS))
    assert first.bottoms_s == pytest.approx([18 / FPS, 36 / FPS])
    times_s = [frame.time_s for frame in first.frames()]
    assert times_s[0] == pytest.approx(9 / FPS, abs=1e-3)
    assert times_s[-1] == pytest.approx(45 / FPS, abs=1e-3)


@pytest.fixture
def countix(blocks, tmp_path) -> Path:
    for path, start in zip(blocks[:2], (17, 0), strict=True):
        place = tmp_path / "val" / "push up" / f"ab-c_{start:06d}_{start + 10:06d}.avi"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, place)
    (tmp_path / "countix_val.csv").write_text(
        "video_id,class,kinetics_start,kinetics_end,repetition_start,repetition_end,count\n"
        "ab-c,push up,17,27,17.600000,20.000000,2\n"
        "ab-c,push up,0,10,0.5,2.0,1\n"
        "ab-c,push up,0,10,2.0,4.1,2\n"
        "gone,squat,0,10,0,5,3\n"
    )
    return tmp_path


def test_countix_counts_in_segments_of_kinetics_clips(countix, capsys) -> None:
    clips = read_countix(countix, "val")
    assert "1 of 4 videos are missing" in capsys.readouterr().out
    assert [clip.count for clip in clips] == [2, 1, 2]
    assert len({clip.name for clip in clips}) == 3
    assert clips[0].segment_s == pytest.approx((0.6, 3.0))
    assert {clip.kind for clip in clips} == {"pushup"}
    duration_s = [frame.time_s for frame in clips[2].frames()]
    assert 2.0 <= duration_s[0] < duration_s[-1] <= 4.1
    text = (countix / "countix_val.csv").read_text().replace("class,", "").replace("push up,", "")
    (countix / "countix_test.csv").write_text(text.replace("squat,", ""))
    assert [clip.kind for clip in read_countix(countix, "test")] == ["", "", ""]


def run(data: str, root: Path, out: Path, *options: str) -> dict:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose(
            "evaluate",
            overrides=[
                *("mode=counting", f"data={data}", f"data.root={root}", "plots=false"),
                *("counters=[moving_pixels]", f"output_dir={out}", "workers=1", *options),
            ],
        )
    evaluate(config)
    return json.loads((out / "results.json").read_text())["counters"]["moving_pixels"]


def test_evaluate_py_runs_on_repcount(repcount, tmp_path) -> None:
    figures = run("repcount", repcount, tmp_path / "out")
    assert figures["number"] == 2
    assert figures["clips"]["stu1"]["predicted"] == 3
    assert figures["f1_time"] > 0.7
    assert set(figures["by_class"]) == {"pushup", "other"}
    assert figures["by_class"]["pushup"]["number"] == 2
    text = (tmp_path / "out" / "results.md").read_text()
    assert re.search(r"\| pushup +\| +moving_pixels \| +2 \| 0.000", text)
    # as TransRAC divides: by g + 0.1, the clip without repetitions among the others
    over = run("repcount", repcount, tmp_path / "out", "mae_offset=0.1")
    clips = over["clips"].values()
    errors = [abs(c["predicted"] - c["count"]) / (c["count"] + 0.1) for c in clips]
    assert over["number"] == 3
    assert over["mae"] == pytest.approx(np.mean(errors))
    assert "(g + 0.1)" in (tmp_path / "out" / "results.md").read_text()


def test_evaluate_py_counts_in_the_segment_alone(countix, ucfrep, tmp_path) -> None:
    figures = run("countix", countix, tmp_path / "countix")
    assert [clip["duration_s"] for clip in figures["clips"].values()] == pytest.approx(
        [2.4, 1.5, 2.1], abs=0.2
    )
    figures = run("ucfrep", ucfrep, tmp_path / "ucfrep")
    assert figures["clips"]["v_PushUps_g01_c01_from_0.60"]["duration_s"] == pytest.approx(37 / FPS)


def test_counts_csv_may_name_classes(tmp_path) -> None:
    (tmp_path / "counts.csv").write_text("video,count,split,class\na.mp4,5|6,val,push up\n")
    [clip] = read_clips(tmp_path, "val")
    assert (clip.kind, clip.count, clip.also) == ("push up", 5, (6,))


@pytest.mark.parametrize(
    ("read", "folder", "name", "before", "after", "message"),
    [
        (read_repcount, "repcount", "annotation/valid.csv", "count", "number", "no column 'count'"),
        (read_repcount, "repcount", "annotation/valid.csv", "27.0", "x", "line 2: 'x' is not"),
        (read_repcount, "repcount", "annotation/valid.csv", ",2,9", ",2.5,9", "line 2: a count is"),
        (read_countix, "countix", "countix_val.csv", "20.000000", "17.1", "is not after"),
        (read_countix, "countix", "countix_val.csv", "17,27", "?,27", "line 2: '\\?' is not"),
    ],
)
def test_damaged_tables_are_told(read, folder, name, before, after, message, request) -> None:
    root = request.getfixturevalue(folder)
    text = (root / name).read_text()
    (root / name).write_text(text.replace(before, after, 1))
    with pytest.raises(InputError, match=message):
        read(root, "val")


def test_what_is_not_there_is_told(ucfrep, repcount, tmp_path) -> None:
    for read in (read_repcount, read_ucfrep, read_countix):
        with pytest.raises(InputError, match="is not the folder of this data set"):
            read(tmp_path / "none", "val")
    with pytest.raises(InputError, match="choose split=train or val"):
        read_ucfrep(ucfrep, "test")
    with pytest.raises(InputError, match="no such file"):
        read_repcount(repcount, "test")
    shutil.rmtree(repcount / "video")
    with pytest.raises(InputError, match="none of 4 annotated videos is there, such as stu0"):
        read_repcount(repcount, "val")
    next((ucfrep / "annotations" / "val").iterdir()).write_bytes(
        b"MATLAB 5.0 MAT-file" + b"x" * 200
    )
    with pytest.raises(InputError, match=r"v_PushUps_g0._c01.mat: truncated, or no MATLAB file"):
        read_ucfrep(ucfrep, "val")
    savemat(ucfrep / "annotations" / "val" / "v_PushUps_g01_c01.mat", {"label": {"a": 1}})
    savemat(ucfrep / "annotations" / "val" / "v_PushUps_g02_c01.mat", {"label": {"a": 1}})
    with pytest.raises(InputError, match="no label with temporal_bound"):
        read_ucfrep(ucfrep, "val")
