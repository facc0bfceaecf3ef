"""The flow field that `FlowClassifier` takes, alike in training and in use."""

import cv2
import numpy as np

FLOW_SIDE = 64


def square_flow(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Farneback flow (2, 64, 64) in pixels, y down, between two square grey uint8 pictures."""
    small_before, small_now = (
        cv2.resize(picture, (FLOW_SIDE, FLOW_SIDE), interpolation=cv2.INTER_AREA)
        for picture in (before, now)
    )
    start = np.zeros((FLOW_SIDE, FLOW_SIDE, 2), np.float32)
    flow = cv2.calcOpticalFlowFarneback(small_before, small_now, start, 0.5, 2, 11, 2, 5, 1.1, 0)
    return np.ascontiguousarray(flow.transpose(2, 0, 1))
