"""The count announced: aloud where the system can, or as lines."""

import shutil
import subprocess
import sys

from pushup.app.listeners import Listener
from pushup.app.notices import warn
from pushup.app.tally import Tally
from pushup.cli import InputError

VOICES = ("say", "spd-say", "espeak-ng", "espeak")
"""Programs that speak their argument: macOS, then Linux."""


class Speaker(Listener):
    """Announces each count and each hint.

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
            warn(f"none of {', '.join(VOICES)} is here: no voice")

    def changed(self, tally: Tally, added: bool) -> None:
        """Announce the count, and the goal once it is reached, without waiting."""
        if self._bell:
            print("\a", end="", file=sys.stderr, flush=True)
        reached = added and tally.goal == len(tally.reps)
        self._say(f"{tally.count}, goal reached" if reached else str(tally.count))

    def said(self, words: str) -> None:
        """Say a hint."""
        self._say(words)

    def _say(self, words: str) -> None:
        if self._program is None:
            return
        try:
            subprocess.Popen(
                [self._program, words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            self._program = None
            warn(f"the voice failed: {error.strerror}")


class Printer(Listener):
    """Prints each repetition, for a camera without a window."""

    def changed(self, tally: Tally, added: bool) -> None:
        """Print the number and the time."""
        if added:
            print(f"{tally.count:4d}  {tally.reps[-1].rep.top_s:8.2f} s", flush=True)
