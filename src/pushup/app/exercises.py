"""Another exercise, while the window runs."""

from pathlib import Path

from omegaconf import DictConfig

from pushup.cli import composed
from pushup.paths import CONF

_PARTS = ("counter", "form", "classifier", "activity", "exercise_name", "experimental")
"""What the files of conf/exercise set."""


def exercises() -> list[str]:
    """Those of conf/exercise, push-ups first."""
    found = sorted(path.stem for path in (CONF / "exercise").glob("*.yaml"))
    return sorted(found, key=lambda name: name != "push_up")


def following(name: str) -> str:
    """The exercise after this one; after the last the first."""
    names = exercises()
    return names[(names.index(name) + 1) % len(names)] if name in names else names[0]


def configured(config: DictConfig, name: str) -> DictConfig:
    """A configuration as it is, but for another exercise."""
    other = composed("infer", [f"exercise={name}"])
    changed = config.copy()
    for part in _PARTS:
        changed[part] = other._get_node(part)
    return changed


def log_beside(log: Path, first: str, exercise: str) -> Path:
    """Where an exercise is logged whose session began with `first`, which is logged in `log`.

    >>> str(log_beside(Path("outputs/mine.csv"), "push_up", "squat"))
    'outputs/log_squat.csv'
    """
    if exercise == first:
        return log
    return log.with_name("log.csv" if exercise == "push_up" else f"log_{exercise}.csv")
