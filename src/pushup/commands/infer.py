"""Count push-ups in a video, a folder of them, a camera or a stream; or cycles in a signal.

infer source=FILE|CAMERA|FOLDER|URL|SIGNAL.csv|- ckpt_path=FILE [window=true]
"""

import logging
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hydra.utils import instantiate
from omegaconf import DictConfig

from pushup.app.arguments import quote_paths
from pushup.cli import InputError, command, keep_model_name, make_output_dir, run


def infer(config: DictConfig) -> None:
    """Run a source, or every video of a folder."""
    from pushup.app.folder import run_folder
    from pushup.app.signal_run import is_signal, run_signal
    from pushup.app.single import run_single

    source, out = str(config.source), Path(config.output_dir)
    make = partial(make_output_dir, config=config)
    if is_signal(source):
        keep_model_name(config)
        shared = {key: config.single[key] for key in ("sound", "log", "rest_s")}
        print(run_signal(source, instantiate(config.signal), make, out, **shared))
        return
    new_session = session_maker(config)
    if Path(source).is_dir():
        failed = run_folder(Path(source), new_session, make, out, **config.folder)
        sys.exit(1 if failed else 0)
    print(*run_single(source, new_session, make, out, **config.single), sep="\n")


def session_maker(config: DictConfig) -> Callable[..., Any]:
    """What makes a session from its listeners; networks are loaded once."""
    from pushup.app.session import Session
    from pushup.approaches.video_counter import looks_at_pictures
    from pushup.inference.classifier import open_classifier
    from pushup.inference.predictor import load_model

    keep_model_name(config)
    # partial, so that Hydra neither copies the model nor wraps the errors of the call
    make_counter = instantiate(config.counter, _partial_=True)
    make_form = instantiate(config.form, _partial_=True)
    show = {"span_s": config.span_s, "activity": config.activity}
    if looks_at_pictures(config.counter._target_):
        return lambda listeners=(): Session(
            None, make_counter(), make_form(), listeners=listeners, **show
        )
    threads = 0
    if Path(config.source).is_dir():  # whose videos share the cores
        threads = max(1, (os.cpu_count() or 1) // max(1, config.workers))
    where = {"device": config.device, "threads": threads, "runtime": config.runtime}
    path = config.ckpt_path or config.model or config.default_model
    model = load_model(path, config.model, **where)
    classifier = open_classifier(config.classifier, model, **where)
    if classifier is None and config.gate._target_.endswith(".ClassifierGate"):
        raise InputError(
            "gate=published reads a classifier's score: give classifier=shipped, FILE or shared"
        )

    def new_session(listeners=()) -> Session:
        predictor = instantiate(config.tracker, _partial_=True)(model=model)
        counter, form = make_counter(skeleton=model.skeleton), make_form(skeleton=model.skeleton)
        return Session(predictor, counter, form, classifier, listeners=listeners, **show)

    return new_session


@command
def log_and_infer(config: DictConfig) -> None:
    """`infer`, with what `counter.explain=true` tells printed."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("pushup").setLevel(logging.INFO)
    infer(config)


def main(arguments: Sequence[str]) -> None:
    """Command line: Hydra's overrides of conf/infer.yaml; paths need no quotes."""
    run(log_and_infer, "infer", quote_paths(arguments))
