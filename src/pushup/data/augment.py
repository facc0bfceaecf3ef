"""Training-time variation: one random crop of the frame, then changes of its pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from pushup.data.records import Record
from pushup.geometry import Box, FrameTransform, enlarge_box


@dataclass(frozen=True)
class RandomCrop:
    """Draws the transform from frame to input: one warp does place, scale, rotation and mirror.

    Attributes:
        rotation_deg: Rotations are uniform within plus and minus this.
        any_rotation: Share of pictures turned by any angle at all (bodies lie down).
        quarter_turn: Share of pictures turned by 90, 180 or 270 degrees besides, as phones do.
        scale: Range of the crop's side relative to the base box, log-uniform; above 1 the person
            becomes smaller.
        shift: Largest shift of the crop, in parts of its side.
        flip: Share of pictures mirrored (left and right joints swap).
        zoom: Share of pictures cropped somewhere between the whole picture and the person's box.
        zoom_margin: Side of the tightest such crop relative to the person's box.
    """

    rotation_deg: float = 0.0
    any_rotation: float = 0.0
    quarter_turn: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    flip: float = 0.0
    zoom: float = 0.0
    zoom_margin: float = 1.0

    def draw(
        self, base: Box, person: Box | None, input_size: int, rng: np.random.Generator
    ) -> tuple[FrameTransform, bool]:
        """The transform, and whether it mirrors.

        Args:
            base: The crop without augmentation (picture or person box).
            person: The person's box, if known.
            input_size: Side of the square input in pixels.
            rng: Source of all randomness.
        """
        centre, side = _centre_side(base)
        if person is not None and rng.random() < self.zoom:
            person_centre, person_side = _centre_side(enlarge_box(person, self.zoom_margin))
            amount = rng.random()
            centre = centre + amount * (person_centre - centre)
            side = side * (person_side / side) ** amount
        side *= np.exp(rng.uniform(*np.log(self.scale)))
        centre = centre + side * rng.uniform(-self.shift, self.shift, 2)
        limit = 180.0 if rng.random() < self.any_rotation else self.rotation_deg
        angle = rng.uniform(-limit, limit)
        if rng.random() < self.quarter_turn:
            angle += 90 * rng.integers(1, 4)
        flip = bool(rng.random() < self.flip)
        low, high = centre - side / 2, centre + side / 2
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        return FrameTransform.crop(box, input_size, angle, flip), flip


def _centre_side(box: Box) -> tuple[np.ndarray, float]:
    x1, y1, x2, y2 = box
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2]), max(x2 - x1, y2 - y1)


def pipeline(**steps: Any) -> Callable:
    """Changes of pixels one after the other; names let a configuration change or drop one.

    Args:
        steps: `albumentations` transforms that move no pixel, in order; None for none.
    """
    import albumentations  # takes a second, and only training needs it

    return albumentations.Compose([step for step in steps.values() if step is not None])


def one_of(p: float, **choices: Any) -> Callable:
    """One of several changes, for a share `p` of the pictures; see `pipeline`."""
    import albumentations

    return albumentations.OneOf([choice for choice in choices.values() if choice is not None], p=p)


@dataclass(frozen=True)
class Augment:
    """A recipe: geometry first, then an albumentations pipeline on the cropped pixels.

    Attributes:
        crop: Draws the transform.
        pixels: An `albumentations.Compose` of transforms that move no pixel, or None.
    """

    crop: RandomCrop
    pixels: Callable | None = None

    def draw_transform(
        self, base: Box, record: Record, input_size: int, rng: np.random.Generator
    ) -> tuple[FrameTransform, bool]:
        """See `RandomCrop.draw`."""
        return self.crop.draw(base, record.box_xyxy, input_size, rng)

    def change_pixels(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The (S, S, 3) uint8 picture after the pixel pipeline."""
        if self.pixels is None:
            return image
        # One stream for all transforms: seeded alike, they would all act on the same pictures.
        self.pixels.set_random_state(rng, Random(int(rng.integers(2**31))))  # type: ignore[attr-defined]
        return self.pixels(image=image)["image"]
