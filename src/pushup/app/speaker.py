"""The count announced: aloud where the system can, or as lines."""

import shutil
import subprocess
import sys
from collections.abc import Sequence

from pushup.cli import InputError
from pushup.counting.types import Rep

VOICES = ("say", "spd-say", "espeak-ng", "espeak")
"""Programs that speak their argument: macOS, then Linux."""


class Speaker:
    """Announces each count.

    Args:
        sound: "voice", "beep" (the terminal's bell) or "none". Where there is no voice, one line
            says so and nothing is heard.

    Raises:
        InputError: Another `sound`.
    """

    def __init__(self, sound: str) -> None:
        if sound not in ("voice", "beep", "none"):
            raise InputError(f"unknown sound={sound!r}: choose none, beep or voice")
        self._bell = sound == "beep"
        self._program = next(filter(None, map(shutil.which, VOICES)), None)
        if sound != "voice":
            self._program = None
        elif self._program is None:
            print(f"warning: none of {', '.join(VOICES)} is here: no voice", file=sys.stderr)

    def rep(self, reps: Sequence[Rep]) -> None:
        """Announce the number of repetitions, without waiting for it to be said."""
        if self._bell:
            print("\a", end="", file=sys.stderr, flush=True)
        if self._program is not None:
            try:
                subprocess.Popen(
                    [self._program, str(len(reps))],
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            except OSError as error:
                self._program = None
                print(f"warning: the voice failed: {error.strerror}", file=sys.stderr)

    def reset(self) -> None:
        """Say nothing."""


class Printer:
    """Prints each repetition, for a camera without a window."""

    def rep(self, reps: Sequence[Rep]) -> None:
        """Print the number and the time."""
        print(f"{len(reps):4d}  {reps[-1].top_s:8.2f} s", flush=True)

    def reset(self) -> None:
        """Print nothing."""
