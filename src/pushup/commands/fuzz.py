"""Throw damaged files at every reader, and count what escapes as a traceback.

Exit code 1 where any file was neither read nor refused in one line. --show prints a traceback for
each kind that escaped.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pushup.cli import InputError, command
from pushup.commands import at_least, parser
from pushup.fuzz.readers import READERS
from pushup.fuzz.run import READ, REFUSED, fuzz


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("fuzz", __doc__)
    top.add_argument(
        "--mutations", type=at_least(1), default=2000, help="damaged files for each reader"
    )
    top.add_argument("--seed", type=int, default=0)
    top.add_argument("--only", default="", help="readers whose name holds this text")
    top.add_argument("--show", action="store_true", help="tracebacks of what escaped")
    options = top.parse_args(arguments)
    chosen = [reader for reader in READERS if options.only in reader.name]
    if not chosen:
        names = ", ".join(dict.fromkeys(reader.name for reader in READERS))
        raise InputError(f"--only {options.only} is in no reader's name; there are {names}")
    escaped = 0
    print(f"{'reader':18} {'files':>6} {'read':>6} {'refused':>8} {'raw':>5}  kinds")
    for reader in chosen:
        number = max(1, options.mutations // reader.cost)
        with tempfile.TemporaryDirectory() as folder:
            outcome = fuzz(reader, number, options.seed, Path(folder))
        counts = outcome.counts
        kinds = ", ".join(f"{k} {n}" for k, n in counts.most_common() if k not in (READ, REFUSED))
        print(
            f"{reader.name:18} {number:6} {counts[READ]:6} {counts[REFUSED]:8} {outcome.raw:5}  "
            f"{kinds}",
            flush=True,
        )
        escaped += outcome.raw
        if options.show:
            print(*outcome.examples.values(), sep="\n")
    print(f"{escaped} files escaped")
    sys.exit(1 if escaped else 0)
