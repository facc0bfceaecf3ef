"""Paths and addresses on the command line, safe from Hydra's grammar."""

import os
import re
from collections.abc import Sequence

from pushup.cli import InputError

PATH_ARGUMENTS = ("source", "ckpt_path", "output_dir", "pattern", "log")


def quote_paths(argv: Sequence[str], names: Sequence[str] = PATH_ARGUMENTS) -> list[str]:
    """Quote the values of the named arguments, so that Hydra takes each as one plain text.

    Hydra reads blanks, commas, `=`, brackets, colons in `key=value` as grammar, so that an
    ordinary path or a URL with a query would have to be quoted twice, once for the shell and once
    for Hydra. A value that is quoted already, null, or an interpolation is left as it is, unless a
    file has that very name. `~/` at the start is the user's home. A bare path is the source.

    Raises:
        InputError: There are two bare paths.

    >>> quote_paths(["my clip (1).mp4", "window=true"])
    ["source='my clip (1).mp4'", 'window=true']
    """
    assignment = re.compile(rf"(\+{{0,2}}(?:{'|'.join(names)})=)(.+)", re.DOTALL)
    bare = [argument for argument in argv if _is_bare(argument)]
    if len(bare) > 1:
        raise InputError(f"{bare[0]} and {bare[1]}: give one source, or the folder they lie in")
    argv = [f"source={a}" if a in bare else a for a in argv]
    return [_quote(match[1], match[2]) if (match := assignment.fullmatch(a)) else a for a in argv]


def _is_bare(argument: str) -> bool:
    """Not an option, nor an override of Hydra's: `key=value`, `+key=value`, `~key`."""
    if argument == "-":
        return True
    if argument.startswith("-") or not argument:
        return False
    return os.path.lexists(argument) or not ("=" in argument or argument.startswith("~"))


def _quote(key: str, value: str) -> str:
    exists = os.path.lexists(value)
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    if not exists and (quoted or value == "null" or "${" in value):
        return key + value
    if value.startswith("~/") and not exists:
        value = os.path.expanduser(value)
    value = re.sub(r"(\\*)\$\{", lambda m: m[1] * 2 + "\\${", value)  # for OmegaConf
    # In Hydra's quoted text a backslash is special before a quote or at the end, nowhere else.
    escaped = re.sub(r"(\\*)('|$)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), value)
    return f"{key}'{escaped}'"
