"""Videos whose pixels lie on their side, or upside down, without saying so."""

from collections.abc import Callable

from pushup.app.notices import warn
from pushup.inference.predictor import PoseTracker
from pushup.inference.turning import check_rotate, find_turn
from pushup.video.frames import FrameSource
from pushup.video.reconnecting import ReconnectingSource
from pushup.video.source import open_source

Source = FrameSource | ReconnectingSource


def open_turned(
    source: str,
    rotate: str | int,
    new_predictor: Callable[[], PoseTracker],
    open_: Callable[[str, int], Source] = open_source,
) -> Source:
    """Open a source with its pictures turned upright.

    Args:
        source: As of `open_source`.
        rotate: Degrees clockwise, or "auto": of a file the turn is taken under which the network is
            most confident in the first seconds, if it is clearly more so than as it is. What is
            not a file is taken as it is.
        new_predictor: Makes what looks at the frames.
        open_: As `open_source`.

    Raises:
        InputError: It does not open, or there is no such turn.
    """
    turn = check_rotate(rotate)
    if turn is not None:
        return open_(source, turn)
    opened = open_(source, 0)
    if opened.is_live or not opened.can_reopen:
        return opened
    predictor = new_predictor()
    turn = find_turn(opened, predictor)
    opened.close()
    predictor.reset()
    if turn:
        warn(f"{source}: lies turned: taken with rotate={turn} (rotate=0 leaves it as it is)")
    return open_(source, turn)
