"""Windows of clips for video networks, varied: tempo, mirror, light, camera."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytorch_lightning as pl
import torch
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from pushup.cli import InputError
from pushup.data.sampling import Draw, EpochSampler
from pushup.data.video_clips import VideoClip, read_video_clips


def vary_look(frames: np.ndarray, rng: np.random.Generator, camera: float = 4.0) -> np.ndarray:
    """Mirror, light and a wandering camera, one draw for a window (T, S, S, 3) uint8."""
    time, side = frames.shape[:2]
    if rng.random() < 0.5:
        frames = frames[:, :, ::-1]
    gain, bias = rng.uniform(0.7, 1.3), rng.uniform(-25, 25)
    zoom, turn = rng.uniform(0.9, 1.15), np.deg2rad(rng.uniform(-6, 6))
    shift = rng.uniform(-6, 6, (2, 1)) + camera * camera_path(time, rng)
    cos, sin, middle = zoom * np.cos(turn), zoom * np.sin(turn), (side - 1) / 2
    out = np.empty_like(frames)
    for i, frame in enumerate(frames):
        x, y = middle + shift[0, i], middle + shift[1, i]
        matrix = np.array(
            [
                [cos, sin, x - cos * middle - sin * middle],
                [-sin, cos, y + sin * middle - cos * middle],
            ]
        )
        moved = cv2.warpAffine(
            np.ascontiguousarray(frame), matrix, (side, side), borderMode=cv2.BORDER_REPLICATE
        )
        out[i] = np.clip(gain * (moved.astype(np.float32) - 128) + 128 + bias, 0, 255)
    return out


def camera_path(time: int, rng: np.random.Generator) -> np.ndarray:
    """(2, T) where a camera wanders, in x and in y, no farther than 1."""
    rates = rng.uniform(0.02, 0.15, (2, 1))
    at = np.sin(rates * np.arange(time) + rng.uniform(0, 6, (2, 1)))
    return rng.uniform(0, 1, (2, 1)) * at


def wander(features: np.ndarray, rng: np.random.Generator, cells: float = 0.25) -> torch.Tensor:
    """Features (T, C, H, W) of frames as a wandering camera would see them, about, in float32.

    Args:
        features: Of frames of a steady camera.
        rng: Of the path.
        cells: Farthest, in cells of the features.
    """
    steady = torch.from_numpy(features).float()
    time, _, height, width = steady.shape
    grid = torch.eye(2, 3).repeat(time, 1, 1)
    path = torch.from_numpy(camera_path(time, rng)).float().T
    grid[:, :, 2] = 2 * cells * path / torch.tensor([width, height])
    at = functional.affine_grid(grid, list(steady.shape), align_corners=False)
    return functional.grid_sample(steady, at, padding_mode="border", align_corners=False)


class LabelledWindows(Dataset):
    """Windows with the labels of each frame, for the causal networks.

    Args:
        clips: To draw from.
        frames: Length of a window.
        step: Every so many frames of the clip are taken.
        length: Windows an epoch.
        varied: Draw tempo and look; else every clip gives its first windows as they are.
    """

    def __init__(
        self, clips: Sequence[VideoClip], frames: int, step: int, length: int, varied: bool
    ) -> None:
        self.clips, self.frames, self.step = list(clips), frames, step
        self.length, self.varied = length, varied
        self._labels = [clip.labels() for clip in self.clips]

    def __len__(self) -> int:
        return self.length if self.varied else len(self.clips)

    def __getitem__(self, draw: int | Draw) -> dict[str, Any]:
        """One window.

        Args:
            draw: Index; and the seed of the variation (default: the index).

        Returns:
            frames: (T, S, S, 3) uint8.
            finished, low: (T,) float32; phase: (T,) int64.
            valid: (T,) bool, False after the clip's end.
        """
        index, seed = draw if isinstance(draw, tuple) else (draw, draw)
        rng = np.random.default_rng(seed)
        if self.varied:
            index = int(rng.integers(len(self.clips)))
        clip = self.clips[index]
        speed = self.step * (rng.uniform(0.7, 1.45) if self.varied else 1.0)
        longest = max(len(clip) - int(self.frames * speed), 0)
        begin = int(rng.integers(longest + 1)) if self.varied else 0
        wanted = begin + np.floor(np.arange(self.frames) * speed).astype(int)
        at = np.minimum(wanted, len(clip) - 1)
        frames = clip.frames[at]
        if self.varied:
            frames = vary_look(frames, rng)
        labels = {key: value[at] for key, value in self._labels[index].items()}
        # a label shorter than the step must not fall between two frames
        ended = self._labels[index]["finished"]
        labels["finished"] = np.array(
            [ended[max(a - self.step + 1, 0) : a + 1].any() for a in at], bool
        )
        return {
            "frames": torch.from_numpy(np.ascontiguousarray(frames)),
            "finished": torch.from_numpy(labels["finished"]).float(),
            "low": torch.from_numpy(labels["low"]).float(),
            "phase": torch.from_numpy(labels["phase"]),
            "valid": torch.from_numpy(wanted < len(clip)),
        }


class PeriodicWindows(Dataset):
    """Windows that repeat, for RepNet: most are made from clips, `own_share` are clips as they are.

    In a made one a repetition of a clip, or a stretch of any clip, is played over and over: at a
    random speed that drifts, sometimes back and forth, with something that does not repeat before
    and after it or in a pause; or nothing repeats. The camera wanders in all.

    Args:
        clips: To draw from.
        frames: Length of a window.
        length: Windows an epoch.
        encoded: The clips' frames are features of an encoder.
    """

    own_share = 0.4
    """The made ones alone know no single repetition, and no pace but a steady one."""

    def __init__(
        self, clips: Sequence[VideoClip], frames: int, length: int, encoded: bool = False
    ) -> None:
        self.clips, self.frames, self.length = list(clips), frames, length
        self.encoded = encoded

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, draw: int | Draw) -> dict[str, Any]:
        """One window.

        Args:
            draw: Index, which is the seed of the window unless one comes with it.

        Returns:
            frames: (T, S, S, 3) uint8; or features: (T, C, H, W) float32.
            period: (T,) int64, the period in frames less one; 0 where there is none.
            periodic: (T,) float32.
        """
        rng = np.random.default_rng(draw[1] if isinstance(draw, tuple) else draw)
        clip = self.clips[int(rng.integers(len(self.clips)))]
        own = rng.random() < self.own_share
        at, period = self._own(clip, rng) if own else self._made(clip, rng)
        shown = clip.frames[np.clip(np.round(at).astype(int), 0, len(clip) - 1)]
        if self.encoded:
            seen = {"features": wander(shown, rng)}
        else:
            seen = {"frames": torch.from_numpy(np.ascontiguousarray(vary_look(shown, rng)))}
        return {
            **seen,
            "period": torch.from_numpy(np.clip(np.round(period) - 1, 0, self.frames - 1)).long(),
            "periodic": torch.from_numpy(period > 0).float(),
        }

    def _made(self, clip: VideoClip, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Which frame of the clip is shown when (T,), and the period there (T,), 0 for none."""
        outside = float(rng.integers(len(clip)))
        if rng.random() < 0.12:  # a still picture, or the clip at its own pace where none repeats
            pace = 0.0 if clip.count or rng.random() < 0.5 else 1.0
            at = outside + pace * np.arange(self.frames)
            return np.minimum(at, len(clip) - 1), np.zeros(self.frames)
        start, end = self._cycle(clip, rng)
        period = float(np.exp(rng.uniform(np.log(4), np.log(self.frames / 2))))
        drift = np.exp(rng.uniform(-0.25, 0.25) * np.linspace(-1, 1, self.frames))
        steps = drift / period
        phase = np.cumsum(steps) + rng.random()
        shown = phase % 1
        if clip.count == 0 or rng.random() < 0.3:  # back and forth: the ends meet
            shown = 1 - np.abs(2 * shown - 1)
        at, true = start + shown * (end - start), 1 / steps
        if rng.random() < 0.4:
            first, last = np.sort(rng.integers(0, self.frames + 1, 2))
            pause = np.zeros(self.frames, bool)
            pause[first:last] = True
            pause = pause if rng.random() < 0.5 else ~pause
            moving = outside + rng.uniform(0, 1) * np.arange(self.frames)
            at = np.where(pause, np.minimum(moving, len(clip) - 1), at)
            true = np.where(pause, 0.0, true)
        return at, true

    def _own(self, clip: VideoClip, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """The same of the clip as a counter meets it: at a stride, still before it begins."""
        stride = int(rng.integers(1, 5)) * np.exp(rng.uniform(-0.2, 0.2))
        end = rng.uniform(min(self.frames * stride / 4, len(clip) - 1), len(clip))
        at = np.clip(end + stride * np.arange(1 - self.frames, 1), 0, len(clip) - 1)
        period = np.zeros(self.frames)
        for start, stop in clip.edges:
            period[(at > start) & (at <= stop)] = (stop - start) / stride
        return at, period

    @staticmethod
    def _cycle(clip: VideoClip, rng: np.random.Generator) -> tuple[float, float]:
        if len(clip.bottoms):
            start, end = clip.edges[int(rng.integers(len(clip.bottoms)))]
            if end - start >= 3:
                return float(start), float(end)
        length = rng.uniform(4, max(min(len(clip) - 1, 30), 5))
        start = rng.uniform(0, max(len(clip) - 1 - length, 1))
        return float(start), float(start + length)


class VideoDataModule(pl.LightningDataModule):
    """Windows of the clips of some folders.

    Args:
        windows: "labelled" or "periodic", see the classes; a model's `data` says which.
        root: Folder of real clips; `train_splits` of it and of `extra_roots` are learnt from.
        cache: Folder of decoded clips.
        input_size: Side of the frames.
        rate_hz: Of the frames as they are decoded.
        frames: Length of a window.
        step: See `LabelledWindows`.
        train_splits: Names of splits of `root`.
        val_splits: Names of splits of `root`.
        extra_roots: Folders of further training clips, by the split they call theirs.
        batch_size: Windows a batch.
        length: Windows an epoch.
        num_workers: Loader processes.
        seed: Of what is drawn in training; see `EpochSampler`.
        looks: Of "periodic" windows and a frozen encoder: that often each training clip is
            encoded, in another light and framing each time, and windows are made of the features;
            0: of pictures, and every window is encoded.
    """

    def __init__(
        self,
        windows: str | None,
        root: str | None,
        cache: str,
        input_size: int | None,
        rate_hz: float,
        frames: int,
        step: int,
        train_splits: Sequence[str] = ("train",),
        val_splits: Sequence[str] = ("val",),
        extra_roots: Mapping[str, Sequence[str]] | None = None,
        batch_size: int = 8,
        length: int = 400,
        num_workers: int = 0,
        seed: int = 0,
        looks: int = 0,
    ) -> None:
        super().__init__()
        if windows is None:
            raise InputError("data=video is for video networks: add model=repnet_small, cnn3d, ...")
        if root is None:
            raise InputError("no clips: give the folder of counts.csv as data.root=DIR")
        self.windows, self.frames, self.step = windows, frames, step
        self.read = {"side": input_size, "rate_hz": rate_hz, "cache": Path(cache)}
        extra = {key: list(value) for key, value in (extra_roots or {}).items()}
        self.train_roots = {root: list(train_splits), **extra}
        self.val_roots = {root: list(val_splits)}
        self.batch_size, self.length, self.num_workers = batch_size, length, num_workers
        self.seed, self.looks = seed, looks
        if looks and windows != "periodic":
            raise InputError("data.looks is for model=repnet_small and repnet: leave it out")

    def _dataset(self, roots: dict[str, list[str]], varied: bool) -> Dataset:
        clips = read_video_clips(roots, **self.read)  # type: ignore[arg-type]
        if self.windows == "periodic":
            if varied and self.looks:
                return PeriodicWindows(self._encoded(clips), self.frames, self.length, True)
            return PeriodicWindows(clips, self.frames, self.length if varied else 2 * len(clips))
        return LabelledWindows(clips, self.frames, self.step, self.length, varied)

    def _encoded(self, clips: list[VideoClip]) -> list[VideoClip]:
        assert self.trainer is not None, "the encoder is that of the model in training"
        encode = self.trainer.lightning_module.model.encode  # type: ignore[union-attr]
        found = []
        with self.trainer.precision_plugin.forward_context():
            for number in tqdm(range(self.looks * len(clips)), desc="encoding", unit="clip"):
                clip = clips[number % len(clips)]
                frames = vary_look(clip.frames, np.random.default_rng((self.seed, number)), 0.0)
                found.append(replace(clip, frames=encode(frames)))  # type: ignore[operator]
        return found

    def train_dataloader(self) -> DataLoader:
        """Varied windows."""
        return DataLoader(
            self._dataset(self.train_roots, True),
            batch_size=self.batch_size,
            sampler=EpochSampler(self.length, self.batch_size, self.seed),
            num_workers=self.num_workers,
            drop_last=True,
        )

    def val_dataloader(self) -> DataLoader:
        """The same windows each time."""
        return DataLoader(
            self._dataset(self.val_roots, False),
            batch_size=self.batch_size,
            num_workers=self.num_workers,
        )
