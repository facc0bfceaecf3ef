"""Picture files: found under their folder alone, looked at before use, decoded."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

import cv2
import numpy as np
from PIL import Image

from pushup.cli import InputError
from pushup.foreign import parsing

SUFFIXES = (".jpg", ".jpeg", ".png")

TAIL = 4096
"""Bytes at the end of a JPEG file in which its end marker lies; cameras write some after it."""

Exif = Literal["labels_upright", "labels_raw"]
"""What labels of a picture that EXIF turns refer to: the picture as it is shown, or its pixels as
they are stored."""

_ORIENTATION = 0x0112
_ON_ITS_SIDE = (5, 6, 7, 8)
_REMEDY = "restore the file or remove it from the annotations"


def inside(folder: Path, name: str, where: str) -> Path:
    """The path of a picture that an annotation names, which has to lie under the folder.

    Raises:
        InputError: The name is absolute or leads out of the folder.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    leads_out = path.is_absolute() or ".." in path.parts or re.match("[A-Za-z]:", str(path))
    if leads_out or not path.parts or "\0" in name:
        raise InputError(
            f"{where}: image {name!r} leads out of its folder; name images relative to {folder}"
        )
    return folder / path


def require_inside(folder: Path, path: Path) -> None:
    """InputError if links on the way lead `path` out of the folder."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{path}: a link that leads out of {folder}; put the file itself there")


def find(folders: Sequence[Path], name: str, where: str) -> Path:
    """The file that an annotation tool means by a name.

    Looked for in each folder by its path, then by its last part (tools that were moved export
    paths of their own machine), with any case of its suffix. Names that are addresses or percent-
    encoded, as Label Studio writes them, are decoded first. Nothing outside the folders is found.

    Returns:
        The first file there is, else where the first was looked for.
    """
    decoded = _decoded(name)
    parts = [p for p in PurePosixPath(decoded).parts if p not in ("/", "..", ".")]
    if not parts or "\0" in decoded:
        raise InputError(f"{where}: {name[:80]!r} names no image; correct the record")
    whole = "/".join(parts)
    names = list(dict.fromkeys((name.lstrip("/"), whole, parts[-1])))
    safe = [n for n in names if ".." not in PurePosixPath(n).parts]
    with parsing(where, "a record with the name of an image"):
        for candidate in (folder / n for n in safe for folder in folders):
            for path in _spellings(candidate):
                if path.is_file():
                    return path
    return folders[0] / whole


def _decoded(name: str) -> str:
    name = name.replace("\\", "/")
    if "://" in name or "?" in name:
        try:
            parts = urlsplit(name)
            name = parse_qs(parts.query).get("d", [parts.path])[0]
        except ValueError:  # an address that is none, such as http://[
            pass
    return unquote(name)


def _spellings(path: Path) -> Iterable[Path]:
    yield path
    for suffix in SUFFIXES:
        if path.suffix.lower() in SUFFIXES:
            yield path.with_suffix(suffix)
            yield path.with_suffix(suffix.upper())


@dataclass(frozen=True)
class Header:
    """What is known of a picture before it is decoded.

    Attributes:
        raw_wh: Width and height of its stored pixels.
        orientation: Of EXIF, 1 to 8; above 1 the picture is shown turned or mirrored.
        truncated: The end of the file is missing.
    """

    raw_wh: tuple[int, int]
    orientation: int
    truncated: bool

    @property
    def upright_wh(self) -> tuple[int, int]:
        """Width and height of the picture as it is shown."""
        width, height = self.raw_wh
        return (height, width) if self.orientation in _ON_ITS_SIDE else (width, height)

    def size_wh(self, exif: Exif | None) -> tuple[int, int]:
        """Width and height of what `read_rgb` gives."""
        return self.raw_wh if exif == "labels_raw" else self.upright_wh


def header(path: Path) -> Header:
    """What a picture's file says of it.

    Raises:
        InputError: It is missing, no picture, or claims to be absurdly large.
    """
    with parsing(path, "a picture", _REMEDY), path.open("rb") as file, Image.open(file) as image:
        size, kind = image.size, image.format  # Pillow refuses more than 179 megapixels
        orientation = image.getexif().get(_ORIENTATION, 1)
        file.seek(-min(TAIL, path.stat().st_size), 2)
        tail = file.read()
    ends = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND"}
    truncated = kind in ends and ends[kind] not in tail
    return Header(size, orientation if orientation in range(1, 9) else 1, truncated)


def read_rgb(path: Path, exif: Exif | None = None) -> np.ndarray:
    """The (H, W, 3) uint8 RGB picture in a file, turned as EXIF says unless labels are raw.

    Raises:
        InputError: There is none, it cannot be decoded, or it claims to be absurdly large.
    """
    flags = cv2.IMREAD_COLOR
    if exif == "labels_raw":
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    with parsing(path, "a picture", _REMEDY):
        data = path.read_bytes()  # not imread, which crashes on names that are not UTF-8
        image_bgr = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    if image_bgr is None:
        raise InputError(f"{path} cannot be decoded as an image: {_REMEDY}")
    return cv2.cvtColor(image_bgr, cv2.COLOR_BGR2RGB)
