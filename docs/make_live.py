"""Render a workout, run it through a live session, and keep pictures of what the window shows.

python docs/make_live.py        # docs/images/live.jpg
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from pushup.app.coach import Coach
from pushup.app.session import Session
from pushup.app.sessions import Sessions
from pushup.cli import composed, keep_model_name
from pushup.inference.company import Company
from pushup.synthetic import render_clip
from pushup.video.frames import Frame
from pushup.video.overlay import OverlayState, draw

REPOSITORY = Path(__file__).parents[1]
FPS, SIZE_WH, ROOM_WH = 10, (426, 240), (852, 576)


def clip(seed: int, exercise: str, duration_s: float, view: str | None = None) -> list[np.ndarray]:
    """Frames (240, 426, 3) BGR."""
    options = {"tempo_s": 2.0, "clean": True, "shake_px": 0.0, "size_wh": SIZE_WH, "view": view}
    frames = render_clip(seed, exercise, duration_s, FPS, **options).frames_rgb  # type: ignore[arg-type]
    return [np.ascontiguousarray(frame[..., ::-1]) for frame in frames]


def workout() -> Iterator[tuple[str, np.ndarray]]:
    """Frames with the name of the part of the workout that they belong to."""
    push_ups, front = clip(68, "push_up", 7.0), clip(4, "push_up", 7.0, "front")
    parts = {
        "set": push_ups,
        "rest": push_ups[:1] * 24 * FPS,
        "second set": push_ups,
        "empty": clip(5, "empty", 0.2)[:1] * 6 * FPS,
        "two": [np.hstack(pair) for pair in zip(push_ups, front, strict=True)],
    }
    for name, frames in parts.items():
        yield from ((name, frame) for frame in frames)


def play(session: Session) -> Iterator[tuple[str, np.ndarray, OverlayState]]:
    """What the window shows, frame by frame."""
    for index, (part, image) in enumerate(workout()):
        session.history.meter.tick(0.012)
        time_s = index / FPS
        yield part, image, session.step(Frame(image, time_s, index, time_s))


def chosen(session: Session) -> list[np.ndarray]:
    """One picture of each moment that is worth one."""
    moments = {
        "set": lambda scene: scene.big == "3",
        "count": lambda scene: scene.count == 2 and not scene.big,
        "rest": lambda scene: scene.hint.startswith("rest 0:14"),
        "second set": lambda scene: bool(scene.big),
        "empty": lambda scene: bool(scene.hint),
        "two": lambda scene: scene.hint.startswith("two"),
    }
    found: dict[str, np.ndarray] = {}
    for part, image, scene in play(session):
        for name in (part, "count"):
            if name not in found and moments[name](scene):
                found[name] = draw(image, scene, room_wh=ROOM_WH)
    return [found[name] for name in moments]


def sheet(pictures: Sequence[np.ndarray], columns: int, width: int) -> np.ndarray:
    """Pictures of one size side by side."""
    scale = width / pictures[0].shape[1]
    small = [
        cv2.resize(p, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for p in pictures
    ]
    edged = [
        cv2.copyMakeBorder(p, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=(255,) * 3) for p in small
    ]
    rows = [np.hstack(edged[i : i + columns]) for i in range(0, len(edged), columns)]
    return np.vstack(rows)


def main() -> None:
    """Command line: see `--help`."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs/images/live.jpg")
    arguments = parser.parse_args()
    config = composed("infer", ["source=0", "goal=4", "pause_s=60"])
    keep_model_name(config)
    sessions = Sessions(config)
    session = sessions.session(Path())
    session.coach = Coach(countdown_s=5.0, pause_s=60.0)
    assert session.predictor is not None
    session.company = Company(session.predictor.model)
    picture = sheet(chosen(session), columns=2, width=560)
    cv2.imwrite(str(arguments.out), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
