"""What the learned counter sees of a person: keypoints relative to the hands, in arm lengths.

NumPy over a batch, so that training and counting compute the same thing: counting has a batch of
one.
"""

import math

import numpy as np

from pushup.counting.arm_length import ARM_PER_SHOULDERS, skeleton_arms
from pushup.skeleton import UPPER7, Skeleton

MIN_SCORE = 0.1
"""Joints of lower confidence do not measure lengths."""


class PoseFeatures:
    """One step after the other, from keypoints in pixels to a feature vector.

    The origin is the smoothed middle of the wrists, which stay where they are in a push-up; the
    unit is a running estimate of the arm length (see `ArmLength`). So neither the size of the
    picture nor the place of the person in it matters.

    Args:
        skeleton: Order of the keypoints.
        batch: Number of recordings side by side.
    """

    anchor_tau_s, rise_tau_s, fall_tau_s = 0.7, 0.3, 20.0

    def __init__(self, skeleton: Skeleton = UPPER7, batch: int = 1) -> None:
        self._arms = np.array(skeleton_arms(skeleton))
        self._joints, self._batch = len(skeleton), batch
        self.reset()

    @staticmethod
    def size(skeleton: Skeleton = UPPER7) -> int:
        """Number of features."""
        return 5 * len(skeleton) + 4

    def reset(self) -> None:
        """Forget everything."""
        self._log_px = np.full(self._batch, np.nan)
        self._anchor = np.full((self._batch, 2), np.nan)
        self._last = np.zeros((self._batch, self._joints, 2))
        self._first = True

    def step(
        self,
        keypoints: np.ndarray,
        scores: np.ndarray,
        pushing_up: np.ndarray,
        elapsed_s: np.ndarray,
    ) -> np.ndarray:
        """Features (B, F) float32 of the next step.

        Args:
            keypoints: (B, K, 2) pixels, y down; NaN where unknown.
            scores: (B, K) in 0..1.
            pushing_up: (B,) the push-up classifier's score in 0..1; NaN without one.
            elapsed_s: (B,) seconds since the last step.
        """
        known = np.asarray(np.isfinite(keypoints).all(-1))
        scores = np.where(known, scores, 0.0)
        points = np.where(known[..., None], keypoints, 0.0)
        ratio = self._follow_length(points, scores, elapsed_s)
        self._follow_hands(points, scores, elapsed_s)
        unit_px = np.exp(np.nan_to_num(self._log_px))[:, None, None]
        origin = np.nan_to_num(self._anchor)[:, None]
        place = np.clip((points - origin) / unit_px, -4, 4)
        place = np.where(known[..., None], place, self._last)
        pace = (place - self._last) / np.maximum(elapsed_s, 1e-3)[:, None, None]
        pace = np.zeros_like(pace) if self._first else np.clip(pace / 4, -3, 3)
        self._last, self._first = place, False
        seen = np.isfinite(pushing_up)
        share = np.clip(np.where(seen, pushing_up, 0.5), 1e-3, 1 - 1e-3)
        logit = np.log(share / (1 - share)) / 4
        rate = np.clip(elapsed_s * 15 - 1, -1, 3)
        b = self._batch
        whole = np.stack([logit, seen.astype(float), ratio, rate], -1)
        parts = [place.reshape(b, -1), pace.reshape(b, -1), scores, whole]
        return np.concatenate(parts, -1).astype(np.float32)

    def _follow_length(
        self, points: np.ndarray, scores: np.ndarray, elapsed_s: np.ndarray
    ) -> np.ndarray:
        """Logarithm (B,) of this step's arm length over the running one, within -1..1."""
        shoulder, elbow, wrist = (points[:, self._arms[:, k]] for k in range(3))
        arms_px = _length(elbow - shoulder) + _length(wrist - elbow)
        across_px = ARM_PER_SHOULDERS * _length(shoulder[:, :1] - shoulder[:, 1:])
        lengths_px = np.concatenate([arms_px, across_px], 1)
        sure = scores[:, self._arms].min(-1)
        both = scores[:, self._arms[:, 0]].min(-1, keepdims=True)
        sure = np.concatenate([sure, both], 1)
        usable = (sure >= MIN_SCORE) & (sure >= sure.max(1, keepdims=True) / 2) & (lengths_px > 0)
        longest_px = np.where(usable, lengths_px, 0.0).max(1)
        measured = np.log(np.where(longest_px > 0, longest_px, np.nan))
        step = np.nan_to_num(measured - self._log_px)
        tau_s = np.where(step > 0, self.rise_tau_s, self.fall_tau_s)
        followed = self._log_px + step * -np.expm1(-elapsed_s / tau_s)
        self._log_px = np.where(np.isnan(self._log_px), measured, followed)
        return np.clip(step, -1, 1)

    def _follow_hands(self, points: np.ndarray, scores: np.ndarray, elapsed_s: np.ndarray) -> None:
        wrists = self._arms[:, 2]
        weight = scores[:, wrists] ** 2
        total = weight.sum(1, keepdims=True)
        middle = (points[:, wrists] * weight[..., None]).sum(1) / np.maximum(total, 1e-6)
        middle = np.where(total > 1e-3, middle, self._anchor)
        share = -np.expm1(-elapsed_s[:, None] / self.anchor_tau_s) * np.minimum(total, 1.0)
        step = np.nan_to_num(middle - self._anchor)
        self._anchor = np.where(np.isnan(self._anchor), middle, self._anchor + share * step)


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.hypot(vectors[..., 0], vectors[..., 1])


def height(features: np.ndarray, skeleton: Skeleton = UPPER7) -> float:
    """Height of the middle of the shoulders over the hands in arm lengths, of features (F,)."""
    left, right = skeleton.index("left_shoulder"), skeleton.index("right_shoulder")
    return -(float(features[2 * left + 1]) + float(features[2 * right + 1])) / 2


def sigmoid(logit: float) -> float:
    """Probability of a logit, without overflow."""
    return 0.5 * (1 + math.tanh(0.5 * logit))
