"""Golden traces: what every counter finds in sixty rendered routines stays as it is.

Where a change is meant, write the new figures (see `support/golden.py`) and say so in the commit.
"""

import json

import numpy as np
import pytest

from pushup.counting.trace import Trace
from support import golden


@pytest.fixture(scope="module")
def traces() -> list[Trace]:
    return golden.load()


@pytest.mark.parametrize("name", golden.COUNTERS)
def test_repetitions_of_the_golden_traces(name, traces) -> None:
    expected = json.loads(golden.EXPECTED.read_text())[name]
    found = golden.repetitions(name, traces)
    assert [len(reps) for reps in found] == [len(reps) for reps in expected]
    for reps, known in zip(found, expected, strict=True):
        times, known_times = (np.array(r, float).reshape(-1, 3) for r in (reps, known))
        np.testing.assert_allclose(times, known_times, rtol=0, atol=1.5e-3)
