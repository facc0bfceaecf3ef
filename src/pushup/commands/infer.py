"""Count push-ups in videos, a camera, a stream or a signal; keypoints in pictures.

infer FILE|FOLDER|MANIFEST|CAMERA|URL|SIGNAL.csv|- [ckpt_path=FILE] [window=true] [engine=NAME]
"""

import logging
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

from pushup.app.arguments import quote_paths
from pushup.cli import InputError, build, command, keep_model_name, make_output_dir, run


def infer(config: DictConfig) -> None:
    """Run a source, or all that a folder or a manifest names."""
    from pushup.app.settings import check
    from pushup.files import locked

    keep_model_name(config)
    check(config)
    with locked(Path(config.output_dir)):
        _infer(config)


def _infer(config: DictConfig) -> None:
    from pushup.app.archive.manifest import is_many
    from pushup.app.archive.run import run_videos
    from pushup.app.pictures import pictures_of, run_pictures
    from pushup.app.sessions import Sessions
    from pushup.app.signal_run import is_signal, run_signal
    from pushup.app.single import run_single

    source, out = str(config.source), Path(config.output_dir)
    make, many = partial(make_output_dir, config=config), is_many(source)
    pictures = pictures_of(Path(source))
    if config.people == "all" and (pictures or (is_signal(source) and not many)):
        raise InputError("people=all is for videos and cameras: leave it out here")
    if is_signal(source) and not many:
        shared = {key: config[key] for key in ("sound", "log", "rest_s")}
        print(run_signal(source, build(config.signal), make, out, **shared))
        return
    engine = build(config.engine)
    sessions = Sessions(config, engine.threads if many else 0)
    if pictures:
        print(*run_pictures(pictures, sessions, make, out, config.annotate), sep="\n")
    elif many:
        OmegaConf.resolve(config)  # for workers elsewhere
        failed = run_videos(source, sessions, make, out, engine, **config.videos)
        sys.exit(1 if failed else 0)
    else:
        summaries = run_single(source, sessions, make, out, **config.single)
        print(*summaries, sep="\n")
        sys.exit(130 if any(summary.interrupted for summary in summaries) else 0)


@command
def log_and_infer(config: DictConfig) -> None:
    """`infer`, with what `counter.explain=true` tells printed."""
    logging.basicConfig(format="%(message)s")
    logging.getLogger("pushup").setLevel(logging.INFO)
    infer(config)


@command
def main(arguments: Sequence[str]) -> None:
    """Command line: a source and Hydra's overrides of conf/infer.yaml; paths need no quotes."""
    run(log_and_infer, "infer", quote_paths(arguments))
