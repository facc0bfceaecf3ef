"""A window on the screen, where there is a screen."""

import os
import subprocess
import sys

import cv2
import numpy as np

# OpenCV's Qt would print several lines about fonts that it does not need.
os.environ.setdefault("QT_LOGGING_RULES", "*.warning=false")

_LARGEST_WH = 1280, 720  # OpenCV cannot tell the size of the screen
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
    """

    def __init__(self, title: str) -> None:
        self._title, self._shape, self._full = title, (0, 0), False
        flags = cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
        cv2.namedWindow(title, flags)

    def show(self, canvas_bgr: np.ndarray) -> None:
        """Show a picture in its proportions; one of another shape gives the window its shape."""
        height, width = canvas_bgr.shape[:2]
        if (height, width) != self._shape and not self._full:
            scale = min(1.0, _LARGEST_WH[0] / width, _LARGEST_WH[1] / height)
            cv2.resizeWindow(self._title, round(scale * width), round(scale * height))
        self._shape = height, width
        cv2.imshow(self._title, canvas_bgr)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to a window."""
        self._full = not self._full
        size = cv2.WINDOW_FULLSCREEN if self._full else cv2.WINDOW_NORMAL
        cv2.setWindowProperty(self._title, cv2.WND_PROP_FULLSCREEN, size)

    def key(self, wait_s: float) -> str:
        """A key pressed within the time (at least a millisecond), in lower case; "" if none."""
        code = cv2.waitKey(max(1, round(1000 * wait_s)))
        return chr(code & 0xFF).lower() if code >= 0 else ""

    @property
    def closed(self) -> bool:
        """The user has closed it; showing a picture would open it again."""
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1
        except cv2.error:  # so says Qt once its last window is gone
            return True

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_) -> None:
        if not self.closed:
            cv2.destroyAllWindows()
