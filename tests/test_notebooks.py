"""The notebooks run from top to bottom, and are committed without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[1] / "notebooks"
PLOTS_AND_TEXT = {"quickstart": (4, "counted"), "comparison": (3, "ms a frame")}
LIMIT_S = 90


def children_cpu_s() -> float:
    """Processor seconds of finished child processes: other work on the machine does not count."""
    times = os.times()
    return times.children_user + times.children_system


def test_every_notebook_is_run() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == PLOTS_AND_TEXT.keys()


@pytest.mark.parametrize("name", PLOTS_AND_TEXT)
def test_outputs_are_stripped(name: str) -> None:
    cells = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


@pytest.mark.slow
@pytest.mark.parametrize("name", PLOTS_AND_TEXT)
def test_runs_in_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # then processor time is wall time
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    before_s = children_cpu_s()
    NotebookClient(notebook, timeout=10 * LIMIT_S, kernel_name="python3").execute()
    assert 0 < children_cpu_s() - before_s < LIMIT_S

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    data = [output.get("data", {}) for output in outputs]
    plots, wanted = PLOTS_AND_TEXT[name]
    texts = [o.get("text", "") for o in outputs] + [d.get("text/plain", "") for d in data]
    assert any(wanted in text for text in texts)
    assert sum("image/png" in d for d in data) == plots
