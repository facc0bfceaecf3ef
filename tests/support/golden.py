"""Golden traces: rendered routines, and the repetitions that every counter finds in them.

    PYTHONPATH=src:tests python -m support.golden [--render]

writes `tests/counting/golden.json`, the expected repetitions, by the counters as they are; with
`--render` the traces, `golden.npz`, first. Read the difference before you commit it.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pushup.counting.build import build_counter
from pushup.counting.trace import Trace
from pushup.evaluation.counting.runs import run_counter
from pushup.synthetic.camera import VIEWS
from pushup.synthetic.errors import Errors
from pushup.synthetic.routines import NEGATIVES, SIZE_WH, Routine
from pushup.synthetic.timing import wander

FOLDER = Path(__file__).parents[1] / "counting"
TRACES, EXPECTED = FOLDER / "golden.npz", FOLDER / "golden.json"
COUNTERS = ("default", "offline", "published", "published_exact", "squat", "pull_up", "sit_up")
PIXEL = 16
"""Steps of the stored coordinates in one pixel."""
UNKNOWN = -(2**15)
ERRORS = (Errors(), Errors().scaled(0.5), Errors().scaled(1.6))
SCENES = (("push_up",), ("push_up",), ("push_up",), ("?", "push_up"), ("?", "?"))
"""Ten routines of each, "?" for what is no push-up; ten more repeat other exercises. Every other
routine has a classifier's score."""
LIKELY = {"push_up": 2.2, "plank": 0.8, "all_fours": -0.8}
"""Logits of that score; of everything else -2.5."""


def _score(names: tuple[str, ...], scene_s: float, trace: Trace, rng: np.random.Generator):
    """(T,) a score such as a classifier gives: right as a rule, and slow to change its mind."""
    unrest = wander(rng, 0.7, 2.0)
    since_s = trace.time_s - (trace.duration_s - scene_s * len(names))
    scene = np.clip(since_s // scene_s, 0, len(names) - 1).astype(int)
    logit = np.array([LIKELY.get(name, -2.5) for name in names])[scene]
    logit[since_s < 0] = -2.5
    logit += np.array([unrest(float(t))[0] for t in trace.time_s])
    return 1 / (1 + np.exp(-logit))


def render() -> Iterator[Trace]:
    """Sixty routines, ten of each view, with usual, few or many errors."""
    rng = np.random.default_rng(2)
    for seed in range(60):
        view = list(VIEWS)[seed % len(VIEWS)]
        names = (*SCENES, ("squat", "pull_up", "sit_up")[seed % 3 :][:1])[seed // 10]
        names = tuple(str(rng.choice(NEGATIVES)) if name == "?" else name for name in names)
        scene_s = 12.0 if len(names) == 1 else 8.0
        fps = float(rng.choice([10.0, 12.5, 15.0, 25.0]))
        trace = Routine.sample(seed, names, scene_s, view).trace(fps, ERRORS[seed % 3])
        pushing_up = _score(names, scene_s, trace, rng) if seed % 2 else None
        yield Trace(trace.time_s, trace.keypoints, trace.scores, trace.size_wh, pushing_up)


def save(traces: list[Trace]) -> None:
    """Coordinates to a sixteenth of a pixel, scores to 1/255, times to a tenth of a millisecond."""
    steps = np.round(np.concatenate([trace.keypoints for trace in traces]) * PIXEL)
    pushing_up = [
        np.full(len(t.time_s), -1.0) if t.pushing_up is None else t.pushing_up for t in traces
    ]
    np.savez_compressed(
        TRACES,
        frames=np.array([len(trace.time_s) for trace in traces]),
        time=np.concatenate([np.round(trace.time_s * 1e4) for trace in traces]).astype("u4"),
        keypoints=np.where(np.isnan(steps), UNKNOWN, steps).astype("i2"),
        scores=np.round(np.concatenate([t.scores for t in traces]) * 255).astype("u1"),
        pushing_up=np.round(np.concatenate(pushing_up) * 255).astype("i2"),
        size_wh=np.array(SIZE_WH),
    )


def load() -> list[Trace]:
    """The golden traces."""
    with np.load(TRACES) as stored:
        arrays = {name: stored[name] for name in stored.files}
    width, height = arrays["size_wh"].tolist()
    ends = np.cumsum(arrays["frames"])[:-1]
    columns = (
        np.split(arrays["time"] / 1e4, ends),
        np.split(
            np.where(arrays["keypoints"] == UNKNOWN, np.nan, arrays["keypoints"] / PIXEL), ends
        ),
        np.split(arrays["scores"] / 255, ends),
        np.split(arrays["pushing_up"] / 255, ends),
    )
    return [
        Trace(time_s, keypoints, scores, (width, height), None if score[0] < 0 else score)
        for time_s, keypoints, scores, score in zip(*columns, strict=True)
    ]


def repetitions(name: str, traces: list[Trace]) -> list[list[list[float]]]:
    """For each trace the start, bottom and top, in seconds to 1 ms, of what a counter counts."""
    return [
        [
            [round(float(t), 3) for t in (rep.start_s, rep.bottom_s, rep.top_s)]
            for rep in run_counter(build_counter(name), trace).reps
        ]
        for trace in traces
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Write the golden repetitions, or traces, too.")
    parser.add_argument("--render", action="store_true", help="render the traces again")
    if parser.parse_args().render:
        save(list(render()))
    traces = load()
    lines = []
    for name in COUNTERS:
        found = repetitions(name, traces)
        rows = ",\n".join(f"  {json.dumps(reps)}" for reps in found)
        lines.append(f' "{name}": [\n{rows}\n ]')
        print(f"{name}: {sum(map(len, found))} repetitions in {len(traces)} traces")
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
