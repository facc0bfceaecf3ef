"""MkDocs hooks: pages that lie elsewhere in the repository, and links that work on both.

On the site `data/README.md` is `data.md`, a card `data/weights/NAME.md` is `models/NAME.md`. Links
are written as they work in the repository; those to a page of the site are turned into links to it,
those to other files into the file's name.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

REPOSITORY = Path(__file__).parents[1]
ELSEWHERE = {
    "data/README.md": "data.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "README.md": "index.md",
    **{
        f"data/weights/{card.name}": f"models/{card.name}"
        for card in sorted((REPOSITORY / "data" / "weights").glob("*.md"))
    },
}
"""Files of the repository outside docs/, and the pages that they are."""

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)")


def on_files(files, config):
    """Add the pages that lie elsewhere."""
    for source, page in ELSEWHERE.items():
        if page not in files.src_uris:
            files.append(File.generated(config, page, abs_src_path=str(REPOSITORY / source)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Turn links of the repository into links of the site."""
    uri = page.file.src_uri
    source = next((s for s, p in ELSEWHERE.items() if p == uri and p != "index.md"), f"docs/{uri}")
    here = posixpath.dirname(uri)

    def turned(match: re.Match) -> str:
        text, target, anchor = match[1], match[2], match[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        uri = ELSEWHERE.get(path, path.removeprefix("docs/") if path.startswith("docs/") else "")
        if uri in files.src_uris:
            return f"[{text}]({posixpath.relpath(uri, here or '.')}{anchor})"
        if not (REPOSITORY / path).exists():
            raise FileNotFoundError(f"{source}: link to {target}: there is no {path}")
        return f"{text} (`{path}`)" if path not in text else f"`{path}`"

    return _LINK.sub(turned, markdown)
