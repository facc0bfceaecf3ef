"""Write a checkpoint as ONNX.

uint8 RGB in, normalisation inside the graph, maps out. The file carries the model's description as
metadata, so that it is used like a checkpoint: `infer ckpt_path=OUT.onnx`.
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser
from pushup.inference.export import export
from pushup.models import weights


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("export-onnx", __doc__)
    top.add_argument("checkpoint")
    top.add_argument("out")
    options = top.parse_args(arguments)
    difference = export(weights.load(options.checkpoint), options.out)
    size_mb = Path(options.out).stat().st_size / 1e6
    print(f"{options.out}: {size_mb:.1f} MB, maps differ from torch by at most {difference:.1e}")
