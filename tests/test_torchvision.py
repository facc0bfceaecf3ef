"""The repair of torchvision; each case in a process of its own, since operators stay declared."""

import subprocess
import sys
from pathlib import Path

DECLARE = """
import sys
from pathlib import Path
import torch
from pushup._torchvision import declare_missing_operators
folder = Path(torch.__file__).parent if sys.argv[1] == "torch" else Path(sys.argv[1])
print(declare_missing_operators(folder), hasattr(torch.ops.torchvision, "nms"))
"""


def run_python(code: str, *arguments: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_does_nothing_where_the_extension_loads() -> None:
    # torch's own package folder holds an extension called _C that certainly loads
    assert run_python(DECLARE, "torch") == "False False"


def test_declares_the_operators_where_there_is_no_extension(tmp_path: Path) -> None:
    assert run_python(DECLARE, str(tmp_path)) == "True True"


def test_declares_the_operators_where_the_extension_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "_C.so").write_bytes(b"not a shared library")
    assert run_python(DECLARE, str(tmp_path)) == "True True"


def test_torchvision_and_those_built_on_it_import() -> None:
    code = """
import pushup, torchvision, timm, torch
assert not any(type(f).__module__ == "pushup._torchvision" for f in __import__("sys").meta_path)
print(torchvision.models.shufflenet_v2_x1_0()(torch.zeros(1, 3, 64, 64)).shape[1])
"""
    assert run_python(code) == "1000"
