"""Build the page: `python web/build.py outputs/web`, after `npm ci` in this folder.

The result is a folder of static files for any web server. What is set anywhere in the configuration
or in the weights is read from there; the Python that runs in the page is the package's own.
"""

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import onnx
from omegaconf import OmegaConf

from pushup.app.guide import SEEN_SCORE
from pushup.cli import InputError, command
from pushup.counting.build import counter_config
from pushup.files import new_folder, write_json, write_text
from pushup.geometry import GRID, MARGIN
from pushup.inference.classifier import SampledClassifier
from pushup.paths import CONF, PACKAGE
from pushup.skeleton import get_skeleton
from pushup.specs import from_metadata, locate

HERE = Path(__file__).parent
PAGE = ("index.html", "style.css", "main.js", "drawing.js", "worker.js", "pose.js")
WRITTEN = ("vendor", "pose.onnx", "classifier.onnx", "settings.json", "_headers", "python.zip")
"""What is in the folder besides."""

VENDORED = {
    "onnxruntime-web/dist": (
        *("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"),
        *("ort.webgpu.min.mjs", "ort-wasm-simd-threaded.asyncify.mjs"),
        "ort-wasm-simd-threaded.asyncify.wasm",
    ),
    "pyodide": (
        *("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"),
        *("python_stdlib.zip", "pyodide-lock.json"),
    ),
}
"""What is taken from each package of package.json."""

HEADERS = (
    "Cross-Origin-Opener-Policy: same-origin",
    "Cross-Origin-Embedder-Policy: require-corp",
)

LISTING = """
import sys
for name in ("numpy", "hydra", "omegaconf", "cv2"):
    sys.modules[name] = None  # the page has none of them
import bridge
for target in sys.argv[1:]:
    __import__(target)
print([m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "pushup"])
"""


def settings() -> dict[str, Any]:
    """What the page is told, read from the configuration and from the weights."""
    pose, classifier = (_spec(name) for name in ("mobilenet", "classifier"))
    if pose["codec"].pop("kind") != "gaussian_heatmap":
        raise InputError("pose.js decodes Gaussian heatmaps only: give such a model")
    skeleton = get_skeleton(pose["skeleton"])
    region = OmegaConf.load(CONF / "tracker" / "region.yaml").region
    return {
        "counter": counter_config("default"),
        "region": OmegaConf.to_container(region),
        "ask_every_s": SampledClassifier.interval_s,
        "seen_score": SEEN_SCORE,
        "edges": skeleton.edge_indices,
        "joints": skeleton.joints,
        "pose": {
            **{key: pose[key] for key in ("name", "codec", "input_size", "framing")},
            **{"grid": GRID, "margin": MARGIN},
        },
        "classifier": {"input_size": classifier["input_size"], "framing": "square"},
    }


def _spec(name: str) -> dict[str, Any]:
    path = locate(name).with_suffix(".onnx")
    metadata = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    return from_metadata(path, metadata)


def python_files(told: dict[str, Any]) -> list[Path]:
    """The modules of the package that the bridge needs for these settings, and their data."""
    targets = sorted({t.rpartition(".")[0] for t in _targets([told["counter"], told["region"]])})
    run = subprocess.run(
        [sys.executable, "-c", LISTING, *targets],
        capture_output=True,
        text=True,
        cwd=HERE,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    if run.returncode:
        raise InputError(f"bridge.py does not run by itself: {run.stderr.splitlines()[-1]}")
    modules = [Path(file) for file in ast.literal_eval(run.stdout)]
    return [*modules, PACKAGE / "counting" / "push_up_classifier.json"]


def _targets(config: Any) -> list[str]:
    if isinstance(config, list):
        return [target for value in config for target in _targets(value)]
    if not isinstance(config, dict):
        return []
    here = [config["_target_"]] if "_target_" in config else []
    return here + _targets(list(config.values()))


def build(out: Path) -> None:
    """Write the page into a folder, new, empty or holding an older one.

    Raises:
        InputError: The packages are not installed, or the folder holds something else or cannot be
            written.
    """
    vendored = [HERE / "node_modules" / p / f for p, files in VENDORED.items() for f in files]
    if lacking := [file for file in vendored if not file.is_file()]:
        raise InputError(f"no {lacking[0].relative_to(HERE)}: run npm ci in {HERE.name} first")
    told = settings()
    files = python_files(told)
    if out.is_dir() and {path.name for path in out.iterdir()} <= {*PAGE, *WRITTEN}:
        shutil.rmtree(out)
    with new_folder(out) as stage:
        _fill(stage, vendored, told, files)


def _fill(out: Path, vendored: list[Path], told: dict[str, Any], files: list[Path]) -> None:
    (out / "vendor").mkdir()
    for file in (HERE / name for name in PAGE):
        shutil.copy(file, out)
    for file in vendored:
        shutil.copy(file, out / "vendor")
    shutil.copy(locate("mobilenet").with_suffix(".onnx"), out / "pose.onnx")
    shutil.copy(locate("classifier").with_suffix(".onnx"), out / "classifier.onnx")
    write_json(out / "settings.json", told)
    # In Netlify's and Cloudflare's form: with these headers a browser lends more threads.
    write_text(out / "_headers", "/*\n" + "".join(f"  {header}\n" for header in HEADERS))
    with zipfile.ZipFile(out / "python.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(HERE / "bridge.py", "bridge.py")
        for file in files:
            archive.write(file, file.relative_to(PACKAGE.parent))


@command
def main() -> None:
    """Command line: the folder to write."""
    if len(sys.argv) != 2:
        raise InputError("give the folder to write: python web/build.py FOLDER")
    out = Path(sys.argv[1])
    build(out)
    megabytes = sum(f.stat().st_size for f in out.rglob("*") if f.is_file()) / 1e6
    print(f"{out}: {megabytes:.0f} MB; show it with python -m http.server --directory {out}")


if __name__ == "__main__":
    main()
