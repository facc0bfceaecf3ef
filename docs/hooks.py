"""MkDocs hooks: pages that lie elsewhere in the repository, and links that work on both.

On the site `data/README.md` is `data.md`, a card `data/weights/NAME.md` is `models/NAME.md`, and a
notebook is the page that run_notebooks.py made of it. Links are written as they work in the
repository; those to a page of the site become links to it, those to other files the file's name.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

REPOSITORY = Path(__file__).parents[1]
WEIGHTS = REPOSITORY / "data" / "weights"
NOTEBOOKS = REPOSITORY / "outputs" / "notebooks"
ELSEWHERE = {
    "data/README.md": "data.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    **{
        f"data/weights/{card}": f"models/{card}"
        for card in sorted(p.relative_to(WEIGHTS).as_posix() for p in WEIGHTS.rglob("*.md"))
    },
    **{
        f"notebooks/{notebook.name}": f"notebooks/{notebook.stem}.md"
        for notebook in sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
    },
}
"""Files of the repository outside docs/, and the pages that they are."""
SOURCES = {page: source for source, page in ELSEWHERE.items()}

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)")


def on_files(files, config):
    """Add the pages that lie elsewhere."""
    for source, page in ELSEWHERE.items():
        made = page.startswith("notebooks/")
        path = NOTEBOOKS / Path(page).name if made else REPOSITORY / source
        files.append(File.generated(config, page, abs_src_path=str(path)))
    for picture in sorted(NOTEBOOKS.glob("*.png")):
        page = f"notebooks/{picture.name}"
        files.append(File.generated(config, page, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Turn links of the repository into links of the site."""
    uri = page.file.src_uri
    source = SOURCES.get(uri, f"docs/{uri}")

    def turned(match: re.Match) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        found = ELSEWHERE.get(path, path.removeprefix("docs/"))
        if path == "README.md":  # whose headings the front page lacks
            found, anchor = "index.md", ""
        if found in files.src_uris:
            return f"[{text}]({posixpath.relpath(found, posixpath.dirname(uri) or '.')}{anchor})"
        if not (REPOSITORY / path).exists():
            raise FileNotFoundError(f"{source} links to {target}: there is no {path}")
        return f"{text} (`{path}`)"

    return _LINK.sub(turned, markdown)
