"""Workers end with their parent."""

import os
import signal
import subprocess
import sys
import time

import pytest

from support.signals import heed_signals

PARENT = """
import os, sys, time
from pushup.cli import command
from pushup.engines.process import ProcessEngine

def make():
    return work

def work(seconds):
    try:
        print(os.getpid(), flush=True)
        time.sleep(seconds)
    finally:
        open(f"cleaned-{os.getpid()}", "w")

@command
def main():
    list(ProcessEngine(2).map(make, {"a": 60, "b": 60}))

if __name__ == "__main__":
    main()
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_their_parent(tmp_path, number):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        preexec_fn=heed_signals,
    )
    assert parent.stdout is not None
    workers = [int(parent.stdout.readline()) for _ in range(2)]
    parent.send_signal(number)
    parent.wait(timeout=30)
    for _ in range(100):
        if not any(map(is_alive, workers)):
            break
        time.sleep(0.1)
    assert not any(map(is_alive, workers))
    cleaned = {p.name for p in tmp_path.glob("cleaned-*")}
    assert cleaned == (set() if number == signal.SIGKILL else {f"cleaned-{w}" for w in workers})
