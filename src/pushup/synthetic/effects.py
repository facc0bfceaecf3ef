"""From a rendered picture to one that a phone or a web video would show."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pushup.synthetic.textures import grain, pick_colour


@dataclass(frozen=True)
class Lens:
    """The camera's faults, the same for all frames of a clip.

    Attributes:
        level: Mean brightness that the exposure aims at, 0..1.
        gain: (3,) factor per channel; gamma and contrast motion after it.
        blur: Sigma of defocus in pixels; motion: (dx, dy) pixels of motion blur.
        noise: Standard deviation of sensor noise in 0..1; chroma: share of it that is coloured.
        shrink: Factor of resolution that the recording has lost.
        quality: JPEG quality.
    """

    level: float
    gain: np.ndarray
    gamma: float
    contrast: float
    saturation: float
    vignette: float
    blur: float
    motion: tuple[float, float]
    noise: float
    chroma: float
    shrink: float
    quality: int

    @classmethod
    def sample(cls, rng: np.random.Generator) -> "Lens":
        """From a clean studio camera to an old phone at night."""
        dark = rng.random() < 0.1
        poor = rng.random() < 0.3
        warm = rng.normal(0, 0.06)
        level = rng.uniform(0.08, 0.3) if dark else np.clip(rng.normal(0.53, 0.09), 0.3, 0.8)
        moving = rng.random() < 0.15
        angle, length = rng.uniform(0, np.pi), rng.uniform(1.5, 6)
        return cls(
            level=float(level),
            gain=np.array([1 + warm, 1 + rng.normal(0, 0.02), 1 - warm], np.float32),
            gamma=float(rng.uniform(0.8, 1.2)),
            contrast=float(rng.uniform(0.75, 1.15)),
            saturation=float(0.0 if rng.random() < 0.04 else rng.uniform(0.5, 1.1)),
            vignette=float(rng.uniform(0, 0.5) if rng.random() < 0.4 else 0.0),
            blur=float(rng.uniform(0.3, 1.3) if poor else rng.uniform(0, 0.5)),
            motion=(length * np.cos(angle), length * np.sin(angle)) if moving else (0.0, 0.0),
            noise=float(rng.uniform(0.0, 0.012) + (0.025 * rng.random() if dark or poor else 0)),
            chroma=float(rng.uniform(0, 1)),
            shrink=float(rng.uniform(0.3, 0.7) if poor and rng.random() < 0.6 else 1.0),
            quality=int(rng.integers(18, 60) if poor else rng.integers(55, 96)),
        )

    @classmethod
    def clean(cls) -> "Lens":
        """No faults."""
        gain = np.ones(3, np.float32)
        return cls(0.5, gain, 1.0, 1.0, 1.0, 0.0, 0.0, (0.0, 0.0), 0.0, 0.0, 1.0, 97)

    def steady(self) -> "Lens":
        """Without the blur of a single moment's movement, for clips."""
        return replace(self, motion=(0.0, 0.0))

    def apply(self, rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(H, W, 3) float32 in 0..1 to uint8."""
        height, width = rgb.shape[:2]
        if self.shrink < 1:
            small = max(16, round(width * self.shrink)), max(16, round(height * self.shrink))
            rgb = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
        if self.blur > 0.25:
            rgb = cv2.GaussianBlur(rgb, (0, 0), self.blur)
        if any(self.motion):
            rgb = cv2.filter2D(rgb, -1, _streak(*self.motion))
        if self.vignette:
            rgb = rgb * _vignette(rgb.shape[1::-1], self.vignette)
        levels = cv2.transform(rgb, 170 * self._mix()).clip(0, 255).astype(np.uint8)
        tone = cv2.LUT(levels, self._curve())
        if self.noise:
            tone += _noise(rng, tone.shape, 255 * self.noise, self.chroma)
        out = tone.clip(0, 255).astype(np.uint8)
        if self.shrink < 1:
            out = cv2.resize(out, (width, height), interpolation=cv2.INTER_LINEAR)
        _, packed = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, self.quality])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))

    def metered(self, rgb: np.ndarray) -> "Lens":
        """With the gain that brings a picture (H, W, 3) to the mean level."""
        gain = np.clip(self.level / max(float(rgb.mean()), 0.05), 0.2, 1.8)
        return replace(self, gain=self.gain * np.float32(gain))

    def _mix(self) -> np.ndarray:
        """(3, 3) float32: gain and saturation as one matrix."""
        grey = np.tile(np.array([0.3, 0.59, 0.11]), (3, 1)) * (1 - self.saturation)
        return ((grey + self.saturation * np.eye(3)) * self.gain).astype(np.float32)

    def _curve(self) -> np.ndarray:
        """(256,) float32: levels 0..255, of 1.5 times the range, to 0..255 with soft highlights."""
        x = np.arange(256) / 170
        y = np.where(x < 0.8, x, 0.8 + 0.2 * np.tanh((x - 0.8) / 0.2))
        y = np.clip(y, 0, 1) ** self.gamma
        return (255 * np.clip(0.5 + self.contrast * (y - 0.5), 0, 1)).astype(np.float32)


def shifted(rgb: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The picture moved by (dx, dy) pixels, its edge mirrored."""
    if not shift.any():
        return rgb
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float64)
    return cv2.warpAffine(rgb, matrix, rgb.shape[1::-1], borderMode=cv2.BORDER_REFLECT)


def _streak(dx: float, dy: float) -> np.ndarray:
    size = 2 * int(max(abs(dx), abs(dy)) / 2 + 1) + 1
    kernel = np.zeros((size, size), np.float32)
    middle = np.array([size // 2, size // 2])
    half = np.array([dx, dy]) / 2
    a, b = np.round(middle - half).astype(int), np.round(middle + half).astype(int)
    cv2.line(kernel, a.tolist(), b.tolist(), 1.0, 1)
    return kernel / kernel.sum()


def _vignette(size_wh: tuple[int, ...], strength: float) -> np.ndarray:
    x = np.linspace(-1, 1, size_wh[0], dtype=np.float32)
    y = np.linspace(-1, 1, size_wh[1], dtype=np.float32)
    return (1 - strength * 0.5 * (x[None] ** 2 + y[:, None] ** 2))[..., None]


def _noise(rng: np.random.Generator, shape: tuple, sigma: float, chroma: float) -> np.ndarray:
    """(H, W, 3) float32 noise, its coloured share coarser than its grey one."""
    height, width = shape[:2]
    fine = grain(rng, (height, width))[..., :1] * np.float32(sigma)
    coarse = grain(rng, (height // 2 + 1, width // 2 + 1))
    return fine + np.float32(sigma * chroma) * cv2.resize(coarse, (width, height))


@dataclass(frozen=True)
class FrameLayout:
    """Where the camera's picture lies in the published frame, and what is laid over it.

    Attributes:
        size_wh: The frame; inner_xywh: the camera's picture within it.
        bars: RGB of bars, or None for a blurred copy of the picture.
        overlays: (text or "", x, y, w, h, colour) rectangles in frame pixels.
    """

    size_wh: tuple[int, int]
    inner_xywh: tuple[int, int, int, int]
    bars: np.ndarray | None
    overlays: tuple[tuple[str, int, int, int, int, np.ndarray], ...]

    @classmethod
    def plain(cls, size_wh: tuple[int, int]) -> "FrameLayout":
        """The picture as it is."""
        return cls(size_wh, (0, 0, *size_wh), None, ())

    @classmethod
    def sample(cls, rng: np.random.Generator, size_wh: tuple[int, int]) -> "FrameLayout":
        """Mostly plain, at times with bars, counters, titles or a watermark."""
        width, height = size_wh
        inner = (0, 0, width, height)
        kind = rng.random()
        if kind < 0.07 and width > height:
            share = rng.uniform(0.35, 0.7)
            inner = (int(width * (1 - share) / 2), 0, int(width * share), height)
        elif kind < 0.14:
            share = rng.uniform(0.65, 0.9)
            inner = (0, int(height * (1 - share) / 2), width, int(height * share))
        bars = None if rng.random() < 0.4 else rng.choice([0.0, 0.0, 1.0]) * np.ones(3)
        overlays = []
        while rng.random() < 0.22 and len(overlays) < 3:
            overlays.append(_overlay(rng, width, height))
        return cls(size_wh, inner, bars, tuple(overlays))

    def apply(self, rgb: np.ndarray) -> np.ndarray:
        """The frame (H, W, 3) float32 around a picture of the inner size."""
        width, height = self.size_wh
        x, y, w, h = self.inner_xywh
        if (w, h) == (width, height):
            frame = rgb
        elif self.bars is None:
            frame = cv2.GaussianBlur(cv2.resize(rgb, self.size_wh), (0, 0), 9) * np.float32(0.8)
        else:
            frame = np.full((height, width, 3), self.bars, np.float32)
        frame[y : y + h, x : x + w] = rgb
        for text, x, y, w, h, colour in self.overlays:
            if text:
                ink = np.zeros((height, width), np.uint8)
                size = h / 30
                thick = max(1, round(2 * size))
                cv2.putText(ink, text, (x, y + h), cv2.FONT_HERSHEY_DUPLEX, size, 255, thick)
                frame[ink > 127] = colour
            else:
                frame[y : y + h, x : x + w] = colour
        return frame

    def keypoints(
        self, keypoints: np.ndarray, visible: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Keypoints (N, 2) of the picture in the frame, and which no opaque overlay hides."""
        moved = keypoints + np.array(self.inner_xywh[:2])
        for text, x, y, w, h, _ in self.overlays:
            if not text:
                inside = (moved >= (x - 0.5, y - 0.5)) & (moved < (x + w - 0.5, y + h - 0.5))
                visible = visible & ~inside.all(1)
        return moved, visible


_WORDS = ("PUSH UP", "WEEK 2", "FITNESS", "00:29", "keep your back straight", "@coach", "10 REPS")


def _overlay(rng: np.random.Generator, width: int, height: int):
    """A text or a filled rectangle near an edge."""
    tall = int(rng.uniform(0.05, 0.14) * height)
    wide = int(rng.uniform(0.06, 0.22) * width)
    x = int(rng.choice([0.03, 0.4, 0.75]) * width)
    y = int(rng.choice([0.04, 0.82]) * height)
    text = str(rng.choice(_WORDS)) if rng.random() < 0.5 else str(rng.integers(100))
    return (text if rng.random() < 0.65 else "", x, y, wide, tall, pick_colour(rng, grey=0.4))
