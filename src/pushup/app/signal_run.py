"""A bare signal through the system: a CSV file, or standard input line by line."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np

from pushup.app.listeners import Listener
from pushup.app.log import Log
from pushup.app.records import RepStream, write_reps
from pushup.app.run import REP_STREAM, REPS, SUMMARY
from pushup.app.speaker import Printer, Speaker
from pushup.app.summary import Summary
from pushup.app.tally import Tally
from pushup.approaches.signal import SignalSourceCounter, read_samples
from pushup.cli import InputError
from pushup.evaluation.counting.report import plot_signal

STDIN, PLOT = "-", "signal.png"


def is_signal(source: str) -> bool:
    """Whether a source is a signal: a CSV file, or "-" for standard input."""
    return source == STDIN or Path(source).suffix.lower() == ".csv"


def run_signal(
    source: str,
    counter: SignalSourceCounter,
    make_output_dir: Callable[[Path], Path],
    output_dir: Path,
    *,
    sound: str = "none",
    log: str | None = None,
    rest_s: float = 20.0,
) -> Summary:
    """Count in a signal; write reps.csv, summary.json and signal.png at its end.

    Standard input is live: each repetition is printed and recorded as it comes, and Ctrl-C ends
    the run in order.

    Args:
        source: A CSV file, or "-".
        counter: A fresh one.
        make_output_dir: Makes a folder and writes the settings into it.
        output_dir: Gets the records.
        sound: As of `Speaker`.
        log: History of workouts to add to, where the signal is live.
        rest_s: A longer rest ends a set.

    Raises:
        InputError: The signal cannot be read, or the output cannot be written.
    """
    live, name = source == STDIN, "standard input" if source == STDIN else source
    listeners: list[Listener] = [Speaker(sound)]
    if log is not None and live:
        listeners.append(Log(Path(log), name))
    tally = Tally(rest_s)
    signal: list[tuple[float, float, float, float]] = []
    with _lines(source) as lines:
        if live:
            make_output_dir(output_dir)
            listeners += [RepStream(output_dir / REP_STREAM), Printer()]
        try:
            for sample in read_samples(lines, name, strict=not live):
                rep, state = counter.update(sample), counter.state
                signal.append((sample.time_s, state.value, state.threshold, 1.0))
                if rep is not None:
                    tally.add(rep)
                    for listener in listeners:
                        listener.changed(tally, added=True)
        except KeyboardInterrupt:
            if not live:
                raise
    if not live:
        make_output_dir(output_dir)
    return _finish(name, tally, np.array(signal).reshape(-1, 4), output_dir)


def _finish(name: str, tally: Tally, signal: np.ndarray, output_dir: Path) -> Summary:
    """Write the records of a run that has ended."""
    times_s = signal[:, 0]
    step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    summary = Summary(
        source=name,
        model="signal",
        count=len(tally.reps),
        sets=[len(reps) for reps in tally.sets],
        frames=len(times_s),
        fps=round(1 / step_s, 3) if step_s > 0 else 0.0,
        duration_s=round(float(times_s[-1] - times_s[0]), 3) if len(times_s) else 0.0,
    )
    write_reps(output_dir / REPS, tally.reps)
    summary.write(output_dir / SUMMARY)
    counted = [counted.rep.bottom_s for counted in tally.reps]
    plot_signal(output_dir / PLOT, f"{name}: {len(tally.reps)} repetitions", signal, counted)
    return summary


@contextmanager
def _lines(source: str) -> Iterator[TextIO]:
    """The lines of the file, or of standard input."""
    if source == STDIN:
        yield sys.stdin
        return
    path = Path(source)
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield file
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}; give a CSV file of time_s,value") from error
