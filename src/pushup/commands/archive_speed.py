"""Compare the speed of counting many videos on an engine with that of a bare loop.

archive-speed FOLDER [--bare] [engine=process workers=2 rotate=0 ...]

Takes the overrides of infer. `--bare` measures the loop alone.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from omegaconf import OmegaConf

from pushup.app.archive.speed import bare_loop, of_engine
from pushup.app.sessions import Sessions
from pushup.cli import build, command, composed, keep_model_name, make_output_dir
from pushup.commands import parser


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("archive-speed", __doc__)
    top.add_argument("source", help="a folder of videos, or what infer takes for many")
    top.add_argument("--bare", action="store_true", help="the loop without an engine")
    top.add_argument("overrides", nargs="*", help="of infer")
    options = top.parse_intermixed_args(arguments)
    with TemporaryDirectory(prefix="pushup-") as folder:
        given = [*options.overrides, "source=many", f"output_dir='{folder}'"]
        config = composed("infer", given)
        keep_model_name(config)
        OmegaConf.resolve(config)
        engine = build(config.engine)
        sessions = Sessions(config, engine.threads or 1)
        if options.bare:
            print(f"bare loop: {bare_loop(options.source, sessions, config.rotate)}")
            return
        make = partial(make_output_dir, config=config)
        out = Path(folder)
        speed = of_engine(options.source, sessions, make, out, engine, config.rotate)
        print(f"{type(engine).__name__} x {config.workers}: {speed}")
