"""What `make demo` prints; the job itself is that of infer.py."""

import csv
from pathlib import Path

import pytest

from pushup import demo
from pushup.__main__ import main as pushup


def test_only_real_pictures_enter_the_figures() -> None:
    sources = {
        "pushup": {"pcks": 0.7181, "images": 300},
        "rendered": {"pcks": 0.99, "images": 50},
    }
    assert demo.real_pcks({"split": "test", "sources": sources}) == (
        "PCKs on real images, split test: pushup 0.718 (300 images)"
    )
    assert demo.real_pcks({}) == "PCKs on real images: not measured"


def test_each_count_stands_beside_the_true_one() -> None:
    lines = list(demo.count_table({"a.mp4": 3, "b.mp4": 12}, {"b.mp4": 11, "a.mp4": 3}))
    assert [line.split() for line in lines[1:]] == [["a.mp4", "3", "3"], ["b.mp4", "12", "11"]]


def test_unknown_model_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="1"):
        pushup(["demo", "--model", "alexnet"])
    message = capsys.readouterr().err
    assert "alexnet" in message
    assert message.count("\n") == 1


@pytest.mark.slow
def test_leaves_counts_and_an_annotated_video(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pushup(["demo", "--seed", "5", "--clips", "1", "--output-dir", str(tmp_path)])
    with (tmp_path / "counted" / "summary.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    printed = capfd.readouterr().out
    assert f"{row['video']}  {row['count']:>7}" in printed
    (video,) = tmp_path.glob("counted/*/annotated.mp4")
    assert video.stat().st_size > 100_000
    assert str(video) in printed
