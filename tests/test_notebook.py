"""The notebook runs from top to bottom, and is committed without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "quickstart.ipynb"
LIMIT_S = 90


def children_cpu_s() -> float:
    """Processor seconds of finished child processes: other work on the machine does not count."""
    times = os.times()
    return times.children_user + times.children_system


def test_outputs_are_stripped() -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


@pytest.mark.slow
def test_runs_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # then processor time is wall time
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    before_s = children_cpu_s()
    NotebookClient(notebook, timeout=10 * LIMIT_S, kernel_name="python3").execute()
    assert 0 < children_cpu_s() - before_s < LIMIT_S

    results = [
        output.data["text/plain"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "execute_result"
    ]
    assert any("counted" in result for result in results)
    images = [o for cell in notebook.cells for o in cell.get("outputs", []) if "data" in o]
    assert sum("image/png" in output.data for output in images) == 4
