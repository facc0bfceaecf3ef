"""From a frame to the score that somebody in it is in push-up position."""

import numpy as np
import torch

from pushup.geometry import FrameTransform
from pushup.models.recogniser import Recogniser


class PushUpRecogniser:
    """Looks at the whole frame, each by itself; smoothing over time is the gate's.

    Args:
        model: As `pushup.models.weights.load_recogniser` gives it.
        device: Where it runs.
    """

    def __init__(self, model: Recogniser, device: str = "cpu") -> None:
        self.model = model.to(device).eval()
        self._device = device

    def __call__(self, frame_bgr: np.ndarray) -> float:
        """Score in 0..1 of a (H, W, 3) uint8 frame, for `Observation.pushing_up`."""
        height, width = frame_bgr.shape[:2]
        transform = FrameTransform.pad_square((width, height), self.model.input_size)
        input_rgb = transform.warp(frame_bgr)[..., ::-1]
        images = torch.from_numpy(np.ascontiguousarray(input_rgb.transpose(2, 0, 1)))[None]
        return float(self.model.predict(images.to(self._device))[0])
