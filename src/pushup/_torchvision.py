"""Lets torchvision import beside a torch build that its C++ operators were not compiled for.

PyPI's Linux wheel of torchvision is a CUDA build. Next to a CPU-only torch its extension cannot be
loaded, and `import torchvision` (and with it timm, pytorch_lightning, torchmetrics) dies with
"operator torchvision::nms does not exist", because it registers shapes for operators that the
extension should have defined. Declaring their schemas is enough for everything this project uses:
pure-Python models and transforms. Where the extension loads, nothing is done.
"""

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

_libraries: list[object] = []  # a torch Library undoes its definitions when collected


class _Repair(MetaPathFinder):
    """Runs once, just before torchvision is found; finds nothing itself."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname == "torchvision":
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec("torchvision")
            if spec is not None and spec.origin is not None:
                declare_missing_operators(Path(spec.origin).parent)
        return None


def repair_on_import() -> None:
    """Arrange for the repair to happen if and when torchvision is imported."""
    if "torchvision" not in sys.modules and not any(isinstance(f, _Repair) for f in sys.meta_path):
        sys.meta_path.insert(0, _Repair())


def declare_missing_operators(package_dir: Path) -> bool:
    """Declare the schemas of `nms` and `qnms` if the extension in `package_dir` does not load.

    Returns:
        True if they had to be declared, False where torchvision is healthy.
    """
    import torch

    for extension in sorted(package_dir.glob("_C*.so")) + sorted(package_dir.glob("_C*.pyd")):
        try:
            torch.ops.load_library(extension)
            return False
        except (OSError, RuntimeError):
            continue
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _libraries.append(library)
    return True
