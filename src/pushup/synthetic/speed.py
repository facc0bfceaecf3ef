"""How long a rendered picture takes."""

import time

from pushup.synthetic.pictures import SyntheticSource


def ms_an_image(count: int, seed: int, longer_side: int) -> tuple[float, float]:
    """Milliseconds for each of `count` pictures, by the clock and of processor time."""
    # Textures are made on first use; the figure is for the long run.
    for _ in SyntheticSource(300, seed, 32):
        pass
    source = SyntheticSource(count, seed + 1, longer_side)
    wall, cpu = time.perf_counter(), time.process_time()
    for i in range(count):
        source[i]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return 1000 * wall / count, 1000 * cpu / count
