"""Compare the speed of counting many videos on an engine with that of a bare loop.

archive-speed FOLDER [--rounds 3] [engine=process workers=2 rotate=0 ...]

Takes the overrides of infer. A round is the loop, then the engine.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from omegaconf import OmegaConf

from pushup.app.archive.speed import bare_loop, compare, of_engine
from pushup.app.sessions import Sessions
from pushup.cli import build, command, composed, keep_model_name, make_output_dir
from pushup.commands import at_least, parser


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("archive-speed", __doc__)
    top.add_argument("source", help="a folder of videos, or what infer takes for many")
    top.add_argument(
        "--rounds", type=at_least(1), default=1, help="how often; more on a busy machine"
    )
    top.add_argument("overrides", nargs="*", help="of infer")
    options = top.parse_intermixed_args(arguments)
    with TemporaryDirectory(prefix="pushup-") as folder:
        given = [*options.overrides, "source=many", f"output_dir='{folder}'"]
        config = composed("infer", given)
        keep_model_name(config)
        OmegaConf.resolve(config)
        engine = build(config.engine)
        sessions = Sessions(config, engine.threads or 1)
        make = partial(make_output_dir, config=config)
        pairs = []
        for k in range(options.rounds):
            bare = bare_loop(options.source, sessions, config.rotate)
            print(f"bare loop: {bare}")
            out = Path(folder, str(k))
            speed = of_engine(options.source, sessions, make, out, engine, config.rotate)
            print(f"{type(engine).__name__} x {config.workers}: {speed}")
            pairs.append((bare, speed))
        print(compare(pairs))
