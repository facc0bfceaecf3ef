"""The main job on rendered clips that no training has seen."""

import csv
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pushup.cli import make_output_dir
from pushup.models import weights
from pushup.specs import locate
from pushup.synthetic import write_clips

RENDERED = "rendered"
"""Source of pictures that are not real."""


def render(folder: Path, seed: int, clips: int) -> dict[str, int]:
    """Render push-up clips into a folder; their true counts by file name."""
    seeds = range(seed, seed + clips)
    write_clips(folder, tqdm(seeds, desc=f"rendering from seed {seed}", unit="clip"))
    with (folder / "counts.csv").open(newline="") as file:
        return {row["video"]: int(row["count"]) for row in csv.DictReader(file)}


def count(folder: Path, checkpoint: Path, output_dir: Path) -> dict[str, int]:
    """Count in every video of a folder as a user would; the counts by file name."""
    arguments = ["-m", "pushup", "infer", f"source={folder}", f"ckpt_path={checkpoint}"]
    arguments.append(f"output_dir={output_dir}")
    print("python", shlex.join(arguments), flush=True)
    process = subprocess.run([sys.executable, *arguments], check=False)
    if process.returncode != 0:
        sys.exit(process.returncode)
    with (output_dir / "summary.csv").open(newline="") as file:
        return {row["video"]: int(row["count"]) for row in csv.DictReader(file)}


def count_table(counted: Mapping[str, int], true: Mapping[str, int]) -> Iterable[str]:
    """Lines with the count of each clip beside the true one."""
    width = max(len(name) for name in true)
    yield f"{'clip':{width}}  counted  true"
    for name in sorted(true):
        yield f"{name:{width}}  {counted[name]:7}  {true[name]:4}"


def real_pcks(metrics: Mapping[str, Any]) -> str:
    """PCKs by source of real pictures in the figures that travel with weights."""
    real = {name: s for name, s in metrics.get("sources", {}).items() if name != RENDERED}
    figures = [f"{name} {s['pcks']:.3f} ({s['images']} images)" for name, s in real.items()]
    if not figures:
        return "PCKs on real images: not measured"
    return f"PCKs on real images, split {metrics['split']}: " + ", ".join(figures)


def run(seed: int, clips: int, model: str, output_dir: Path) -> None:
    """Render clips, count in them, and print the counts beside the true ones.

    Args:
        seed: Of the first clip.
        clips: How many.
        model: Name of a model whose weights ship.
        output_dir: Made where it is missing.

    Raises:
        InputError: There are no such weights, or the folder cannot be written.
    """
    checkpoint = locate(model)
    spec, _ = weights.read(checkpoint)
    folder = make_output_dir(output_dir.resolve())
    true = render(folder / "clips", seed, clips)
    counted = count(folder / "clips", checkpoint, folder / "counted")
    print("\n".join(count_table(counted, true)))
    print(f"{model}, {checkpoint.name}. {real_pcks(spec['metrics'])}")
    print("annotated videos:", *sorted(folder.glob("counted/*/annotated.mp4")), sep="\n  ")
