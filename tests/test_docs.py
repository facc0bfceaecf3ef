"""The documentation holds: links lead somewhere, and what it tells to type can be typed."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import hydra
import pytest

from pushup.__main__ import commands as pushup_commands
from pushup.app.arguments import quote_paths
from pushup.synthetic import write_clips

REPOSITORY = Path(__file__).parents[1]
CONF = REPOSITORY / "conf"
PAGES = sorted(
    [
        *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "data").glob("*.md"),
        *(REPOSITORY / "data" / "weights").rglob("*.md"),
    ]
)
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(REPOSITORY).as_posix())

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)]*))?\)")
BLOCK = re.compile(r"```sh\n(.*?)```", re.S)
SPAN = re.compile(r"`((?:python )?(?:train|evaluate|infer)\.py [^`]+|python -m [^`]+)`")
ROOTS = {"train.py": "train", "evaluate.py": "evaluate", "infer.py": "infer"}
EXAMPLES = {"NAME": "mobilenet"}
"""What a reader may put for a placeholder."""


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub and MkDocs spell them in links."""
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"```.*?```", "", page.read_text(), flags=re.S), re.M
    )
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).strip() for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} links to {target}#{anchor}"


def test_the_readme_is_short() -> None:
    assert len((REPOSITORY / "README.md").read_text().split()) < 900


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command of ours in a text, with the variables of its block put in."""
    for block in BLOCK.findall(text):
        variables: dict[str, str] = {}
        for line in block.replace("\\\n", " ").splitlines():
            for name, value in variables.items():
                line = line.replace(f"${name}", value)
            words = shlex.split(line, comments=True)
            if len(words) == 1 and (assignment := re.fullmatch(r"(\w+)=(.*)", words[0])):
                variables[assignment[1]] = assignment[2]
            elif words and words[0] == "python":
                yield words[1:]
    for span in SPAN.findall(re.sub(r"```.*?```", "", text, flags=re.S)):
        yield shlex.split(" ".join(span.split()).removeprefix("python "))


def documented() -> list[tuple[str, list[str]]]:
    return [(page.stem, words) for page in PAGES for words in commands(page.read_text())]


def first_of_sweep(override: str) -> str:
    """One job of a sweep: the first of the values that commas divide."""
    return re.sub(r"^([^=]+=[^,\[{(]+),.*$", r"\1", override)


HYDRA = sorted({(w[0], *w[1:]) for _, w in documented() if w[0] in ROOTS and "-" not in w[1:2]})


@pytest.mark.parametrize("words", HYDRA, ids=" ".join)
def test_documented_overrides_compose(words: tuple[str, ...]) -> None:
    root, *overrides = words
    if any(o.startswith("hydra/launcher=") for o in overrides):
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
        pytest.importorskip("hydra_plugins.hydra_submitit_launcher")
    overrides = [w for w in overrides if not w.startswith("$") and w not in ("...", "OVERRIDES")]
    if "-m" in overrides:
        overrides = [first_of_sweep(o) for o in overrides if o != "-m"]
        overrides = [o for o in overrides if "=choice(" not in o and "=tag(" not in o]
    named = [re.sub("=(NAME.*)$", lambda m: f"={EXAMPLES.get(m[1], m[1])}", o) for o in overrides]
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        hydra.compose(ROOTS[root], overrides=quote_paths(named))


@pytest.mark.slow
def test_the_python_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"view": "side", "repetitions": 2, "duration_s": 6, "fps": 15, "clean": True}
    (clip,) = write_clips(tmp_path, [68], **options)
    clip.rename(tmp_path / "clip.mp4")
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall(r"```python\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.S)
    exec(compile(code, "README.md", "exec"), {})
    assert capsys.readouterr().out.count("push-up at") == 2


def test_documented_commands_exist() -> None:
    named = {w[2] for _, w in documented() if w[:2] == ["-m", "pushup"] and len(w) > 2}
    assert named - {"--help", "COMMAND"} <= set(pushup_commands())
    assert named
    assert not [w for _, w in documented() if w[0] == "-m" and w[1].startswith("pushup.")]
