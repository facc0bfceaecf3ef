"""Run the notebooks and keep them, with their outputs, as Markdown pages for the site."""

import argparse
import base64
from pathlib import Path

import nbformat
from nbclient import NotebookClient

REPOSITORY = Path(__file__).parents[1]


def as_markdown(notebook: nbformat.NotebookNode, name: str, folder: Path) -> str:
    """The page of a notebook that has run; its pictures are written beside it."""
    parts, pictures = [], 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                pictures += 1
                picture = folder / f"{name}_{pictures}.png"
                picture.write_bytes(base64.b64decode(data["image/png"]))
                parts.append(f"![Output]({picture.name})")
            elif "text/plain" in data:
                parts.append(f"```text\n{data['text/plain']}\n```")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Command line: see `--help`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "outputs" / "notebooks")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for path in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=900, kernel_name="python3").execute(cwd=str(path.parent))
        page = as_markdown(notebook, path.stem, arguments.out)
        (arguments.out / f"{path.stem}.md").write_text(page)
        print(arguments.out / f"{path.stem}.md")


if __name__ == "__main__":
    main()
