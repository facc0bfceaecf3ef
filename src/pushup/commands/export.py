"""Export a network for another runtime, checked against torch.

export NAME|CHECKPOINT OUT [--format onnx|torchscript]

An `.onnx` file carries the model's description as metadata, so that it is used like a checkpoint:
`infer ckpt_path=OUT.onnx`. Its input is uint8 RGB (B, 3, H, W), its outputs are logits.
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    from pushup.inference.export import FORMATS, export

    top = parser("export", __doc__)
    top.add_argument("checkpoint", help="a file of weights, or the name of weights that ship")
    top.add_argument("out")
    top.add_argument("--format", default="onnx", choices=FORMATS)
    options = top.parse_args(arguments)
    difference = export(options.checkpoint, options.out, options.format)
    size_mb = Path(options.out).stat().st_size / 1e6
    print(f"{options.out}: {size_mb:.1f} MB, differs from torch by at most {difference:.1e}")
