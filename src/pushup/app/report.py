"""Draws the history of workouts: repetitions a day, best set, tempo."""

from collections.abc import Sequence
from pathlib import Path

from pushup.app.history import Total
from pushup.cli import InputError
from pushup.files import replacing


def draw(days: Sequence[Total], out: Path) -> None:
    """Write the picture of the history; InputError if it cannot be written."""
    try:
        import matplotlib
    except ModuleNotFoundError as error:
        raise InputError(
            f"{out}: a picture needs matplotlib: pip install matplotlib, or give --out FILE.html"
        ) from error

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    dates = [day.first for day in days]
    figure, axes = plt.subplots(3, 1, figsize=(9, 7), sharex=True, layout="constrained")
    axes[0].bar(dates, [day.repetitions for day in days], color="tab:green")
    axes[0].set_ylabel("repetitions a day")
    axes[1].plot(dates, [day.best_set for day in days], "o-", color="tab:blue")
    axes[1].set_ylabel("best set")
    axes[2].plot(dates, [day.tempo_s for day in days], "o-", color="tab:orange")
    axes[2].set_ylabel("seconds a repetition")
    for axis in axes:
        axis.margins(y=0.1)
        axis.set_ylim(bottom=0)
        axis.grid(axis="y", alpha=0.3)
    locator = AutoDateLocator()
    axes[2].xaxis.set_major_locator(locator)
    axes[2].xaxis.set_major_formatter(ConciseDateFormatter(locator))
    total = sum(day.repetitions for day in days)
    figure.suptitle(f"{total} repetitions on {len(days)} days")
    remedy = "give --out FILE.png"
    try:
        with replacing(out, remedy) as part:
            figure.savefig(part, format=out.suffix.lstrip(".") or "png")
    except InputError:
        raise
    except ValueError as error:  # of matplotlib, for a format that it does not write
        raise InputError(f"cannot write {out}: {error}; {remedy}") from error
    finally:
        plt.close(figure)
