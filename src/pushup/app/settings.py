"""What a configuration has to say before anything is opened."""

from omegaconf import DictConfig

from pushup.app.records import KEYPOINT_FILES
from pushup.approaches.video_counter import looks_at_pictures
from pushup.cli import InputError
from pushup.inference.turning import check_rotate


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
    for name in ("span_s", "rest_s", "wait_s", "pause_s"):
        unset = name == "pause_s" and config[name] is None
        if not unset and not (_is_time(config[name]) and config[name] > 0):
            raise InputError(f"{name}={config[name]}: give seconds above 0")
    if not _is_time(config.countdown_s):
        raise InputError(f"countdown_s={config.countdown_s}: give seconds from 0 on")
    _check_keypoints(config)
    _check_people(config)
    if config.audio not in ("keep", "none"):
        raise InputError(f"audio={config.audio}: give keep or none")


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < float("inf")


def _check_people(config: DictConfig) -> None:
    if config.people not in ("one", "all"):
        raise InputError(f"people={config.people}: give one or all")
    if config.people == "one":
        return
    if looks_at_pictures(config.counter._target_):
        raise InputError(
            "people=all needs a counter of keypoints, and this one looks at whole pictures: "
            "choose another counter, or people=one"
        )
    if "region" not in config.tracker:
        raise InputError("people=all follows each with a region: give tracker=region")
    if config.keypoints:
        raise InputError("keypoints are those of one person: give people=one or keypoints=false")


def _check_keypoints(config: DictConfig) -> None:
    if config.keypoints not in (False, *KEYPOINT_FILES):
        raise InputError(f"keypoints={config.keypoints}: give true, false or parquet")
    if config.keypoints and not config.records:
        raise InputError(
            f"keypoints={config.keypoints} writes a file for each video: leave out records=false"
        )
