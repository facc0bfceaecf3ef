"""A room of src/pushup imports only rooms above it; the list is also the map of the README."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "pushup"

ROOMS = (
    "_torchvision",
    "paths",
    "cli",
    "foreign",
    "files",
    "engines",
    "specs",
    "skeleton",
    "geometry",
    "drawing",
    "codecs",
    "metrics",
    "counting",
    "video",
    "data",
    "synthetic",
    "models",
    "training",
    "inference",
    "approaches",
    "api",
    "evaluation",
    "app",
    "demo",
    "fuzz",
    "commands",
    "__main__",
)
"""In import order: each may import those before it, and itself."""

FORBIDDEN = {
    "metrics": {"models", "training", "pytorch_lightning", "timm"},
    "counting": {"models", "training", "torch", "cv2", "matplotlib"},
    "models": {"pytorch_lightning"},
}
"""What a room must not import although the order, or nothing, would allow it."""


def room_of(file: Path) -> str:
    """First part of a module's name inside the package; "" for the package's own __init__."""
    name = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if name == "__init__" else name


def imports_of(source: str) -> set[str]:
    """Rooms ("pushup.data.records" -> "data") and outside packages ("torch") that code imports."""
    modules = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: write imports in full, from pushup"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    parts = [module.split(".") for module in modules]
    return {p[1] if p[0] == "pushup" and len(p) > 1 else p[0] for p in parts}


def violations(room: str, source: str) -> set[str]:
    """What `source`, a file of `room`, imports against the rules."""
    below = set(ROOMS[ROOMS.index(room) + 1 :])
    return imports_of(source) & (below | FORBIDDEN.get(room, set()))


SOURCES = sorted(f for f in PACKAGE.rglob("*.py") if room_of(f))


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: f.relative_to(PACKAGE).as_posix())
def test_imports_only_rooms_above(file: Path) -> None:
    assert room_of(file) in ROOMS, "a new room: give it a place in ROOMS and in README.md"
    assert violations(room_of(file), file.read_text()) == set()


@pytest.mark.parametrize(
    ("room", "source", "found"),
    [
        ("data", "import pushup.models.weights", {"models"}),
        ("data", "def f():\n    from pushup import app", {"app"}),
        ("metrics", "from pushup.models import weights", {"models"}),
        ("counting", "import torch.nn as nn", {"torch"}),
        ("app", "from pushup.video.source import open_source", set()),
        ("data", "from pushup.data.records import Record", set()),
    ],
)
def test_a_violation_is_noticed(room: str, source: str, found: set[str]) -> None:
    assert violations(room, source) == found


def test_every_room_of_the_list_exists_and_is_on_the_map(repository: Path) -> None:
    readme = (repository / "README.md").read_text()
    for room in ROOMS:
        is_folder = (PACKAGE / room).is_dir()
        assert is_folder or (PACKAGE / f"{room}.py").is_file(), room
        assert f"`{room}/`" in readme or f"`{room}.py`" in readme, f"README.md's map lacks {room}"
