"""Jobs that a cluster ends before their time: queued again, they go on after their last epoch.

Under submitit (hydra/launcher=slurm) its own SIGUSR2 does it. Under a plain `sbatch` with
`--signal=USR1@120` it is done here, in place of Lightning, whose checkpoint in the middle of an
epoch would show the network the epoch's first pictures twice.
"""

import os
import signal
import subprocess
import sys

from pytorch_lightning.utilities import rank_zero_only

from pushup.cli import InputError

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


def check_restarts() -> None:
    """InputError where processes that torchrun starts anew would look for those that died.

    torchrun shares one store with all that it starts. The addresses of dead processes stay in it,
    and gloo and NCCL of the new ones may connect to them (https://github.com/pytorch/pytorch,
    issue 135712).
    """
    restarts = os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0") != "0"
    shared = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
    if restarts and shared and os.environ["WORLD_SIZE"] != "1":
        raise InputError(
            "torchrun --max-restarts: processes started anew may wait without end for those that "
            "died; set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 before torchrun --rdzv-backend=c10d"
        )


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
