"""Several people: clips beside each other, in which each is to be counted as alone.

python evaluate.py mode=people model=mobilenet data.root=DIR split=val
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from omegaconf import OmegaConf

from pushup.approaches.video_counter import PoseCounter
from pushup.cli import InputError, build
from pushup.data.clips import LabelledClip, read_clips
from pushup.engines import Engine
from pushup.evaluation.counting.runs import Setup, in_parallel, networks
from pushup.evaluation.counting.variants import at_rate
from pushup.evaluation.report import markdown_table, save_results
from pushup.inference.people import People, Person, closely, joints_box
from pushup.video.frames import Frame

ALONE, BESIDE, MIRROR = "alone", "beside each other", "beside the mirror image"


@dataclass(frozen=True)
class Place:
    """A clip in a composed picture.

    Attributes:
        clip: What is shown.
        mirrored: Left and right exchanged.
    """

    clip: LabelledClip
    mirrored: bool = False

    def images(self, fps: float) -> Iterator[np.ndarray]:
        """(H, W, 3) uint8 BGR, so many a second: the latest frame at each time."""
        for frame in at_rate(self.clip.frames(), fps):
            yield frame.image_bgr[:, ::-1] if self.mirrored else frame.image_bgr


def beside(places: Sequence[Place], fps: float) -> tuple[list[int], Iterator[np.ndarray]]:
    """All places from left to right, of one height: their right edges in pixels, the pictures.

    Whoever has ended stands still until all have.
    """
    sources = [place.images(fps) for place in places]
    latest: list[np.ndarray] = [next(source) for source in sources]
    height = min(len(image) for image in latest)
    sizes_wh = [(round(image.shape[1] * height / len(image)), height) for image in latest]

    def pictures() -> Iterator[np.ndarray]:
        shown = latest
        while True:
            pairs = zip(shown, sizes_wh, strict=True)
            yield np.hstack(
                [cv2.resize(i, size, interpolation=cv2.INTER_AREA) for i, size in pairs]
            )
            following = [next(source, None) for source in sources]
            if all(image is None for image in following):
                return
            shown = [b if a is None else a for a, b in zip(following, shown, strict=True)]

    return np.cumsum([width for width, _ in sizes_wh]).tolist(), pictures()


@dataclass
class Found:
    """One person of a recording.

    Attributes:
        counter: Theirs.
        count: What they have done.
        xs: The middle of head and arms in each frame in which they are in view, in pixels.
    """

    counter: PoseCounter
    count: int = 0
    xs: list[float] = field(default_factory=list)


def count_everybody(
    images: Iterable[np.ndarray], setup: Setup, counter: dict[str, Any], fps: float
) -> list[Found]:
    """Everybody who got a number in pictures (H, W, 3) uint8 BGR, so many a second."""
    model, chosen = networks(setup)
    classify = None if chosen is None else closely(chosen)
    people = People(model, partial(build, OmegaConf.create(setup.tracker), model=model))
    everybody: dict[Person, Found] = {}
    for index, image in enumerate(images):
        frame = Frame(image, index / fps, index, 0.0)
        for person in people.update(image, frame.time_s):
            if person not in everybody:
                own = build(OmegaConf.create(counter), skeleton=model.skeleton)
                everybody[person] = Found(PoseCounter(person, own, classify))
            found = everybody[person]
            found.count += found.counter.update(frame) is not None
            if (box := joints_box(person.pose)) is not None:
                found.xs.append((box[0] + box[2]) / 2)
    for found in everybody.values():
        found.count += len(found.counter.finish())
    return [found for person, found in everybody.items() if person.number]


def count_people(
    places: Sequence[Place], setup: Setup, counter: dict[str, Any], fps: float
) -> list[list[int]]:
    """The counts of those who were found in each place."""
    edges, images = beside(places, fps)
    counts: list[list[int]] = [[] for _ in places]
    for found in count_everybody(images, setup, counter, fps):
        place = min(int(np.searchsorted(edges, np.median(found.xs))), len(places) - 1)
        counts[place].append(found.count)
    return counts


def compose(
    clips: Sequence[LabelledClip], pairs: int, seed: int
) -> dict[str, dict[str, tuple[Place, ...]]]:
    """By kind and name: every clip alone, some beside each other, some beside their mirror image.

    Clips beside each other are push-ups of different counts and scenes, drawn by the seed.
    """
    counted = [clip for clip in clips if clip.count]
    drawn = [counted[i] for i in np.random.default_rng(seed).permutation(len(counted))]
    two = [(a, b) for a, b in pairwise(drawn) if a.count != b.count and a.scene != b.scene][:pairs]
    if len(two) < pairs:
        raise InputError(f"only {len(two)} pairs of clips differ: give pairs={len(two)}")
    return {
        ALONE: {clip.name: (Place(clip),) for clip in clips},
        BESIDE: {f"{a.name} {b.name}": (Place(a), Place(b)) for a, b in two},
        MIRROR: {a.name: (Place(a), Place(a, mirrored=True)) for a in drawn[:pairs]},
    }


def evaluate_people(
    root: str | Path | None,
    split: str,
    output_dir: str | Path,
    counter: dict[str, Any],
    pairs: int = 10,
    fps: float = 25.0,
    seed: int = 0,
    engine: Engine | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Count everybody in clips alone and beside each other; write `results.json` and a table.

    Args:
        root: Folder with `counts.csv` and `videos/`.
        split: Name in the column `split` of `counts.csv`.
        output_dir: Where results go.
        counter: Configuration of a streaming counter of keypoints.
        pairs: How many of each kind are composed.
        fps: Frames a second of what is composed.
        seed: Draws the pairs.
        engine: Runs the clips; None: processes of this machine.
        **settings: Of `Setup`.

    Returns:
        What `results.json` holds.

    Raises:
        InputError: The folder, a video or the weights are of no use.
    """
    if root is None:
        raise InputError("no clips: give the folder of counts.csv as data.root=DIR")
    cases = compose(read_clips(Path(root), split), pairs, seed)
    setup = Setup(**settings)
    if setup.weights_file is None:
        raise InputError("no keypoints: give ckpt_path=FILE or model=NAME")
    count = partial(count_people, setup=setup, counter=counter, fps=fps)
    results: dict[str, Any] = {"split": split, "fps": fps, "seed": seed, "kinds": {}}
    for kind, composed in cases.items():
        tasks = {name: partial(count, places) for name, places in composed.items()}
        found = dict(in_parallel(tasks, engine, kind))
        results["kinds"][kind] = _figures(composed, found)
    save_results(output_dir, results, table(results))
    return results


def _figures(
    composed: dict[str, tuple[Place, ...]], found: dict[str, list[list[int]]]
) -> dict[str, Any]:
    """Of one kind: a row for each place, and what they come to."""
    rows = [
        {
            "clip": place.clip.name,
            "together": name,
            "true": place.clip.nearest(sum(counts)),
            "counts": counts,
        }
        for name, places in composed.items()
        for place, counts in zip(places, found[name], strict=True)
    ]
    return {
        "people": len(rows),
        "exact": sum(_is_exact(row) for row in rows),
        "nobody": sum(not row["counts"] for row in rows),
        "several": sum(len(row["counts"]) > 1 for row in rows),
        "rows": rows,
    }


def _is_exact(row: dict[str, Any]) -> bool:
    """The count is right, and one person has done it all."""
    return max(row["counts"], default=0) == sum(row["counts"]) == row["true"]


def table(results: dict[str, Any]) -> str:
    """The markdown table of `results.json`."""
    rows = [
        [kind, *(str(f[name]) for name in ("people", "exact", "nobody", "several"))]
        for kind, f in results["kinds"].items()
    ]
    header = ("clips", "people", "counted exactly", "nobody found", "more than one found")
    return "\n".join(
        [
            f"# Several people, split {results['split']}",
            "",
            markdown_table(header, rows),
            "",
            "Counted exactly: the count is right, and it is that of one number alone.",
            "",
        ]
    )
