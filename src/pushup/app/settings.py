"""What a configuration has to say before anything is opened."""

from omegaconf import DictConfig

from pushup.app.rotation import check_rotate
from pushup.cli import InputError


def check(config: DictConfig) -> None:
    """Raise InputError for a value that is of no use, by name."""
    if config.source is None or not str(config.source).strip():
        raise InputError("source is empty: give a video, a folder, a camera's number or a URL")
    if not config.output_dir:
        raise InputError("no output folder: give output_dir=DIR")
    check_rotate(config.rotate)
    for name, least in (("workers", 1), ("goal", 1)):
        value = config[name]
        if value is not None and (not isinstance(value, int) or value < least):
            raise InputError(f"{name}={value}: give a whole number from {least} on")
    for name in ("span_s", "rest_s", "wait_s"):
        if not isinstance(config[name], (int, float)) or not 0 < config[name] < float("inf"):
            raise InputError(f"{name}={config[name]}: give seconds above 0")
    if config.audio not in ("keep", "none"):
        raise InputError(f"audio={config.audio}: give keep or none")
