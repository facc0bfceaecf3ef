"""What follows a session while it runs."""

from pushup.app.tally import Tally
from pushup.inference.predictor import Pose


class Listener:
    """Told of what happens, in the thread in which it happens. By itself it does nothing.

    Attributes:
        trouble: What it cannot do any more, for the screen; "" while all is well.
    """

    trouble = ""

    def frame(self, index: int, time_s: float, pose: Pose) -> None:
        """A frame has been looked at."""

    def changed(self, tally: Tally, added: bool) -> None:
        """A repetition has just been added, or taken back."""

    def said(self, words: str) -> None:
        """A hint is shown from now on."""

    def end(self, keep: bool) -> None:
        """The session is over; its records are wanted, or not."""
