"""Counters over clips, in parallel: keypoints predicted once a clip, every counter run on them."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf
from tqdm import tqdm

from pushup.cli import InputError, build
from pushup.counting.build import build_counter
from pushup.counting.trace import Trace, load_trace, save_trace
from pushup.counting.types import OfflineCounter, Rep, StreamingCounter
from pushup.data.clips import LabelledClip
from pushup.engines import Engine, calling
from pushup.engines.process import ProcessEngine
from pushup.files import write_text
from pushup.inference.classifier import SampledClassifier
from pushup.inference.turning import check_rotate, find_turn
from pushup.skeleton import UPPER7
from pushup.specs import locate
from pushup.video.frames import Frame


@dataclass(frozen=True)
class Setup:
    """What a worker needs to build its own counters and predictor, all of it plain.

    Attributes:
        gate: Configuration of the gate that counters refer to.
        tracker: Configuration of the predictor.
        ckpt_path: Weights of the keypoint model; None for those shipped for `model`.
        model: Name that those weights have to bear; None for any.
        classifier: See `open_classifier`.
        device: Where networks run.
    """

    gate: dict[str, Any]
    tracker: dict[str, Any]
    ckpt_path: str | None = None
    model: str | None = None
    classifier: str | None = None
    device: str = "cpu"

    @property
    def weights_file(self) -> str | None:
        """Of the keypoint model; None without one: then there are only traces that exist."""
        return self.ckpt_path or (str(locate(self.model)) if self.model else None)

    @property
    def files(self) -> dict[str, str | None]:
        """The weights' files, of the keypoint model and of the push-up classifier."""
        from pushup.inference.classifier import classifier_path

        classifier = self.classifier and classifier_path(self.classifier)
        return {"weights": self.weights_file, "classifier": classifier}

    def cache_key(self) -> dict[str, Any]:
        """What decides how its traces look: settings, and the contents of the weights' files."""
        digests = {name: _digest(path) for name, path in self.files.items()}
        return {"tracker": self.tracker, **digests}


def _digest(path: str | None) -> str:
    """Of a file's contents; of what is no file, itself."""
    file = Path(path or "")
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else str(path)


@dataclass(frozen=True)
class Run:
    """One counter on one clip.

    Attributes:
        reps: What it counted.
        seconds: Processor time of counting, the prediction of keypoints included.
        duration_s: How long the clip is.
        signal: (T, 4) time, value, threshold, gate of a streaming counter, for plots.
        frames: How many the clip has.
    """

    reps: list[Rep]
    seconds: float
    duration_s: float
    signal: np.ndarray
    frames: int = 0


def run_counter(counter: StreamingCounter | OfflineCounter, trace: Trace) -> Run:
    """Run a fresh counter over a trace."""
    observations, signal = trace.observations(), []
    started = time.thread_time()
    if isinstance(counter, OfflineCounter):
        reps = counter.count(observations)
    else:
        reps = []
        for observation in observations:
            rep = counter.update(observation)
            if rep is not None:
                reps.append(rep)
            state = counter.state
            signal.append((observation.time_s, state.value, state.threshold, state.gate_open))
        last = counter.finish()
        reps += [] if last is None else [last]
    seconds = time.thread_time() - started + trace.seconds
    shown = np.array(signal, float).reshape(-1, 4)
    return Run(reps, seconds, trace.duration_s, shown, len(observations))


@lru_cache(maxsize=1)
def _predictor(tracker: str, ckpt_path: str, model: str | None, device: str) -> Any:
    """The predictor of this process, loaded once."""
    from pushup.inference.predictor import load_model

    loaded = load_model(ckpt_path, model, device, threads=1)
    return build(OmegaConf.create(tracker), model=loaded)


def _predictor_of(setup: Setup) -> Any:
    assert setup.weights_file is not None, "predicting needs weights"
    tracker = OmegaConf.to_yaml(setup.tracker)
    return _predictor(tracker, setup.weights_file, setup.model, setup.device)


@lru_cache(maxsize=1)
def _classifier(choice: str | None, model: Any, device: str) -> Any:
    from pushup.inference.classifier import open_classifier

    return open_classifier(choice, model, device, threads=1)


def networks(setup: Setup) -> tuple[Any, Any]:
    """The keypoint model of this process, and the push-up classifier, if any; loaded once."""
    model = _predictor_of(setup).model
    return model, _classifier(setup.classifier, model, setup.device)


def watch(frames: Iterable[Frame], setup: Setup) -> Trace:
    """The keypoints in frames, and where there is a push-up classifier its scores.

    Raises:
        InputError: The frames cannot be read, or the weights are of no use.
    """
    predictor = _predictor_of(setup)
    predictor.reset()
    model, chosen = networks(setup)
    classifier = None if chosen is None else SampledClassifier(chosen)
    skeleton = model.skeleton
    joints = skeleton.indices(UPPER7.joints)
    times, keypoints, scores, pushing_up, seconds = [], [], [], [], 0.0
    size_wh = 0, 0
    for frame in frames:
        started = time.process_time()
        pose = predictor.track(frame.image_bgr, frame.time_s)
        if classifier is not None:
            pushing_up.append(classifier(frame.image_bgr, pose, frame.time_s))
        seconds += time.process_time() - started
        times.append(frame.time_s)
        keypoints.append(pose.keypoints_frame[joints])
        scores.append(pose.scores[joints])
        height, width = frame.image_bgr.shape[:2]
        size_wh = width, height
    return Trace(
        np.array(times),
        np.array(keypoints),
        np.array(scores),
        size_wh,
        np.array(pushing_up) if pushing_up else None,
        seconds,
    )


def predict_trace(clip: LabelledClip, setup: Setup, out: Path, rotate: str | int = 0) -> None:
    """Predict the keypoints of a clip and write them to `out` as a trace.

    Args:
        clip: What is looked at.
        setup: What looks.
        out: File of the trace.
        rotate: Degrees clockwise, or "auto": by what the networks see.

    Raises:
        InputError: The video is missing or damaged, or the weights are of no use.
    """
    turn = check_rotate(rotate)
    if turn is None:
        turn = find_turn(clip.frames(), _predictor_of(setup))
    save_trace(out, watch(clip.frames(turn), setup))


def invalidate_cache(folder: Path, cache_key: dict[str, Any], suffix: str = ".npz") -> None:
    """Empty a folder of its traces, or files of another suffix, unless just this made them.

    Raises:
        InputError: Nothing says what made them: they are not ours to remove.
    """
    text, marker = json.dumps(cache_key, indent=2) + "\n", folder / "cache_key.json"
    if marker.is_file() and marker.read_text() == text:
        return
    files = list(folder.glob(f"*{suffix}"))
    if files and not marker.is_file():
        raise InputError(f"{folder} holds {suffix} of unknown origin: give another output_dir")
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        file.unlink()
    write_text(marker, text)


def predict_all(
    clips: Sequence[LabelledClip], setup: Setup, folder: Path, engine: Engine | None
) -> None:
    """Traces of all clips in a folder; those that the same weights left there are kept."""
    videos = sorted({str(clip.video.parent) for clip in clips})
    segments = {clip.name: list(clip.segment_s) for clip in clips if clip.segment_s}
    key = {"videos": videos} | ({"segments": segments} if segments else {})
    invalidate_cache(folder, setup.cache_key() | key)
    missing = [clip for clip in clips if not (folder / f"{clip.name}.npz").is_file()]
    tasks = {c.name: partial(predict_trace, c, setup, folder / f"{c.name}.npz") for c in missing}
    for _ in in_parallel(tasks, engine, "keypoints"):
        pass


def find_traces(
    clips: Sequence[LabelledClip],
    root: Path,
    traces: bool | str,
    setup: Setup,
    out: Path,
    engine: Engine | None,
) -> Path:
    """The folder of the clips' traces: the one given, or `out / "traces"`, predicted now.

    Raises:
        InputError: Nothing says where keypoints come from; see `predict_trace`.
    """
    if traces:
        return root / "traces" if traces is True else Path(traces)
    if setup.weights_file is None:
        raise InputError("no keypoints: give ckpt_path=FILE, model=NAME or traces=true")
    predict_all(clips, setup, out / "traces", engine)
    return out / "traces"


def _count_clip(names: Sequence[str], setup: Setup, path: Path) -> dict[str, Run]:
    trace = load_trace(path)
    return {name: run_counter(build_counter(name, setup.gate), trace) for name in names}


def count_all(
    names: Sequence[str],
    clips: Sequence[LabelledClip],
    setup: Setup,
    folder: Path,
    engine: Engine | None,
) -> dict[str, dict[str, Run]]:
    """Every counter on every clip's trace: runs by counter and clip."""
    for name in names:
        build_counter(name, setup.gate)  # a wrong name is told before any work
    tasks = {c.name: partial(_count_clip, names, setup, folder / f"{c.name}.npz") for c in clips}
    found = dict(in_parallel(tasks, engine, "counting"))
    return {name: {clip.name: found[clip.name][name] for clip in clips} for name in names}


def in_parallel(
    tasks: Mapping[str, Callable[[], Any]], engine: Engine | None, what: str
) -> Iterator[tuple[str, Any]]:
    """Results by name as they come, under a progress bar; what a task raises is raised here.

    Without an engine the tasks run in processes of this machine.
    """
    outcomes = (engine or ProcessEngine()).map(calling, tasks) if tasks else ()
    for name, outcome in tqdm(
        outcomes, total=len(tasks), desc=what, unit="clip", disable=not tasks
    ):
        if isinstance(outcome, Exception):
            raise outcome
        yield name, outcome
