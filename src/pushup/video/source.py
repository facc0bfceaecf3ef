"""Opens videos, cameras and streams by name, and finds videos in folders."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from av.error import FFmpegError

from pushup.cli import InputError
from pushup.video.camera import Camera, camera_numbers
from pushup.video.decoder import Decoder
from pushup.video.frames import FrameSource

_SUFFIXES = "3gp avi dv flv gif m2ts m4v mjpeg mkv mov mp4 mpeg mpg mts ogv ts vob webm wmv"
VIDEO_SUFFIXES = frozenset(f".{suffix}" for suffix in _SUFFIXES.split())
"""Names that a folder run takes for videos; a single file may have any name."""

_LIVE_SCHEMES = ("rtsp", "rtmp", "rtp", "udp", "tcp", "srt")


def open_source(source: str | int | Path, turn: int = 0) -> FrameSource:
    """Open a video file, a camera (its number, or /dev/videoN) or the URL of a stream.

    Args:
        source: See above; `/dev/stdin` and named pipes are read as files.
        turn: Degrees clockwise by which every picture is turned.

    Raises:
        InputError: It does not exist, is a folder or a picture, or gives no frames.
    """
    text = os.fspath(source) if isinstance(source, Path) else str(source)
    if text.isdecimal():
        return _open_camera(int(text), turn)
    if text.startswith("/dev/video"):
        return _open_camera(text, turn)
    if "://" in text and not os.path.lexists(text):
        return _open_url(text, turn)
    return _open_file(Path(text), turn)


def find_camera(first: str | None = None) -> str:
    """The number of a camera that gives pictures.

    Args:
        first: A number that is tried before the others.

    Raises:
        InputError: There is none.
    """
    numbers = [str(number) for number in camera_numbers()]
    numbers.sort(key=lambda number: number != first)
    told = ""
    for number in numbers:
        try:
            open_source(number).close()
        except InputError as error:
            told = told or str(error)
            continue
        return number
    raise InputError(f"no camera gives a picture ({told}); or give a video: pushup live FILE")


def _open_camera(device: int | str, turn: int) -> FrameSource:
    name = f"camera {device}"
    path = f"/dev/video{device}" if isinstance(device, int) else device
    if os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        raise InputError(f"{name} may not be opened; add yourself to the group that owns {path}")
    try:
        return FrameSource(Camera(device), name, is_live=True, turn=turn)
    except OSError as error:
        raise InputError(
            f"{name} does not open; check that it is plugged in and that this program may use it, "
            "or try source=1"
        ) from error


def _open_url(url: str, turn: int) -> FrameSource:
    live = url.split("://")[0].lower() in _LIVE_SCHEMES
    try:
        decoder = Decoder(url, live)
    except (FFmpegError, LookupError) as error:
        raise InputError(
            f"{url}: the stream does not open; check the address and the network"
        ) from error
    return FrameSource(decoder, url, is_live=True if live else None, turn=turn)


def _open_file(path: Path, turn: int) -> FrameSource:
    name = printable(path)
    is_file = _check_file(path, name)
    url = f"file:{path}"
    try:
        decoder = Decoder(url)
    except (FFmpegError, LookupError) as error:
        raise InputError(
            f"{name}: no video can be read from it (not a video, sound only, or cut off before "
            "its index); check it in a player or convert it to an H.264 mp4"
        ) from error
    if decoder.is_still or decoder.is_text:
        decoder.close()
        raise InputError(
            f"{name}: is a {'picture' if decoder.is_still else 'text'} file, not a video"
        )
    sound = url if is_file and decoder.has_sound else None
    return FrameSource(decoder, name, turn=turn, sound=sound, can_reopen=is_file)


def _check_file(path: Path, name: str) -> bool:
    """Whether it is a regular file, which may be opened twice; a pipe may not.

    Raises:
        InputError: It is none, or cannot be read.
    """
    try:
        found = path.stat()
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise InputError(
                f"{name}: no such file; source= takes a file, folder, camera or URL"
            ) from error
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(found.st_mode):
        raise InputError(f"{name}: is a folder; name a video file in it")
    if not os.access(path, os.R_OK):
        raise InputError(f"{name}: may not be read; check its permissions")
    if stat.S_ISREG(found.st_mode) and found.st_size == 0:
        raise InputError(f"{name}: is empty (0 bytes); copy it again")
    return stat.S_ISREG(found.st_mode)


def printable(path: Path) -> str:
    """A path as text that can be printed and stored; a byte that is no UTF-8 is written in hex."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def find_videos(folder: Path, pattern: str = "*") -> list[Path]:
    """All videos at any depth under a folder whose names match the pattern, sorted.

    Linked folders are searched too, each once.

    Raises:
        InputError: There is none, or the pattern is none.
    """
    if Path(pattern).is_absolute() or not pattern or ".." in Path(pattern).parts:
        raise InputError(f"pattern={pattern}: give a pattern of names in the folder, such as *.mp4")
    videos = sorted(
        p
        for p in walk(folder)
        if p.suffix.lower() in VIDEO_SUFFIXES
        and p.relative_to(folder).match(pattern)
        and p.is_file()
    )
    if not videos:
        raise InputError(
            f"{folder}: holds no video matching {pattern!r} ({', '.join(sorted(VIDEO_SUFFIXES))})"
        )
    return videos


def walk(folder: Path) -> Iterator[Path]:
    """All files below a folder that are not hidden; linked folders too, each once."""
    seen: set[tuple[int, int]] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        here = os.stat(root)
        if (here.st_dev, here.st_ino) in seen:
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        yield from (Path(root, name) for name in names if not name.startswith("."))
