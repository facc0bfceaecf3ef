"""The three spaces (frame, input, heatmap) and the exact, invertible map between the first two.

`Framing` says which part of a picture a network looks at, and in which shape.

Convention everywhere: an integer coordinate is the *centre* of a pixel, so resizing by a factor s
maps x to (x + 0.5) s - 0.5, as `cv2.resize` does. A heatmap of stride t covers the input with
cells of t pixels: x_heatmap = (x_input + 0.5) / t - 0.5.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from pushup.cli import InputError

GRID = 32
"""Sides of rectangular inputs are multiples of it: networks halve their input five times."""

MARGIN = 1 / 16
"""Least padding of a rectangular input, both sides together, as a share of its longer side: joints
at the very edge of an input are found less well."""

Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 edges in frame coordinates (the first pixel spans -0.5 to 0.5)."""


def input_to_heatmap(x, stride: int):
    """Input-space coordinates to heatmap cells (any array type)."""
    return (x + 0.5) / stride - 0.5


def heatmap_to_input(x, stride: int):
    """Heatmap cells to input-space coordinates (any array type)."""
    return (x + 0.5) * stride - 0.5


def _resize_matrix(scale_x: float, scale_y: float) -> np.ndarray:
    return np.array(
        [[scale_x, 0, 0.5 * scale_x - 0.5], [0, scale_y, 0.5 * scale_y - 0.5], [0, 0, 1]], float
    )


@dataclass(frozen=True)
class FrameTransform:
    """An affine map from frame pixels to a network's input, with its inverse.

    Attributes:
        matrix: (3, 3) homogeneous map, frame to input.
        input_wh: Width and height of the input in pixels.
    """

    matrix: np.ndarray
    input_wh: tuple[int, int]

    @classmethod
    def pad_square(cls, size_wh: tuple[int, int], input_size: int) -> "FrameTransform":
        """The whole frame of `size_wh` (width, height), centred on black and scaled to fit."""
        width, height = size_wh
        return cls.crop((-0.5, -0.5, width - 0.5, height - 0.5), input_size)

    @classmethod
    def pad_rectangle(cls, size_wh: tuple[int, int], input_size: int) -> "FrameTransform":
        """As `pad_square` with least padding: rectangular inference, sides in steps of `GRID`.

        The longer side is `input_size`; the picture has the same pixels as in the square.
        """
        square = cls.pad_square(size_wh, input_size)
        margin = MARGIN * input_size
        width, height = (
            min(input_size, GRID * math.ceil((side * square.scale + margin) / GRID))
            for side in size_wh
        )
        matrix = square.matrix.copy()
        matrix[:2, 2] -= (input_size - width) / 2, (input_size - height) / 2
        return cls(matrix, (width, height))

    @classmethod
    def crop(
        cls,
        box_xyxy: Box,
        input_size: int,
        rotation_deg: float = 0.0,
        flip: bool = False,
    ) -> "FrameTransform":
        """The square around a box (its longer side), optionally rotated and mirrored.

        Args:
            box_xyxy: Box edges in frame coordinates.
            input_size: Side of the square input.
            rotation_deg: Turns the picture clockwise as seen, about the box's centre.
            flip: Mirrors left and right after the rotation.
        """
        x1, y1, x2, y2 = box_xyxy
        side = max(x2 - x1, y2 - y1)
        if not side > 0:
            raise ValueError(f"a crop needs a box with an area, got {tuple(box_xyxy)}")
        scale = input_size / side
        angle = np.deg2rad(rotation_deg)
        cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
        linear = np.array([[cos, -sin], [sin, cos]])
        if flip:
            linear[0] *= -1
        matrix = np.eye(3)
        matrix[:2, :2] = linear
        centre_frame = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
        matrix[:2, 2] = (input_size - 1) / 2 - linear @ centre_frame
        return cls(matrix, (input_size, input_size))

    def to_input(self, points_frame: np.ndarray) -> np.ndarray:
        """(..., 2) frame points to input points; NaN stays NaN."""
        return points_frame @ self.matrix[:2, :2].T + self.matrix[:2, 2]

    def to_frame(self, points_input: np.ndarray) -> np.ndarray:
        """(..., 2) input points to frame points: the exact inverse of `to_input`."""
        inverse = np.linalg.inv(self.matrix)
        return points_input @ inverse[:2, :2].T + inverse[:2, 2]

    @property
    def scale(self) -> float:
        """Input pixels per frame pixel."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:2, :2]))))

    def warp(self, image: np.ndarray) -> np.ndarray:
        """(H, W, C) frame to the input's size, black outside the frame.

        Shrinking first averages over areas, so that no pixel is skipped.
        """
        matrix = self.matrix
        if self.scale < 0.75:
            height, width = image.shape[:2]
            small_wh = max(1, round(width * self.scale)), max(1, round(height * self.scale))
            image = cv2.resize(image, small_wh, interpolation=cv2.INTER_AREA)
            matrix = matrix @ np.linalg.inv(
                _resize_matrix(small_wh[0] / width, small_wh[1] / height)
            )
        corner = matrix[:2, 2].round()
        if np.abs(matrix - _translation(corner)).max() < 1e-6:
            return _pasted(image, corner.astype(int), self.input_wh)
        return cv2.warpAffine(image, matrix[:2], self.input_wh, flags=cv2.INTER_LINEAR)


def _translation(offset: np.ndarray) -> np.ndarray:
    matrix = np.eye(3)
    matrix[:2, 2] = offset
    return matrix


def _pasted(image: np.ndarray, corner: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    """An image at a corner (x, y) of a black canvas: `warpAffine` without interpolation."""
    canvas = np.zeros((*size_wh[::-1], *image.shape[2:]), image.dtype)
    low = np.maximum(corner, 0)
    high = np.minimum(corner + image.shape[1::-1], size_wh)
    if (high > low).all():
        (left, top), (right, bottom), (x, y) = low, high, corner
        canvas[top:bottom, left:right] = image[top - y : bottom - y, left - x : right - x]
    return canvas


class Framing(StrEnum):
    """Which part of a picture a network looks at, and in which shape; a property of the network.

    SQUARE: the whole picture, letterboxed to a square.
    RECTANGLE: the whole picture with least padding, known as rectangular inference.
    CROP: a square round the person.
    """

    SQUARE = "square"
    RECTANGLE = "rectangle"
    CROP = "crop"

    @classmethod
    def named(cls, name: str) -> "Framing":
        """The framing of a name; InputError for an unknown one."""
        if name not in list(cls):
            raise InputError(f"unknown framing {name!r}: choose one of {', '.join(cls)}")
        return cls(name)

    def transform(
        self, size_wh: tuple[int, int], input_size: int, box_xyxy: Box | None = None
    ) -> FrameTransform:
        """From a frame of `size_wh` to the input.

        Args:
            size_wh: Width and height of the frame.
            input_size: Longer side of the input.
            box_xyxy: The person, where known: then the square round it, whatever the framing. A
                whole frame without one is letterboxed by CROP as by SQUARE.
        """
        if box_xyxy is not None:
            return FrameTransform.crop(box_xyxy, input_size)
        pad = (
            FrameTransform.pad_rectangle if self is Framing.RECTANGLE else FrameTransform.pad_square
        )
        return pad(size_wh, input_size)


def enlarge_box(box_xyxy: Box | np.ndarray, factor: float) -> Box:
    """The box scaled about its centre."""
    x1, y1, x2, y2 = (float(v) for v in box_xyxy)
    dx, dy = (x2 - x1) * (factor - 1) / 2, (y2 - y1) * (factor - 1) / 2
    return x1 - dx, y1 - dy, x2 + dx, y2 + dy
