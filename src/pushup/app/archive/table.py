"""The table over many videos: CSV, and Parquet where pyarrow is installed."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

from pushup.app.summary import COLUMNS, Summary
from pushup.cli import extra
from pushup.files import ANOTHER_FOLDER, replacing, write_csv

SUMMARY_COLUMNS = ("video", *COLUMNS, "reps_s", "size", "mtime", "seconds", "cpu_s", "error")
"""A video that failed has its `error` and no figures."""

_HINTS = get_type_hints(Summary) | {"size": int, "mtime": float, "seconds": float, "cpu_s": float}
_TYPES = {int: "int64", float: "float64", bool: "bool_"}
"""In Parquet; everything else is a text, `reps_s` a list of numbers."""

_AT_ONCE = 20_000


def write_summary(folder: Path, rows: Callable[[], Iterator[dict[str, Any]]]) -> Path:
    """Write summary.csv and, where pyarrow is installed, summary.parquet; return the former."""
    shown = ({**row, "reps_s": " ".join(map(str, row["reps_s"]))} for row in rows())
    path = folder / "summary.csv"
    write_csv(path, SUMMARY_COLUMNS, ({c: row.get(c) for c in SUMMARY_COLUMNS} for row in shown))
    if find_spec("pyarrow") is not None:
        _write_parquet(folder / "summary.parquet", rows())
    return path


def _write_parquet(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    pyarrow, parquet = extra("pyarrow", "parquet"), extra("pyarrow.parquet", "parquet")

    def type_of(column: str) -> Any:
        if column == "reps_s":
            return pyarrow.list_(pyarrow.float64())
        hint = _HINTS.get(column)
        (kind, *_) = get_args(hint) if isinstance(hint, UnionType) else (hint,)  # or None
        return getattr(pyarrow, _TYPES.get(kind, "string"))()

    schema = pyarrow.schema([(column, type_of(column)) for column in SUMMARY_COLUMNS])
    with replacing(path, ANOTHER_FOLDER) as part, parquet.ParquetWriter(part, schema) as writer:
        while some := list(islice(rows, _AT_ONCE)):
            writer.write_table(pyarrow.Table.from_pylist(some, schema))
