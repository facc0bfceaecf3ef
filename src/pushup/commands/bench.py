"""Time the counting loop, step by step, and beside other pose estimators.

bench [--video FILE] [--models mobilenet,blazepose] [--runtimes openvino,onnxruntime]
bench --against mediapipe,movenet           # after make bench-peers and make bench-movenet

MediaPipe Pose is timed as lite, full and heavy, MoveNet as Lightning.
"""

import tempfile
from argparse import ArgumentTypeError
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from pushup.app.notices import warn
from pushup.cli import command
from pushup.commands import at_least, parser
from pushup.files import write_json, write_text

PEERS = {
    "mediapipe": {f"MediaPipe Pose {size}": size for size in ("lite", "full", "heavy")},
    "movenet": {"MoveNet Lightning": "movenet.tflite"},
}
"""Of each name, what is shown and what `pushup.evaluation.peer` is given."""


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("bench", __doc__)
    top.add_argument("--video", type=Path, help="default: a rendered clip of 16:9")
    top.add_argument("--models", default="mobilenet", help="names or files, with commas")
    top.add_argument("--runtimes", default="openvino,onnxruntime")
    positive = at_least(1)
    top.add_argument(
        "--threads",
        type=lambda text: [int(positive(number)) for number in text.split(",")],
        default=[1, 2],
        help="of each network, with commas (default: 1,2)",
    )
    top.add_argument("--frames", type=positive, default=200)
    top.add_argument("--against", type=_peers, default={}, help=f"of {', '.join(PEERS)}")
    top.add_argument("--peers", type=Path, default=Path(".peers"), help="their environment")
    top.add_argument("--output-dir", type=Path, default=Path("outputs/bench"))
    options = top.parse_args(arguments)

    from pushup.counting.build import build_counter
    from pushup.evaluation import speed

    with tempfile.TemporaryDirectory() as folder:
        video = options.video or _render(Path(folder))
        runs: dict[str, speed.Laps] = {}
        models, runtimes = options.models.split(","), options.runtimes.split(",")
        for model, runtime, number in product(models, runtimes, options.threads):
            setup = speed.Setup(model, runtime, number)
            counter = build_counter()
            threads = "1 thread" if number == 1 else f"{number} threads"
            runs[f"{model}, {runtime}, {threads}"] = speed.loop_laps(setup, video, counter)
        for name, peer in options.against.items():
            runs[name] = speed.peer_laps(options.peers, peer, video)
        figures = speed.measure(runs, options.frames)
        writing_ms = speed.writing_ms(video, options.frames)
        start_s = _start_up(Path(folder))
    text = (
        f"{speed.table(figures)}\n{speed.machine()}; writing annotated.mp4 {writing_ms:.2f} ms a "
        f"frame; start-up {start_s:.2f} s.\n"
    )
    write_text(options.output_dir / "results.md", text)
    write_json(options.output_dir / "results.json", figures)
    print(text)
    for words in speed.blind(figures):
        warn(words)
    from pushup.evaluation.pictures import save_steps

    save_steps(options.output_dir / "steps.png", figures, speed.LOOP)


def _peers(text: str) -> dict[str, str]:
    unknown = set(names := text.split(",")) - set(PEERS)
    if unknown:
        raise ArgumentTypeError(f"no peer {', '.join(sorted(unknown))}: give {', '.join(PEERS)}")
    return {shown: peer for name in names for shown, peer in PEERS[name].items()}


def _start_up(folder: Path) -> float:
    """Seconds that `infer` takes for one picture: nearly all of them before it looks at it."""
    import numpy as np

    from pushup.drawing import write_picture
    from pushup.evaluation import speed

    write_picture(folder / "grey.png", np.full((360, 640, 3), 128, np.uint8))
    return speed.start_up_s(["infer", f"source={folder / 'grey.png'}", f"output_dir={folder}/out"])


def _render(folder: Path) -> Path:
    from pushup.synthetic import write_clips

    [clip] = write_clips(folder, [2], size_wh=(640, 360), duration_s=6.0)
    return clip
