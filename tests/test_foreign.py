"""The border for files that others wrote."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from pushup import foreign
from pushup.cli import InputError


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a"),
        RecursionError("deep"),
        MemoryError(),
        OverflowError("int too large"),
        zipfile.BadZipFile("no zip\nat all"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "start"),
        PermissionError(13, "Permission denied"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_fails_within_is_one_line_that_names_the_file(error: Exception) -> None:
    with pytest.raises(InputError) as caught, foreign.parsing("a.bin", "a thing", "make it again"):
        raise error
    assert str(caught.value).startswith("a.bin: ")
    assert "make it again" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_told_already_and_what_the_user_stops_pass_through() -> None:
    told = InputError("b.json: told")
    with pytest.raises(InputError) as caught, foreign.parsing("a.bin", "a thing"):
        raise told
    assert caught.value is told
    with pytest.raises(KeyboardInterrupt), foreign.parsing("a.bin", "a thing"):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    "text",
    [
        "video,count\na.mp4,1.5\nb.mp4,2\n",
        '\ufeffvideo;count\r\na.mp4;1,5\r\n\r\n"b.mp4";2\r\n',
        "video\tcount\na.mp4\t1.5\nb.mp4\t2",
        'video,count\na.mp4,"1,5"\nb.mp4,2\n',
        "video , count\na.mp4,1.5\nb.mp4,2\n\n\n",
    ],
    ids=["plain", "excel", "tabs", "quoted decimal comma", "blanks"],
)
def test_tables_are_read_as_spreadsheets_write_them(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    rows = foreign.read_csv(path, ("video", "count"))
    assert [row["video"] for _, row in rows] == ["a.mp4", "b.mp4"]
    assert [foreign.number(row["count"], where) for where, row in rows] == [1.5, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a.csv: empty"),
        ("video\na.mp4\n", "no column 'count'"),
        ("video,count\na.mp4,1,2\n", "a.csv line 2: 3 cells under 2 columns"),
        ("video,count\na.mp4,1\nb.mp4,inf\n", "a.csv line 3: 'inf' is not a number"),
        ("video,count\na.mp4\n", "a.csv line 2: '' is not a number"),
        ("video,count\na.mp4,1e999\n", "a.csv line 2: '1e999' is not a number"),
    ],
)
def test_a_bad_table_names_line_and_fault(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        [foreign.number(r["count"], where) for where, r in foreign.read_csv(path, ("count",))]


def test_json_with_a_byte_order_mark_and_json_that_is_too_deep(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('\ufeff{"a": 1}', encoding="utf-8")
    assert foreign.read_json(tmp_path / "a.json") == {"a": 1}
    (tmp_path / "b.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match="not whole JSON"):
        foreign.read_json(tmp_path / "b.json")


def test_arrays_that_are_absurdly_large_are_not_read(tmp_path: Path, monkeypatch) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(10_000))
    monkeypatch.setattr(foreign, "LARGEST_ARRAY", 1000)
    with pytest.raises(InputError, match="more than 1 GiB"):
        foreign.read_npz(tmp_path / "a.npz", ("x",), "a trace", "make it again")


@pytest.mark.parametrize(
    "array", [np.zeros(3, complex), np.array(["1"] * 3), np.zeros((3, 1)), np.zeros(4)]
)
def test_an_array_of_other_kind_or_shape_is_refused(array: np.ndarray) -> None:
    assert foreign.floats(np.arange(3, dtype="u1"), (None,), "x").dtype == float
    with pytest.raises(InputError, match="x: 3 numbers are needed"):
        foreign.floats(array, (3,), "x")


def test_an_array_of_objects_is_never_unpickled(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.array([object()], object))
    (tmp_path / "a.npz").write_bytes(buffer.getvalue())
    with pytest.raises(InputError, match="not a trace"):
        foreign.read_npz(tmp_path / "a.npz", ("x",), "a trace", "make it again")
