"""The count announced: aloud where the system can, or as lines."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from pushup.app.coach import milestone
from pushup.app.listeners import Listener
from pushup.app.notices import warn
from pushup.app.tally import Tally
from pushup.cli import InputError

VOICES = ("say", "spd-say", "espeak-ng", "espeak")
"""Programs that speak their argument: macOS, then Linux."""

_LONGEST_S = 15.0


class Speaker(Listener):
    """Announces each count with what it reaches, and each hint; one thing at a time.

    What cannot be said at once waits, and gives way to what comes next: a count that is late is
    none. Where there is no voice, or it finds no loudspeaker, that is told once and the session
    goes on without.

    Args:
        sound: "voice", "beep" (the terminal's bell) or "none".
        quiet: Whether nothing is to be heard now.

    Raises:
        InputError: Another `sound`.
    """

    def __init__(self, sound: str, quiet: Callable[[], bool] = lambda: False) -> None:
        if sound not in ("voice", "beep", "none"):
            raise InputError(f"unknown sound={sound!r}: choose none, beep or voice")
        self._bell, self._quiet = sound == "beep", quiet
        self._program: str | None = None
        self._waiting, self._wanted = "", threading.Event()
        if sound == "voice":
            self._program = next(filter(None, map(shutil.which, VOICES)), None)
            if self._program is None:
                self._give_up(f"no voice: none of {', '.join(VOICES)} is installed")
            else:
                threading.Thread(target=self._speak, daemon=True).start()

    def changed(self, tally: Tally, added: bool) -> None:
        """Announce the count, and what it reaches, without waiting."""
        if self._bell and not self._quiet():
            print("\a", end="", file=sys.stderr, flush=True)
        reached = milestone(tally.count, tally.goal) if added else ""
        self.said(f"{tally.count}, {reached}" if reached else str(tally.count))

    def said(self, words: str) -> None:
        """Say a hint."""
        if self._program is not None and not self._quiet():
            self._waiting = words
            self._wanted.set()

    def _speak(self) -> None:
        """Say what is wanted, in a thread of its own, as long as that works."""
        while self._program is not None:
            self._wanted.wait()
            self._wanted.clear()
            if failure := _failure(self._program, self._waiting):
                self._program = None
                self._give_up(f"no voice: {failure}")

    def _give_up(self, reason: str) -> None:
        self.trouble = reason
        warn(reason)


def _failure(program: str, words: str) -> str:
    """Speak; why that failed, "" if it did not.

    espeak-ng ends with 0 also where it finds no loudspeaker, and says so in a line.
    """
    name = Path(program).name
    try:
        told = subprocess.run(
            [program, words], capture_output=True, timeout=_LONGEST_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name}: {error}"
    lines = told.stderr.decode(errors="replace").splitlines()
    if any(line.startswith("error") for line in lines):
        return f"{name} finds no loudspeaker"
    return f"{name} fails (code {told.returncode})" if told.returncode else ""


class Printer(Listener):
    """Prints each repetition, for a camera without a window."""

    def changed(self, tally: Tally, added: bool) -> None:
        """Print the number and the time."""
        if added:
            print(f"{tally.count:4d}  {tally.reps[-1].rep.top_s:8.2f} s", flush=True)
