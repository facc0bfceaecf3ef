"""The main job on rendered clips that no training has seen: `python -m pushup.demo`."""

import argparse
import csv
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from pushup.cli import command, make_output_dir
from pushup.models import weights
from pushup.paths import REPOSITORY
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
    arguments = ["infer.py", f"source={folder}", f"ckpt_path={checkpoint}"]
    arguments.append(f"output_dir={output_dir}")
    print("python", shlex.join(arguments), flush=True)
    process = subprocess.run([sys.executable, *arguments], cwd=REPOSITORY, check=False)
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


@command
def main(argv: list[str] | None = None) -> None:
    """Command line: see `--help`."""
    parser = argparse.ArgumentParser(prog="python -m pushup.demo", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first clip (default: the clock)")
    parser.add_argument("--clips", type=int, default=3)
    parser.add_argument("--model", default="mobilenet", help="with weights in data/weights")
    parser.add_argument("--output-dir", type=Path, help="default: outputs/demo/SEED")
    arguments = parser.parse_args(argv)
    seed = int(time.time()) if arguments.seed is None else arguments.seed
    checkpoint = weights.locate(arguments.model)
    spec, _ = weights.read(checkpoint)
    chosen = arguments.output_dir or REPOSITORY / "outputs" / "demo" / str(seed)
    output_dir = make_output_dir(chosen.resolve())

    true = render(output_dir / "clips", seed, arguments.clips)
    counted = count(output_dir / "clips", checkpoint, output_dir / "counted")
    print("\n".join(count_table(counted, true)))
    print(f"{arguments.model}, {checkpoint.name}. {real_pcks(spec['metrics'])}")
    print("annotated videos:", *sorted(output_dir.glob("counted/*/annotated.mp4")), sep="\n  ")


if __name__ == "__main__":
    main()
