"""`python -m pushup COMMAND ...`: what can be run is the files of `pushup/commands`."""

import ast
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

COMMANDS = Path(__file__).parent / "commands"
PROGRAM = "python -m pushup"


def commands() -> dict[str, Path]:
    """The file of each command by its name, in alphabetical order."""
    files = sorted(COMMANDS.glob("[a-z]*.py"))
    return {file.stem.replace("_", "-"): file for file in files}


def summary(file: Path) -> str:
    """First line of a command's docstring, read without importing what the command needs."""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return docstring.partition("\n")[0]


def overview() -> str:
    """What `--help` prints: a line for each command."""
    found = commands()
    width = max(map(len, found))
    lines = [f"  {name:{width}}  {summary(file)}" for name, file in found.items()]
    return "\n".join(
        [f"usage: {PROGRAM} COMMAND ...", "", *lines, "", f"{PROGRAM} COMMAND --help says more."]
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command; without any, or with `--help`, list them."""
    name, *arguments = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "--help"):
        from pushup.cli import lasting_streams

        lasting_streams()
        print(overview())
        return
    if name not in commands():
        known = ", ".join(commands())
        print(f"error: unknown command {name!r}: choose one of {known}", file=sys.stderr)
        sys.exit(2)
    try:
        module = importlib.import_module(f"pushup.commands.{name.replace('-', '_')}")
    except ModuleNotFoundError as error:
        from pushup.cli import one_line

        if (line := one_line(error)) is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        sys.exit(1)
    module.main(arguments)


if __name__ == "__main__":
    main()
