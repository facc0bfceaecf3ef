"""Signals for processes that tests start."""

import signal


def heed_signals() -> None:
    """For `preexec_fn`: a suite in the background of a shell would hand on that it ignores them."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
