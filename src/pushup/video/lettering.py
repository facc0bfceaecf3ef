"""Writing and plates on pictures, sized by the height of capitals in pixels."""

import cv2
import numpy as np

from pushup.drawing import Colour

WHITE, DARK, GREY = (255, 255, 255), (24, 24, 24), (150, 150, 150)
GREEN, CYAN, AMBER = (90, 200, 60), (240, 200, 60), (60, 190, 250)

_FONT = cv2.FONT_HERSHEY_DUPLEX
_CAPITALS = 22  # pixels high at scale 1


def text_width(text: str, height: float) -> int:
    """Pixels that a line takes."""
    return cv2.getTextSize(text, _FONT, height / _CAPITALS, _thickness(height))[0][0]


def _thickness(height: float) -> int:
    return max(1, round(height / 14))


def write(
    canvas: np.ndarray,
    text: str,
    origin: tuple[float, float],
    height: float,
    colour: Colour = WHITE,
) -> None:
    """Write a line with its baseline's left end at `origin`."""
    at = round(origin[0]), round(origin[1])
    scale = height / _CAPITALS
    cv2.putText(canvas, text, at, _FONT, scale, colour, _thickness(height), cv2.LINE_AA)


def shade(canvas: np.ndarray, left: float, top: float, right: float, bottom: float) -> None:
    """Darken a rectangle in place."""
    region = canvas[max(0, round(top)) : round(bottom), max(0, round(left)) : round(right)]
    region[:] = cv2.convertScaleAbs(region, alpha=0.3)


def wrapped(text: str, height: float, width: float) -> list[str]:
    """The words in lines that are no wider than `width` pixels, as far as single words allow."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", height) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def fitted(text: str, width: float, height: float, largest: float) -> tuple[list[str], float]:
    """Lines, and the height of their capitals, that fill a box of `width` x `height` best."""
    capitals = largest
    while True:
        lines = wrapped(text, capitals, width)
        widest = max(text_width(line, capitals) for line in lines)
        if (widest <= width and 1.6 * capitals * len(lines) <= height) or capitals < 6:
            return lines, capitals
        capitals *= 0.9
