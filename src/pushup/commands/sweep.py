"""Search for the best settings of a training; goes on where it was stopped.

sweep --folder DIR [--trials N] model=blazepose 'optimizer.lr=tag(log, interval(1e-4, 1e-2))' [...]

Takes the overrides of train. Those with a range (interval, choice, range) are searched; without
one, the ranges of conf/sweep/default.yaml. The same command in another process, also on another
machine that shares DIR, helps with the search; after a kill it goes on.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pushup.cli import InputError, command, composed
from pushup.commands import parser
from pushup.paths import CONF

if TYPE_CHECKING:
    import optuna


@command
def main(arguments: Sequence[str]) -> None:
    """Command line."""
    top = parser("sweep", __doc__)
    top.add_argument("--folder", type=Path, required=True, help="of the study and its runs")
    top.add_argument("--trials", type=int, default=12, help="in all (default: 12)")
    top.add_argument("--storage", help="URL of a database (default: a file in the folder)")
    top.add_argument("--seed", type=int, help="of the search")
    top.add_argument("--no-pruning", action="store_true", help="train every trial to its end")
    top.add_argument("overrides", nargs="*", help="of train, some with ranges")
    options = top.parse_args(arguments)

    from hydra.errors import HydraException
    from omegaconf import OmegaConf

    from pushup.app.arguments import quote_paths
    from pushup.training.run import train
    from pushup.training.study import Pruning, search, split
    from pushup.training.summary import append_row, reason, row_of

    try:
        space, fixed = split(options.overrides)
        if not space:
            ranges = OmegaConf.load(CONF / "sweep" / "default.yaml")
            space, _ = split(f"{key}={value}" for key, value in ranges.items())
    except HydraException as error:
        raise InputError(str(error).splitlines()[0]) from error

    def objective(trial: "optuna.Trial") -> float:
        number = trial.number
        overrides = [*fixed, *(f"{key}={value}" for key, value in trial.params.items())]
        folder = options.folder / str(number)
        named = [f"run={options.folder.name}-{number}", f"output_dir={folder}"]
        placed = quote_paths(named, ("run", "output_dir"))
        table = options.folder / "summary.csv"
        try:
            config = composed("train", [*overrides, *placed])
            pruning = Pruning(trial, config.monitor.metric)
            metrics = train(config, folder, overrides, [pruning])
        except Exception as error:
            append_row(table, row_of(str(number), overrides, {}, reason(error)))
            raise
        append_row(table, row_of(str(number), overrides, metrics))
        return metrics.get(f"best {config.monitor.metric}", float("nan"))

    failures = search(
        objective,
        space,
        options.folder,
        options.trials,
        options.storage,
        _direction(fixed),
        options.seed,
        not options.no_pruning,
    )
    print("\n".join(failures), file=sys.stderr, end="\n" if failures else "")
    best = options.folder / "best.yaml"
    print(f"{options.folder}: {best.read_text() if best.exists() else 'no trial has finished'}")
    if failures:
        sys.exit(1)


def _direction(overrides: Sequence[str]) -> Literal["maximize", "minimize"]:
    """Where the monitored metric is to go."""
    mode = composed("train", overrides).monitor.mode
    return "minimize" if mode == "min" else "maximize"
