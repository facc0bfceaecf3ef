"""Paths and addresses on the command line, safe from Hydra's grammar."""

import re
from collections.abc import Sequence

PATH_ARGUMENTS = ("source", "ckpt_path", "output_dir", "pattern")


def quote_paths(argv: Sequence[str], names: Sequence[str] = PATH_ARGUMENTS) -> list[str]:
    """Quote the values of the named arguments, so that Hydra takes each as one plain text.

    Hydra reads blanks, commas, `=`, brackets, colons in `key=value` as grammar, so that an
    ordinary path or a URL with a query would have to be quoted twice, once for the shell and once
    for Hydra. A value that is quoted already, null, or an interpolation is left as it is.

    >>> quote_paths(["source=my clip (1).mp4", "window=true"])
    ["source='my clip (1).mp4'", 'window=true']
    """
    assignment = re.compile(rf"(\+{{0,2}}(?:{'|'.join(names)})=)(.+)", re.DOTALL)
    return [_quote(match[1], match[2]) if (match := assignment.fullmatch(a)) else a for a in argv]


def _quote(key: str, value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    if quoted or value == "null" or "${" in value:
        return key + value
    # In Hydra's quoted text a backslash is special before a quote or at the end, nowhere else.
    escaped = re.sub(r"(\\*)('|$)", lambda m: m[1] * 2 + ("\\'" if m[2] else ""), value)
    return f"{key}'{escaped}'"
