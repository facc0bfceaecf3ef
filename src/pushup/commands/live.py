"""Count in front of the camera: finds it, opens the window, remembers what you chose.

live [CAMERA|FILE|URL] [goal=50] [exercise=squat] [sound=voice|beep|none] [pause_s=60] [...]

Takes the overrides of infer. The camera, the exercise, mirror and full screen as they were at the
end, goal, countdown, rest and sound as they were given hold again the next time.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from omegaconf import DictConfig

from pushup.app.arguments import quote_paths
from pushup.cli import command, keep_model_name, make_output_dir, run

if TYPE_CHECKING:
    from pushup.app.remembered import Remembered

DEFAULTS = ("window=true", "annotate=false", "sound=voice")


@command
def main(arguments: Sequence[str]) -> None:
    """Command line: a source and Hydra's overrides of conf/infer.yaml, over what is remembered."""
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return
    from pushup.app.remembered import Remembered
    from pushup.video.source import find_camera

    remembered, given = Remembered(), quote_paths(arguments)
    chosen = [*DEFAULTS, *remembered.overrides(), *given]
    chosen = list({choice.partition("=")[0]: choice for choice in chosen}.values())
    if not any(choice.startswith("source=") for choice in chosen):
        chosen.append(f"source='{find_camera(remembered.values.get('source'))}'")

    @command
    def live(config: DictConfig) -> None:
        sys.exit(130 if _live(config, remembered) else 0)

    run(live, "infer", chosen)


def _live(config: DictConfig, remembered: "Remembered") -> bool:
    """Run a camera or another single source in a window; whether it was interrupted."""
    from functools import partial

    from pushup.app.player import DisplayOptions
    from pushup.app.sessions import Sessions
    from pushup.app.settings import check
    from pushup.app.single import run_single
    from pushup.files import locked

    keep_model_name(config)
    check(config)
    out, make = Path(config.output_dir), partial(make_output_dir, config=config)
    view = DisplayOptions(config.mirror, full_screen=config.full_screen)
    with locked(out):
        sessions = Sessions(config)
        summaries = run_single(str(config.source), sessions, make, out, view=view, **config.single)
    print(*summaries, sep="\n")
    last = summaries[-1]
    camera = last.source.removeprefix("camera ")
    known = dict(remembered.values) | ({"source": camera} if camera.isdecimal() else {})
    known |= {name: config[name] for name in ("sound", "goal", "countdown_s", "pause_s")}
    known |= {"exercise": last.exercise, "mirror": view.mirror, "full_screen": view.full_screen}
    remembered.keep(known)
    return any(summary.interrupted for summary in summaries)
