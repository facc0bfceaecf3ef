"""The notebook on other ways to count runs from top to bottom; it is committed without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "comparison.ipynb"
LIMIT_S = 90


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
    before = os.times()
    NotebookClient(notebook, timeout=10 * LIMIT_S, kernel_name="python3").execute()
    after = os.times()
    spent_s = after.children_user + after.children_system
    spent_s -= before.children_user + before.children_system
    assert 0 < spent_s < LIMIT_S

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    texts = [output.get("text", "") for output in outputs]
    assert any("ms a frame" in text for text in texts)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3
