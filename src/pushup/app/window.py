"""A window on the screen, where there is a screen."""

import subprocess
import sys
import time

import cv2
import numpy as np

_PROBE = "import cv2; cv2.namedWindow('pushup'); cv2.waitKey(1); cv2.destroyAllWindows()"


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


class Window:
    """Shows pictures at the pace of their times; closed by its button, Q or Escape.

    Args:
        title: On its bar.
        paced: Wait until a picture is due (a file); otherwise show it at once (a camera).
    """

    def __init__(self, title: str, paced: bool) -> None:
        self._title, self._paced = title, paced
        self._start_s: float | None = None
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)

    def show(self, canvas_bgr: np.ndarray, time_s: float) -> bool:
        """Show a picture; False once the user has closed the window."""
        if self._start_s is None:
            self._start_s = time.monotonic() - time_s
            cv2.resizeWindow(self._title, canvas_bgr.shape[1], canvas_bgr.shape[0])
        cv2.imshow(self._title, canvas_bgr)
        due_s = self._start_s + time_s - time.monotonic() if self._paced else 0
        key = cv2.waitKey(max(1, round(1000 * due_s))) & 0xFF
        visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        return visible and key not in (ord("q"), 27)

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_) -> None:
        cv2.destroyAllWindows()
