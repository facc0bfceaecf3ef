"""What can be run, one file a command; the first line of its docstring is its line in `--help`.

A command is a file with `main(arguments)`, which parses them and calls the rooms above. It computes
nothing itself. `python -m pushup NAME` finds it by its file name.
"""

import argparse
import math
from collections.abc import Callable


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser for the command `name`, which shows the module's docstring as it is written."""
    return argparse.ArgumentParser(
        prog=f"python -m pushup {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def at_least(low: float, kind: type[int] | type[float] = int) -> Callable[[str], float]:
    """What argparse takes as the type of a number that is finite and not below `low`."""

    def number(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value < math.inf:
            what = "whole number" if kind is int else "number"
            raise argparse.ArgumentTypeError(f"{text}: give a {what} from {low:g} on")
        return value

    return number
