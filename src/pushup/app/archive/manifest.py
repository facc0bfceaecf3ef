"""Which videos a source names: a folder, a glob, or a table of paths; on disk or behind a URL."""

import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from pushup.app.run import is_result
from pushup.cli import InputError, extra
from pushup.foreign import number, parsing, read_cells, read_csv
from pushup.video.source import VIDEO_SUFFIXES, find_videos, printable

_STREAMS = ("http", "https", "ftp", "rtsp", "rtmp", "rtp", "udp", "tcp", "srt", "mms")
_MAGIC = re.compile(r"[*?\[]")
_REQUESTS = 32
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified")
"""What file systems call the time of the last change."""


@dataclass(frozen=True)
class Video:
    """One entry of a manifest.

    Attributes:
        name: In tables.
        path: A file, or a URL that fsspec knows.
        folder: For its records, relative; no other video has it.
        size: Bytes; None: there is no such file.
        mtime: Time of its last change, where it is known.
    """

    name: str
    path: str
    folder: str
    size: int | None
    mtime: float | None


Found = tuple[str, str, int | None, float | None]
"""Name, path, size and time of a video."""


def is_url(path: str) -> bool:
    """Whether fsspec is to open it: `s3://`, `gs://`, ...; not what is streamed."""
    scheme, found, _ = path.partition("://")
    return bool(found) and scheme.lower() not in _STREAMS and not os.path.lexists(path)


def absolute(path: str) -> str:
    """A path wherever it is looked at from; a URL as it is."""
    return path if is_url(path) else os.path.abspath(path)


def is_many(source: str) -> bool:
    """Whether a source is one of many videos: see `find`."""
    if is_url(source) or Path(source).is_dir():
        return True
    if Path(source).suffix.lower() == ".csv":
        return Path(source).is_file() and "path" in (read_cells(Path(source)) or [("", [])])[0][1]
    return Path(source).suffix.lower() == ".parquet" or _is_glob(source)


def find(source: str, pattern: str = "*") -> list[Video]:
    """The videos of a source, each once, but those that a run has written.

    Args:
        source: A folder, searched at any depth; a glob, in which `**` is any depth; or a CSV or
            Parquet file with a column `path` (relative to the table, absolute, or a URL) and, where
            known, `size` and `mtime`, without which each file is asked. Also any of these as a
            URL of an object store, or there a single file.
        pattern: Of the file names in a folder, such as "*.mp4".

    Raises:
        InputError: There is none, or the source cannot be read.
    """
    if _is_table(source):
        found = _of_table(source)
    elif is_url(source):
        found = _of_url(source, pattern)
    elif Path(source).is_dir():
        base = Path(source)
        found = _of_paths((v for v in find_videos(base, pattern) if not is_result(v)), base)
    else:
        base = Path(*_before_magic(Path(source).parts))
        paths = (Path(path) for path in sorted(glob.glob(source, recursive=True)))
        videos = (p for p in paths if p.suffix.lower() in VIDEO_SUFFIXES and p.is_file())
        found = _of_paths((v for v in videos if not is_result(v)), base)
    found = list({absolute(entry[1]): entry for entry in found}.values())
    if not found:
        if Path(source).is_dir():
            raise InputError(
                f"{source}: holds only results of earlier runs: give the clips' folder"
            )
        raise InputError(f"{source}: names no video ({', '.join(sorted(VIDEO_SUFFIXES))})")
    folders = subfolders([_relative(name) for name, *_ in found])
    shown = [name if "://" in name else printable(Path(name)) for name, *_ in found]
    return [
        Video(name, path, os.fspath(sub), size, mtime)
        for name, sub, (_, path, size, mtime) in zip(shown, folders, found, strict=True)
    ]


def subfolders(relative: list[Path]) -> list[Path]:
    """A distinct relative folder per video: its name without suffix, where that tells it apart."""
    stems = Counter(path.with_suffix("") for path in relative)
    return [p if stems[p.with_suffix("")] > 1 else p.with_suffix("") for p in relative]


def _relative(name: str) -> Path:
    """A name as a path that stays in whatever folder it is joined to."""
    parts = PurePosixPath(name.replace("://", "/")).parts
    return Path(*(part for part in parts if part not in ("/", "..")))


def _is_glob(source: str) -> bool:
    return bool(_MAGIC.search(source)) and "://" not in source and not os.path.lexists(source)


def _is_table(source: str) -> bool:
    return source.lower().endswith((".csv", ".parquet"))


def _before_magic(parts: Iterable[str]) -> Iterator[str]:
    for part in parts:
        if _MAGIC.search(part):
            return
        yield part


def _of_paths(paths: Iterable[Path], base: Path) -> list[Found]:
    return [
        (os.fspath(path.relative_to(base)), *_stat(os.fspath(path)))  # type: ignore[misc]
        for path in paths
    ]


def _stat(path: str) -> tuple[str, int | None, float | None]:
    try:
        found = os.stat(path)
    except OSError:  # told when it is to be counted
        return path, None, None
    return path, found.st_size, found.st_mtime


def _of_table(source: str) -> list[Found]:
    with local_copy(source) as file, parsing(source, "a table of videos"):
        rows = _parquet(file) if source.lower().endswith(".parquet") else _csv(Path(file))
    base = source.rpartition("/")[0] if is_url(source) else os.path.dirname(source)

    def found(row: Mapping[str, Any]) -> Found:
        name = str(row["path"])
        path = name if is_url(name) else os.path.join(base, name)
        if not is_url(path):
            return (name, *_stat(path))
        if row.get("size") is not None and row.get("mtime") is not None:
            return name, path, int(row["size"]), _seconds(row["mtime"])
        try:
            fs, inner = filesystem(path)
            return name, path, *_known(fs.info(inner))
        except InputError:
            raise
        except Exception:  # of whatever client; told when it is to be counted
            return name, path, None, None

    with ThreadPoolExecutor(_REQUESTS) as pool:
        return list(pool.map(found, rows))


def _csv(path: Path) -> list[dict[str, Any]]:
    rows = []
    for where, row in read_csv(path, ("path",)):
        known = {k: number(row[k], where) for k in ("size", "mtime") if row.get(k)}
        rows.append({"path": row["path"], **known})
    return rows


def _parquet(path: str) -> list[dict[str, Any]]:
    schema = extra("pyarrow.parquet", "parquet").read_schema(path)
    if "path" not in schema.names:
        raise InputError(f"{path}: no column 'path'; it has {', '.join(schema.names)}")
    columns = [name for name in ("path", "size", "mtime") if name in schema.names]
    return extra("pyarrow.parquet", "parquet").read_table(path, columns=columns).to_pylist()


def _of_url(source: str, pattern: str) -> list[Found]:
    fs, inner = filesystem(source)
    try:
        if _MAGIC.search(inner):
            infos = fs.glob(inner, detail=True)
        elif fs.isfile(inner):
            infos, pattern = {inner: fs.info(inner)}, "*"
        else:
            infos = fs.find(inner, detail=True)
    except Exception as error:  # of whatever client
        raise InputError(f"{source}: {_reason(error)}; {_CHECK}") from error
    wanted = {
        fs.unstrip_protocol(path): info
        for path, info in sorted(infos.items())
        if PurePosixPath(path).suffix.lower() in VIDEO_SUFFIXES
        and PurePosixPath(path).match(pattern)
    }
    return [(url, url, *_known(info)) for url, info in wanted.items()]


def _known(info: Mapping[str, Any]) -> tuple[int | None, float | None]:
    """Size and time of the last change, as a file system tells them."""
    time = next((info[key] for key in _TIMES if info.get(key) is not None), None)
    return info.get("size"), None if time is None else _seconds(time)


def _seconds(time: Any) -> float:
    if isinstance(time, str):
        time = datetime.fromisoformat(time)
    return time.timestamp() if isinstance(time, datetime) else float(time)


_CHECK = "check the address and the credentials"


def filesystem(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it; InputError if nothing serves it."""
    fsspec = extra("fsspec.core", "s3")
    try:
        return fsspec.url_to_fs(url)
    except ImportError as error:
        raise InputError(f"{url}: {_reason(error)}: pip install 'pushup[s3]'") from error
    except Exception as error:
        raise InputError(f"{url}: {_reason(error)}; {_CHECK}") from error


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0] or type(error).__name__


@contextmanager
def local_copy(path: str) -> Iterator[str]:
    """A file on this machine: itself, or a copy of what a URL names, for as long as it is needed.

    Raises:
        InputError: It cannot be fetched.
    """
    if not is_url(path):
        yield path
        return
    fs, inner = filesystem(path)
    with TemporaryDirectory(prefix="pushup-") as folder:
        copy = os.path.join(folder, PurePosixPath(inner).name)
        try:
            fs.get_file(inner, copy)
        except Exception as error:  # of whatever client
            reason = "no such file" if isinstance(error, FileNotFoundError) else _reason(error)
            raise InputError(f"{path}: cannot be fetched ({reason}); {_CHECK}") from error
        yield copy
