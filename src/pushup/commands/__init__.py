"""What can be run, one file a command; the first line of its docstring is its line in `--help`.

A command is a file with `main(arguments)`, which parses them and calls the rooms above. It computes
nothing itself. `python -m pushup NAME` finds it by its file name.
"""

import argparse


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser for the command `name`, which shows the module's docstring as it is written."""
    return argparse.ArgumentParser(
        prog=f"python -m pushup {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
