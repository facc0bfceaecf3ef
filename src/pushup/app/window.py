"""A window on the screen, where there is a screen."""

import os
import subprocess
import sys

import cv2
import numpy as np

from pushup.video.lettering import DARK

# OpenCV's Qt would print several lines about fonts that it does not need.
os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")

_LARGEST_WH = 1280, 720  # OpenCV cannot tell the size of the screen
_UNFITTED, _PLACE = (1, 1), (60, 60)
_PROBE = "import cv2; cv2.namedWindow('pushup'); cv2.waitKey(1); cv2.destroyAllWindows()"
_ASK_FILE = (
    "import tkinter, tkinter.filedialog as f; r = tkinter.Tk(); r.withdraw();"
    "print(f.askopenfilename(title='Open a video'), end='')"
)


def window_available() -> bool:
    """Whether a window can be opened; if not, says so on stderr."""
    reason = _obstacle()
    if reason:
        print(f"warning: {reason}: carrying on without a window", file=sys.stderr)
    return not reason


def _obstacle() -> str:
    """Why no window can be opened; "" if one can.

    Without a display OpenCV does not raise, it ends the process. So another process tries.
    """
    try:
        probe = subprocess.run(
            [sys.executable, "-c", _PROBE], capture_output=True, text=True, timeout=60, check=False
        )
    except subprocess.TimeoutExpired:
        return "the display does not answer"
    if probe.returncode == 0:
        return ""
    if "not implemented" in probe.stderr:
        return "this OpenCV is a headless build"
    return "there is no display"


def ask_file() -> str:
    """A file that the user picks in a dialog; "" if none is picked or there is no dialog.

    In a process of its own: two toolkits do not share one well.
    """
    command = [sys.executable, "-c", _ASK_FILE]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


class Window:
    """Shows pictures and takes keys.

    Args:
        title: On its bar.
        full: Begin with the screen filled.
    """

    def __init__(self, title: str, full: bool = False) -> None:
        self._title, self._full, self._opened = title, False, False
        # What is shown is made to fit: OpenCV's own way to keep proportions leaves a white border.
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_FREERATIO | cv2.WINDOW_GUI_NORMAL
        cv2.namedWindow(title, flags)
        self._fitted_wh = _UNFITTED
        if full:
            self.full_screen(True)

    def fit(self, canvas_wh: tuple[int, int]) -> None:
        """Take the proportions of what is shown from now on, where it does not fill the screen."""
        scale = min(_LARGEST_WH[0] / canvas_wh[0], _LARGEST_WH[1] / canvas_wh[1])
        fitted_wh = round(scale * canvas_wh[0]), round(scale * canvas_wh[1])
        if not self._full and fitted_wh != self._fitted_wh:
            cv2.resizeWindow(self._title, *fitted_wh)
            if self._fitted_wh == _UNFITTED:  # it was placed while it was small
                cv2.moveWindow(self._title, *_PLACE)
        self._fitted_wh = fitted_wh

    @property
    def room_wh(self) -> tuple[int, int]:
        """Width and height of what can be shown pixel by pixel."""
        try:
            _, _, width, height = cv2.getWindowImageRect(self._title)
        except cv2.error:  # so says Qt once its last window is gone
            return self._fitted_wh
        return (width, height) if width > 0 and height > 0 else self._fitted_wh

    def clear(self) -> None:
        """Show nothing yet, in the dark."""
        self.show(np.full((*self._fitted_wh[::-1], 3), DARK, np.uint8))

    def show(self, canvas_bgr: np.ndarray) -> None:
        """Show a picture; in its proportions if it is of `room_wh`."""
        cv2.imshow(self._title, canvas_bgr)

    def full_screen(self, full: bool) -> None:
        """Fill the screen, or go back to a window."""
        self._full = full
        size = cv2.WINDOW_FULLSCREEN if full else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN, size)
        if not full:
            cv2.resizeWindow(self._title, *self._fitted_wh)

    def key(self, wait_s: float) -> str:
        """A key pressed within the time (at least a millisecond), in lower case; "" if none."""
        code = cv2.waitKey(max(1, round(1000 * wait_s)))
        return chr(code & 0xFF).lower() if code >= 0 else ""

    @property
    def closed(self) -> bool:
        """The user has closed it; showing a picture would open it again.

        On a busy computer it takes a while until it is open at all.
        """
        try:
            visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # so says Qt once its last window is gone
            return True
        self._opened |= visible
        return self._opened and not visible

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_) -> None:
        if not self.closed:
            cv2.destroyAllWindows()
