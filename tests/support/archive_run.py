"""A run over a folder of clips whose workers hold on after some, so that it can be killed.

python -m support.archive_run CLIPS OUT ENGINE MARK MOST
"""

import sys
import time
from pathlib import Path

from pushup.app.archive.run import run_videos
from support.dot_clips import DotSessions, session
from support.engine_work import engine


def make_folder(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text("counter: crossing\n")
    return folder


class HoldingSessions(DotSessions):
    """A worker opens no more than `most` videos while the file `mark` exists."""

    def __init__(self, mark: Path, most: int):
        super().__init__(self._session)
        self._mark, self._most, self._opened = mark, most, 0

    def __reduce__(self):
        return HoldingSessions, (self._mark, self._most)

    def _session(self, *given):
        self._opened += 1
        while self._opened > self._most and self._mark.exists():
            time.sleep(0.01)
        return session(*given)


def main() -> None:
    source, out, name, mark, most = sys.argv[1:]
    sessions = HoldingSessions(Path(mark), int(most))
    run_videos(source, sessions, make_folder, Path(out), engine(name, Path(out)), records=False)


if __name__ == "__main__":
    from support import archive_run  # whose classes other processes can import

    archive_run.main()
