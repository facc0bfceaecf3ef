"""Jobs that a cluster ends before their time: queued again, they go on after their last epoch.

Under submitit (hydra/launcher=submitit_slurm) its own SIGUSR2 does it. Under a plain `sbatch` with
`--signal=USR1@120` it is done here, in place of Lightning, whose checkpoint in the middle of an
epoch would show the network the epoch's first pictures twice.
"""

import os
import signal
import subprocess
import sys

from pytorch_lightning.utilities import rank_zero_only

SIGNALS = tuple(s for n in ("SIGUSR1", "SIGUSR2") if (s := getattr(signal, n, None)) is not None)
"""None on Windows."""


def prepare() -> None:
    """Queue this job again on SIGUSR1, and keep such signals from the loaders' processes.

    SLURM sends them to every process of a job step; a loader would inherit the handler.
    """
    if SIGNALS:
        os.register_at_fork(after_in_child=_ignore)
    if "SLURM_JOB_ID" in os.environ and "SUBMITIT_EXECUTOR" not in os.environ and SIGNALS:
        signal.signal(signal.SIGUSR1, _queue_again)


def is_managed() -> bool:
    """Whether submitit runs this job and may run it again."""
    return "SUBMITIT_EXECUTOR" in os.environ


def _ignore() -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _queue_again(*_: object) -> None:
    array, task = (os.environ.get(f"SLURM_ARRAY_{name}_ID") for name in ("JOB", "TASK"))
    job = f"{array}_{task}" if array else os.environ["SLURM_JOB_ID"]
    if rank_zero_only.rank in (0, None):
        done = subprocess.run(["scontrol", "requeue", job], check=False).returncode == 0
        print(f"job {job} {'is' if done else 'could not be'} queued again", file=sys.stderr)
    raise KeyboardInterrupt
