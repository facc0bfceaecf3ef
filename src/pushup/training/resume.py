"""Going on with a run: what is checked before, and what is kept."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.utilities import rank_zero_only

from pushup.cli import CONFIG_NAME, InputError
from pushup.files import PARTIAL
from pushup.models import weights
from pushup.training.start import Stated, adopt

FIXED = ("optimizer", "scheduler", "skeleton")
"""Their state lies in the checkpoint, or the shape of its maps, and is what goes on."""

AUTO = "auto"
"""Go on where there is a run, else begin one."""

IGNORED = ("run", "resume", "output_dir", "init_from")


def checkpoint_to_resume(
    config: DictConfig, output_dir: Path, overrides: Iterable[str] = ()
) -> Path | None:
    """The checkpoint with which a run goes on; None for a run that begins.

    `config` takes the model from the checkpoint, and what else differs from the run so far is
    printed.

    Raises:
        InputError: There is a run, and it is not to be resumed; or none to resume; or it is
            finished; or what is stated cannot go on from its checkpoint.
    """
    last = output_dir / "checkpoints" / "last.ckpt"
    if config.resume not in (True, False, AUTO):
        raise InputError(f"resume={config.resume}: give true, false or {AUTO}")
    if config.resume == AUTO and not last.exists():
        return None
    if not config.resume:
        if last.exists():
            raise InputError(
                f"{output_dir} already holds a run: add resume=true to go on with it, "
                "or choose another run=NAME"
            )
        return None
    if not last.exists():
        raise InputError(
            f"nothing to resume: no checkpoint {last}; give the run=NAME of an earlier run"
        )
    adopt(config, last, overrides)
    epochs = weights.read(last)[0]["training"]["epoch"] + 1
    most = config.trainer.max_epochs
    if most is not None and 0 <= most <= epochs:
        raise InputError(
            f"{output_dir} is finished after {epochs} epochs: raise trainer.max_epochs "
            "to go on with it"
        )
    if (output_dir / CONFIG_NAME).is_file():
        stored = OmegaConf.load(output_dir / CONFIG_NAME)
        before, now = _flat(OmegaConf.to_container(stored)), _flat(_resolved(config))
        # what the checkpoint alone says was so before
        stated = Stated(overrides)
        now = {key: value for key, value in now.items() if key in before or key in stated}
        _compare(before, now, last)
    return last


def _compare(before: dict[str, Any], now: dict[str, Any], last: Path) -> None:
    for key in sorted(before.keys() | now.keys()):
        if key.split(".")[0] in IGNORED or before.get(key) == now.get(key):
            continue
        if key.split(".")[0] in FIXED:
            raise InputError(
                f"resume=true goes on with {key}={before.get(key)}: leave out "
                f"{key}={now.get(key)}, or begin another run with init_from={last}"
            )
        print(f"resume: {key}={now.get(key)}, before {before.get(key)}")


def _resolved(config: DictConfig) -> Any:
    return OmegaConf.to_container(config, resolve=True)


def _flat(node: Any, prefix: str = "") -> dict[str, Any]:
    if not isinstance(node, dict) or not node:
        return {prefix.removesuffix("."): node}
    return {k: v for key in node for k, v in _flat(node[key], f"{prefix}{key}.").items()}


@rank_zero_only
def tidy(output_dir: Path) -> None:
    """Set the curves so far aside, and remove what a killed run has left half-written.

    They become `metrics_part_1.csv` and so on: none is ever overwritten.
    """
    for part in (output_dir / "checkpoints").glob(f"{PARTIAL}*"):
        part.unlink(missing_ok=True)
    curves = output_dir / "metrics.csv"
    if curves.exists():
        part = 1
        while (kept := output_dir / f"metrics_part_{part}.csv").exists():
            part += 1
        curves.rename(kept)
