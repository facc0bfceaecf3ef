"""Export a network for another runtime, checked against torch.

export model=NAME|ckpt_path=FILE format=onnx|onnx_int8|openvino|torchscript|tflite [out=FILE]
       [data=mpii data.root=DIR]   # PCKs on val: an export that loses .005 is not written

An `.onnx` file carries the model's description as metadata, so that it is used like a checkpoint:
`infer ckpt_path=FILE.onnx`. Input: uint8 RGB (B, 3, H, W). Outputs: logits.
"""

from collections.abc import Sequence
from pathlib import Path

from hydra.utils import instantiate
from omegaconf import DictConfig

from pushup.cli import InputError, command, run
from pushup.commands.evaluate import keep_evaluation


def export_network(config: DictConfig) -> None:
    """Export a network and print how far each runtime is from torch."""
    from pushup.evaluation.report import markdown_table
    from pushup.inference.export import FORMATS, export

    keep_evaluation(config)
    checkpoint = config.ckpt_path or config.model
    if checkpoint is None:
        raise InputError("nothing to export: give model=NAME or ckpt_path=FILE")
    if config.format not in FORMATS:
        raise InputError(f"unknown format={config.format}: choose one of {', '.join(FORMATS)}")
    out = Path(config.out or Path(checkpoint).stem + FORMATS[config.format].suffix)
    measure = instantiate(config.pcks)() if "data" in config else None
    checks = export(checkpoint, out, config.format, measure)
    header = ["", "outputs", "keypoints, px", *(["PCKs"] if measure else [])]
    rows = []
    for check in checks:
        far = "" if check.keypoints_px is None else f"{check.keypoints_px:.3f}"
        measured = [] if check.measured is None else [f"{check.measured:.4f}"]
        rows.append([check.name, f"{check.difference:.1e}" if rows else "", far, *measured])
    print(markdown_table(header, rows))
    files = sorted({out, out.with_suffix(".bin")} if config.format == "openvino" else {out})
    print(*(f"{file}: {file.stat().st_size / 1e6:.1f} MB" for file in files), sep="\n")


def main(arguments: Sequence[str]) -> None:
    """Command line: Hydra's overrides of conf/export.yaml."""
    run(command(export_network), "export", arguments)
