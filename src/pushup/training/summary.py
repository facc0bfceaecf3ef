"""What a run leaves in words: its line on the console, and its row in the table of a sweep."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from filelock import FileLock
from pytorch_lightning.utilities import rank_zero_only

from pushup.cli import one_line
from pushup.files import write_csv


def row_of(
    run: str, overrides: Sequence[str], metrics: Mapping[str, float], error: str = ""
) -> dict[str, str]:
    """A run as a row: a column for each override and each metric, and what went wrong."""
    given = {key: value for key, _, value in (o.partition("=") for o in overrides)}
    return {"run": run, **given, **rounded(metrics), "error": error}


def reason(error: Exception) -> str:
    """What went wrong, in one line."""
    return one_line(error) or (str(error).splitlines() or [type(error).__name__])[0]


def rounded(metrics: Mapping[str, float]) -> dict[str, str]:
    """Metrics in alphabetical order, to six digits."""
    return {name: f"{value:.6g}" for name, value in sorted(metrics.items())}


def append_row(path: Path, row: Mapping[str, str]) -> None:
    """Add a row to a table, widening it if the row has new columns; jobs may do so at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock")):
        rows: list[Mapping[str, str]] = []
        if path.exists():
            with path.open(newline="") as file:
                rows += csv.DictReader(file)
        rows.append(row)
        columns = list(dict.fromkeys(key for r in rows for key in r if key != "error"))
        write_csv(path, [*columns, "error"], rows)


@rank_zero_only
def print_metrics(output_dir: Path, metrics: Mapping[str, float]) -> None:
    """The last line of a run."""
    told = ", ".join(f"{name} {value}" for name, value in rounded(metrics).items())
    print(f"{output_dir}: {told}")
