"""Draw the history of workouts: by day, week and month, best sets, tempo, form.

report [outputs/log.csv] [--out history.png]     # and beside it history.html; or --out FILE.html

Both replace files of these names: --out x.png also an x.html.
"""

from collections.abc import Sequence
from pathlib import Path

from pushup.app import history, log, report
from pushup.app.report_page import write_page
from pushup.cli import InputError, command
from pushup.commands import parser


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("report", __doc__)
    top.add_argument("log", nargs="?", default="outputs/log.csv")
    top.add_argument("--out", default="history.png", type=Path)
    options = top.parse_args(arguments)
    sessions = history.sessions_of(log.read(Path(options.log)))
    if not sessions:
        raise InputError(f"{options.log} holds no workout yet: run pushup live")
    days, page = history.summed(sessions), options.out.with_suffix(".html")
    if options.out != page:
        report.draw(days, options.out)
    write_page(sessions, page)
    latest = days[-1]
    written = " and ".join(dict.fromkeys(map(str, (options.out, page))))
    print(
        f"{written}: {len(days)} days; {latest.first}: {latest.repetitions} repetitions, "
        f"best set {latest.best_set}, {latest.tempo_s:.1f} s each"
    )
