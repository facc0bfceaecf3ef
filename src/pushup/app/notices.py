"""Lines on stderr for whoever runs a command."""

import sys

from tqdm import tqdm


def warn(words: str) -> None:
    """Print a warning, past a progress bar if there is one."""
    tqdm.write(f"warning: {words}", file=sys.stderr)
