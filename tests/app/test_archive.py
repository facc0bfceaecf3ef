"""Many videos on every engine, with a worker that is killed; and the ways to name them."""

import json
import os
import shutil
import subprocess
import sys
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from pushup.app.archive.count import Settings, count_path
from pushup.app.archive.journal import Journal
from pushup.app.archive.manifest import find, is_many
from pushup.app.archive.run import run_videos
from pushup.cli import InputError
from pushup.engines import Engine
from support.archive_run import make_folder
from support.dot_clips import DotSessions, KillingSessions, dot_clip, rows_of
from support.engine_work import ENGINES, TESTS, engine

BAD = 3


@pytest.fixture(scope="module")
def total(request) -> int:
    """Number of videos, the damaged ones among them: `--clips 300` for more."""
    return request.config.getoption("--clips")


@pytest.fixture(scope="module")
def clips(tmp_path_factory, total) -> Path:
    """Clips of 1 to 3 s and three damaged ones."""
    folder = tmp_path_factory.mktemp("clips")
    for cycles in (1, 2, 3):
        dot_clip(folder / f"{cycles - 1:02}.avi", cycles=cycles)
    for k in range(3, total - BAD):
        shutil.copy(folder / f"{k % 3:02}.avi", folder / f"{k:02}.avi")
    for k in range(BAD):
        (folder / f"bad{k}.mp4").write_bytes(b"no video")
    return folder


class Recording:
    """Notes what an engine is given; without one none of it is done."""

    def __init__(self, engine: Engine | None = None):
        self._engine, self.names = engine, []
        self.threads, self.outlives = 1, engine is not None and engine.outlives

    def map(self, make, items):
        self.names = sorted(item[1].name for item in items.values())
        return self._engine.map(make, items) if self._engine else (_ for _ in ())


@pytest.fixture
def importable(monkeypatch) -> None:
    """The tests, for processes that import them."""
    path = os.pathsep.join((str(TESTS), os.environ.get("PYTHONPATH", "")))
    monkeypatch.setenv("PYTHONPATH", path)


def lines_of(out: Path) -> list[dict]:
    found = [line for f in (out / "rows").glob("*") for line in f.read_text().splitlines()]
    return [json.loads(line) for line in found]


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize("name", ENGINES)
def test_no_row_is_lost_and_none_twice(clips, total, tmp_path, name, capsys):
    out = tmp_path / "out"
    sessions = KillingSessions(tmp_path)
    run_all = partial(run_videos, str(clips), sessions, make_folder, out, records=False)
    assert run_all(engine(name, out)) == BAD
    assert (tmp_path / "killed").exists()
    rows = {row["video"]: row for row in rows_of(out / "summary.csv")}
    assert list(rows) == sorted(path.name for path in clips.iterdir())
    assert len(rows) == total
    good = [row for video, row in rows.items() if not video.startswith("bad")]
    assert all(int(row["count"]) == int(row["video"][:-4]) % 3 + 1 for row in good)
    assert len(rows["02.avi"]["reps_s"].split()) == 3
    assert all("no video can be read" in rows[f"bad{k}.mp4"]["error"] for k in range(BAD))
    lines = lines_of(out)
    assert len(lines) == len({line["key"] for line in lines}) == total
    told = capsys.readouterr()
    assert f"{total} videos, 3 failed: retry=true tries them again" in told.out
    assert told.err.count("error: ") == BAD
    assert {path.name for path in out.iterdir()} <= {
        *("config.yaml", "rows", "summary.csv", "summary.parquet", "jobs")
    }
    again = Recording()
    assert run_all(again) == BAD
    assert again.names == []
    run_all(again, retry=True)
    assert again.names == [f"bad{k}.mp4" for k in range(BAD)]
    print(f"{name}: {len(rows)} rows of {len(lines)} lines, a worker was killed")


@pytest.mark.usefixtures("importable")
@pytest.mark.parametrize("name", ENGINES)
def test_a_run_that_is_killed_goes_on(clips, total, tmp_path, name):
    """Run with `-s` for what was seen."""
    out, mark = tmp_path / "out", tmp_path / "mark"
    mark.touch()
    most = total // 4
    line = [sys.executable, "-m", "support.archive_run", clips, out, name, mark, str(most)]
    process = subprocess.Popen(line)
    deadline = time.monotonic() + 120
    while len(lines_of(out)) < most and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    before = {line["video"] for line in lines_of(out)}
    assert most <= len(before) < total
    mark.unlink()
    again = Recording(engine(name, out))
    assert run_videos(str(clips), DotSessions(), make_folder, out, again, records=False) == BAD
    rows = [row["video"] for row in rows_of(out / "summary.csv")]
    assert rows == sorted(path.name for path in clips.iterdir())
    assert not before & set(again.names)
    assert len(before) + len(again.names) <= total
    print(f"{name}: {len(before)} of {total} videos before the kill, {len(again.names)} after it")


def test_only_what_has_changed_is_counted_again(clips, total, tmp_path):
    folder, out = shutil.copytree(clips, tmp_path / "clips"), tmp_path / "out"
    sessions = DotSessions()
    run_all = partial(run_videos, str(folder), sessions, make_folder, out, records=False)
    assert run_all(engine("process", out)) == BAD
    again = Recording()
    os.utime(folder / "03.avi", (1e9, 1e9))
    (folder / "04.avi").write_bytes((folder / "02.avi").read_bytes())
    dot_clip(folder / "new.avi", cycles=1)
    with pytest.raises(KeyError):  # it has done none of them
        run_all(again)
    assert again.names == ["03.avi", "04.avi", "new.avi"]
    sessions.weights = "others"
    with pytest.raises(KeyError):
        run_all(again)
    assert len(again.names) == total + 1


def test_a_damaged_journal_loses_its_line_alone(tmp_path):
    journal = Journal(tmp_path / "rows")
    journal.add("a", {"error": "", "count": 1})
    journal.add("b", {"error": "gone"})
    (file,) = (tmp_path / "rows").iterdir()
    with file.open("ab") as end:
        end.write(b'[1]\n{"key": "c", "err\xff')
    Journal(tmp_path / "rows").add("b", {"error": "", "count": 2})
    Journal(tmp_path / "rows").add("a", {"error": "later"})
    read = Journal(tmp_path / "rows").read()
    assert [read.failed(key) for key in "abc"] == [False, False, None]
    assert read.row("b")["count"] == 2


def test_a_row_of_one_path(clips, tmp_path):
    settings = Settings(DotSessions(), make_folder)
    row = count_path(str(clips / "01.avi"), settings)
    assert row.summary is not None
    assert (row.summary.count, len(row.reps_s), row.error) == (2, 2, "")
    lacking = count_path(str(tmp_path / "none.avi"), settings)
    assert "none.avi: no such file" in lacking.error
    assert lacking.record()["count"] is None


@pytest.fixture
def table(clips, tmp_path) -> Path:
    """A CSV of a relative, an absolute, a repeated and a missing path."""
    shutil.copy(clips / "00.avi", tmp_path / "here.avi")
    paths = ["here.avi", str(clips / "01.avi"), "here.avi", "../gone.avi"]
    path = tmp_path / "manifest.csv"
    path.write_text("id,path\n" + "\n".join(f"{k},{p}" for k, p in enumerate(paths)) + "\n")
    return path


def test_a_table_names_videos(clips, table, tmp_path, capsys):
    assert is_many(str(table))
    found = find(str(table))
    assert [v.name for v in found] == ["here.avi", str(clips / "01.avi"), "../gone.avi"]
    assert [v.size is None for v in found] == [False, False, True]
    assert all(not Path(v.folder).is_absolute() and ".." not in v.folder for v in found)
    out = tmp_path / "out"
    assert run_videos(str(table), DotSessions(), make_folder, out, engine("process", out)) == 1
    rows = rows_of(out / "summary.csv")
    assert [row["count"] for row in rows] == ["1", "2", ""]
    assert (out / "here" / "annotated.mp4").exists()
    (tmp_path / "signal.csv").write_text("time_s,value\n0,1\n")
    assert not is_many(str(tmp_path / "signal.csv"))
    assert not is_many("https://example.com/clip.mp4")


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed")
def test_parquet_in_and_out(clips, tmp_path):
    import pandas

    source, out = tmp_path / "manifest.parquet", tmp_path / "out"
    paths = [str(clips / "00.avi"), str(clips / "bad0.mp4"), str(clips / "02.avi")]
    pandas.DataFrame({"path": paths, "subject": [1, 2, 3]}).to_parquet(source)
    found = run_videos(
        str(source), DotSessions(), make_folder, out, engine("process", out), records=False
    )
    assert found == 1
    frame = pandas.read_parquet(out / "summary.parquet")
    assert list(frame.video) == paths
    assert list(frame["count"].fillna(-1)) == [1, -1, 3]
    assert [len(reps) for reps in frame.reps_s] == [1, 0, 3]
    assert "no video" in frame.error[1]
    pandas.DataFrame({"file": paths}).to_parquet(source)
    with pytest.raises(InputError, match="no column 'path'"):
        find(str(source))


def test_a_glob_names_videos(clips):
    assert is_many(f"{clips}/0*.avi")
    assert [v.name for v in find(f"{clips}/0[12].avi")] == ["01.avi", "02.avi"]
    assert next(v.name for v in find(f"{clips.parent}/*/bad?.mp4")) == f"{clips.name}/bad0.mp4"
    with pytest.raises(InputError, match="names no video"):
        find(f"{clips}/x*.avi")


@pytest.mark.skipif(find_spec("fsspec") is None, reason="fsspec is not installed")
def test_a_file_system_behind_a_url(clips, tmp_path, capsys):
    import fsspec

    memory = fsspec.filesystem("memory")
    for name in ("00.avi", "01.avi"):
        memory.put(str(clips / name), f"/archive/deep/{name}")
    memory.pipe("/archive/list.csv", b"path\ndeep/01.avi\nmemory://archive/gone.avi\n")
    out = tmp_path / "out"
    run_all = partial(run_videos, sessions=DotSessions(), make_output_dir=make_folder)
    here = engine("process", out)
    here.workers = 1  # the file system is this process's
    assert run_all("memory://archive", output_dir=out, engine=here) == 0
    rows = rows_of(out / "summary.csv")
    assert [row["video"] for row in rows] == [f"memory:///archive/deep/0{k}.avi" for k in (0, 1)]
    assert [row["count"] for row in rows] == ["1", "2"]
    assert len(list(out.glob("memory/archive/deep/0?/annotated.mp4"))) == 2
    assert run_all("memory://archive/list.csv", output_dir=out, engine=here, records=False) == 1
    assert [row["count"] for row in rows_of(out / "summary.csv")] == ["2", ""]
    assert "gone.avi: cannot be fetched (no such file)" in capsys.readouterr().err
    for source, words in (
        ("memory://nowhere", "names no video"),
        ("nosuch://a/b.mp4", "Protocol not known"),
    ):
        with pytest.raises(InputError, match=words):
            find(source)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("moto") is None, reason="moto is not installed")
@pytest.mark.skipif(find_spec("s3fs") is None, reason="s3fs is not installed")
def test_an_object_store(clips, tmp_path, monkeypatch):
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in (
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    try:
        client = boto3.client("s3", endpoint_url=address)
        client.create_bucket(Bucket="clips")
        for name in ("00.avi", "01.avi", "02.avi", "bad0.mp4"):
            client.upload_file(str(clips / name), "clips", f"day/{name}")
        out = tmp_path / "out"
        run_all = partial(run_videos, "s3://clips/day", DotSessions(), make_folder, out)
        assert run_all(engine("process", out), records=False) == 1
        rows = rows_of(out / "summary.csv")
        assert [row["count"] for row in rows] == ["1", "2", "3", ""]
        assert rows[0]["video"] == "s3://clips/day/00.avi"
        assert all(row["mtime"] for row in rows)
        again = Recording()
        run_all(again, records=False)
        assert again.names == []
    finally:
        server.stop()
