"""From keypoints to repetitions: signals, filters, counters, the gate. Pure Python and numpy."""
