"""What `pushup live` remembers from one time to the next: a small file of the user's own."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from pushup.app.notices import warn
from pushup.cli import InputError
from pushup.files import write_text
from pushup.foreign import parsing

REMEMBERED: dict[str, type | tuple[type, ...]] = {
    "source": str,
    "exercise": str,
    "sound": str,
    "mirror": bool,
    "full_screen": bool,
    "goal": (int, type(None)),
    "countdown_s": (int, float),
    "pause_s": (int, float, type(None)),
}
"""Settings by name, with the types that each may have."""

_HEAD = "# Written by pushup live when it ends; remove it to begin afresh.\n"


def config_folder() -> Path:
    """Where the platform keeps settings: `~/.config/pushup` on Linux, or `$XDG_CONFIG_HOME`."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "pushup"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "pushup"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pushup"


class Remembered:
    """The file of remembered settings.

    A file that is damaged is told in a line, defaults hold, and it is left as it is: nothing is
    remembered until it is mended or removed.

    Attributes:
        values: By name.

    Args:
        path: The file; None for `live.yaml` in `config_folder`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or config_folder() / "live.yaml"
        self._damaged = False
        try:
            self.values = read(self.path)
        except InputError as error:
            self.values, self._damaged = {}, True
            warn(str(error))

    def overrides(self) -> list[str]:
        """As arguments for Hydra, but for the source."""
        chosen = {name: value for name, value in self.values.items() if name != "source"}
        return [f"{name}={'null' if value is None else value}" for name, value in chosen.items()]

    def keep(self, values: dict[str, Any]) -> None:
        """Remember these from now on; where that cannot be written it is told."""
        values = {name: values[name] for name in REMEMBERED if name in values}
        if self._damaged or values == self.values:
            return
        try:
            text = _HEAD + yaml.safe_dump(values, sort_keys=False)
            write_text(self.path, text, "nothing is remembered")
        except InputError as error:
            warn(str(error))
            return
        self.values = values


def read(path: Path) -> dict[str, Any]:
    """What a file remembers; nothing where there is none; InputError if it is damaged."""
    remedy = "mend or remove it; defaults are used, and it is left as it is"
    if not path.exists():
        return {}
    with parsing(path, "settings", remedy):
        values = yaml.safe_load(path.read_bytes())
    if not isinstance(values, dict):
        raise InputError(f"{path}: holds no settings; {remedy}")
    for name, value in values.items():
        kinds = REMEMBERED.get(name)
        if kinds is None or not _fits(value, kinds):
            raise InputError(f"{path}: {name}: {value!r} is no setting of pushup live; {remedy}")
    return values


def _fits(value: Any, kinds: type | tuple[type, ...]) -> bool:
    """YAML's true is an int to Python, but no number to us; a text is a name, as it goes to Hydra.

    >>> _fits("push_up", str), _fits("a,b", str), _fits(True, (int, float)), _fits(5, (int, float))
    (True, False, False, True)
    """
    if isinstance(value, str) and not re.fullmatch(r"\w+", value):
        return False
    return isinstance(value, kinds) and (kinds is bool or not isinstance(value, bool))
