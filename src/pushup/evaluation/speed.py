"""Milliseconds a frame of the counting loop, step by step, beside other pose estimators.

Everything that is compared takes each frame in turn, so that what else the machine does falls on
all alike; read the ratios rather than the milliseconds.
"""

import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pushup.cli import InputError
from pushup.counting.types import Observation
from pushup.evaluation import peer
from pushup.evaluation.report import markdown_table
from pushup.inference.classifier import SampledClassifier, open_classifier
from pushup.inference.predictor import Pose, PoseNetwork, as_images, load_model
from pushup.video.frames import Frame
from pushup.video.history import DisplayHistory
from pushup.video.overlay import canvas_size, draw
from pushup.video.sink import VideoSink
from pushup.video.source import open_source

LOOP = ("decode", "pre-process", "network", "keypoints", "classifier", "counter")
"""What counting needs of each frame."""

STEPS = (*LOOP, "drawing")

SEEN = "seen"

Laps = Iterator[dict[str, float]]
"""Milliseconds of each step, one mapping a frame; of a peer also whether it saw a person: 0, 1."""


@dataclass(frozen=True)
class Setup:
    """One way to run the loop.

    Attributes:
        model: See `pushup.inference.predictor.load_model`.
        runtime: See `open_session`.
        threads: Of each network; 0 = as the runtime sees fit.
        classifier: See `open_classifier`.
    """

    model: str = "mobilenet"
    runtime: str = "auto"
    threads: int = 0
    classifier: str | None = "shipped"


class _Lap:
    """Times the steps of one frame."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last_s = time.perf_counter()

    def done(self, step: str) -> None:
        """The time since the last step was this one."""
        now_s = time.perf_counter()
        self.ms[step] = 1e3 * (now_s - self._last_s)
        self._last_s = now_s


def loop_laps(setup: Setup, video: Path, counter: Any) -> Laps:
    """The counting loop over a video, again and again."""
    network = load_model(setup.model, threads=setup.threads, runtime=setup.runtime)
    chosen = open_classifier(
        setup.classifier, network, threads=setup.threads, runtime=setup.runtime
    )
    classifier = None if chosen is None else SampledClassifier(chosen)
    while True:
        history = DisplayHistory(network.skeleton.edge_indices)
        counter.reset()
        with open_source(video) as source:
            frames = iter(source)
            while True:
                lap = _Lap()
                frame = next(frames, None)
                if frame is None:
                    break
                lap.done("decode")
                _step(lap, frame, network, classifier, counter, history)
                yield lap.ms


def _step(
    lap: _Lap,
    frame: Frame,
    network: PoseNetwork,
    classifier: SampledClassifier | None,
    counter: Any,
    history: DisplayHistory,
) -> None:
    height, width = frame.image_bgr.shape[:2]
    transform = network.framing.transform((width, height), network.input_size)
    images = as_images(frame.image_bgr, transform)
    lap.done("pre-process")
    maps = network.maps(images)
    lap.done("network")
    [keypoints], [scores] = network.codec.decode(maps)
    keypoints = transform.to_frame(keypoints.astype(float))
    lap.done("keypoints")
    pose = Pose(keypoints, scores)
    score = None if classifier is None else classifier(frame.image_bgr, pose, frame.time_s)
    lap.done("classifier")
    rep = counter.update(Observation(keypoints, scores, frame.time_s, score, (width, height)))
    lap.done("counter")
    history.add(frame.time_s, counter.state, rep, 0.0)
    draw(frame.image_bgr, history.scene(0, keypoints, scores))
    lap.done("drawing")


def peer_laps(environment: Path, model: str, video: Path) -> Laps:
    """Another pose estimator, in its own environment, on the frames of a video, again and again.

    Args:
        environment: Of `make bench-peers`.
        model: As of `pushup.evaluation.peer`; a file lies in the environment.
        video: What it looks at.
    """
    made_by = "make bench-peers" + (" and make bench-movenet" if "." in model else "")
    refusal = InputError(f"{environment} cannot run {model}: make it with {made_by}")
    python = (environment / "bin" / "python").absolute()
    if not python.exists():
        raise refusal
    command = [python, Path(peer.__file__).absolute(), video.absolute(), model]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(
        command, bufsize=0, cwd=environment, stdin=pipe, stdout=pipe, stderr=nothing
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            while True:
                with suppress(BrokenPipeError):  # it has ended: then it answers nothing
                    process.stdin.write(b"\n")
                line = process.stdout.readline()
                if not line[:1].isdigit():
                    raise refusal
                ms, seen = map(float, line.split())
                yield {"all": ms, SEEN: seen}
        finally:
            process.kill()


def measure(runs: dict[str, Laps], frames: int, warm_up: int = 10) -> dict[str, dict[str, Any]]:
    """Median and 95th percentile of each run's steps, one frame of each in turn.

    Args:
        runs: By their names.
        frames: How many are measured.
        warm_up: Frames before, in which runtimes settle.
    """
    laps: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
    for k in range(warm_up + frames):
        for name, run in runs.items():
            lap = next(run)
            if k >= warm_up:
                laps[name].append(lap)
    return {name: _summary(values) for name, values in laps.items()}


def _summary(laps: Sequence[dict[str, float]]) -> dict[str, Any]:
    steps = {step: [lap[step] for lap in laps] for step in laps[0] if step != SEEN}
    whole = [sum(ms for step, ms in lap.items() if step in (*LOOP, "all")) for lap in laps]
    return {
        "median_ms": {step: float(np.median(ms)) for step, ms in steps.items()},
        "mean_ms": {step: float(np.mean(ms)) for step, ms in steps.items()},
        "loop_ms": float(np.median(whole)),
        "loop_mean_ms": float(np.mean(whole)),
        "loop_p95_ms": float(np.percentile(whole, 95)),
        **({SEEN: float(np.mean([lap[SEEN] for lap in laps]))} if SEEN in laps[0] else {}),
    }


def blind(figures: dict[str, dict[str, Any]]) -> list[str]:
    """Of each peer that saw a person in fewer than half of the frames, what that means."""
    return [
        f"{name} finds a person in {found[SEEN]:.0%} of the frames, and otherwise only looks for "
        "one: its time says little. Give another clip with --video FILE"
        for name, found in figures.items()
        if found.get(SEEN, 1.0) < 0.5
    ]


def writing_ms(video: Path, frames: int) -> float:
    """Mean milliseconds of the clock that a frame of annotated.mp4 takes, its end included."""
    with tempfile.TemporaryDirectory() as folder, open_source(video) as source:
        history = DisplayHistory([])
        scene = history.scene(0, np.zeros((0, 2)), np.zeros(0))
        drawn = [draw(frame.image_bgr, scene).copy() for frame in islice(source, frames)]
        started_s = time.perf_counter()
        with VideoSink(Path(folder) / "a.mp4", canvas_size(source.size_wh), source.fps) as sink:
            for k, image in enumerate(drawn):
                sink.write(image, k / source.fps)
        return 1e3 * (time.perf_counter() - started_s) / len(drawn)


def start_up_s(arguments: Sequence[str], repeats: int = 3) -> float:
    """Median seconds of a whole `pushup` process."""
    seconds = []
    for _ in range(repeats):
        started_s = time.perf_counter()
        command = [sys.executable, "-m", "pushup", *arguments]
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - started_s)
    return float(np.median(seconds))


def table(figures: dict[str, dict[str, Any]]) -> str:
    """A row a run: medians, but of the classifier, which looks at some frames only, the mean.

    Ratios are those of the mean loop to the first one's.
    """
    first = next(iter(figures.values()))["loop_mean_ms"]
    rows = []
    for name, found in figures.items():
        medians = found["median_ms"] | {
            step: ms for step, ms in found["mean_ms"].items() if step == "classifier"
        }
        cells = ["" if step not in medians else f"{medians[step]:.2f}" for step in STEPS]
        loop = [f"{found[key]:.2f}" for key in ("loop_ms", "loop_mean_ms", "loop_p95_ms")]
        rows.append([name, *cells, *loop, f"{found['loop_mean_ms'] / first:.2f}"])
    header = ["", *STEPS, "loop", "mean", "p95", "ratio"]
    return markdown_table(header, rows)


def machine() -> str:
    """What it was measured on."""
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{platform.machine()}, {cv2.getNumberOfCPUs()} cores; medians of paired runs in "
        f"milliseconds; the loop is all but drawing; peak memory {peak_mb:.0f} MB"
    )
