"""Count push-ups in a video, a folder of them, a camera or a stream.

infer source=FILE|CAMERA|FOLDER|URL ckpt_path=FILE [window=true]
"""

import logging
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hydra.utils import instantiate
from omegaconf import DictConfig

from pushup.app.arguments import quote_paths
from pushup.cli import InputError, command, keep_model_name, make_output_dir, run


def infer(config: DictConfig) -> None:
    """Run a source, or every video of a folder."""
    from pushup.app.folder import run_folder
    from pushup.app.session import Session
    from pushup.app.single import run_single
    from pushup.inference.classifier import open_classifier
    from pushup.inference.predictor import load_model

    keep_model_name(config)
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
        # partial, so that Hydra neither copies the model nor wraps the errors of the call
        predictor = instantiate(config.tracker, _partial_=True)(model=model)
        counter = instantiate(config.counter, _partial_=True)(skeleton=model.skeleton)
        form = instantiate(config.form, _partial_=True)(skeleton=model.skeleton)
        show = {"span_s": config.span_s, "activity": config.activity}
        return Session(predictor, counter, form, classifier, listeners=listeners, **show)

    make, out = partial(make_output_dir, config=config), Path(config.output_dir)
    if Path(config.source).is_dir():
        failed = run_folder(Path(config.source), new_session, make, out, **config.folder)
        sys.exit(1 if failed else 0)
    print(*run_single(str(config.source), new_session, make, out, **config.single), sep="\n")


@command
def log_and_infer(config: DictConfig) -> None:
    """`infer`, with what `counter.explain=true` tells printed."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("pushup").setLevel(logging.INFO)
    infer(config)


def main(arguments: Sequence[str]) -> None:
    """Command line: Hydra's overrides of conf/infer.yaml; paths need no quotes."""
    run(log_and_infer, "infer", quote_paths(arguments))
