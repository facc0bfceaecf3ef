"""Memory of training on a processor."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of the GNU C library
AT_MOST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees, and use it again.

    The GNU C library gives blocks of megabytes back to the system as soon as they are free, so
    that at every step the system clears new pages for every feature map: up to a quarter of the
    time of training on a processor. See mallopt(3).

    Returns:
        Whether there is such a C library, and it obeyed.
    """
    if sys.platform != "linux":
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", lambda name, value: 0)
    return all(mallopt(name, AT_MOST) for name in (M_TRIM_THRESHOLD, M_MMAP_THRESHOLD))
