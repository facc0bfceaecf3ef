"""Rendered people: seeded pictures and clips with exact keypoints and repetition times."""

from pushup.data.synthetic.clips import Clip, ClipOptions, render_clip, write_clips
from pushup.data.synthetic.motion import RepTruth
from pushup.data.synthetic.source import EXERCISES, SyntheticSource

__all__ = [
    "EXERCISES",
    "Clip",
    "ClipOptions",
    "RepTruth",
    "SyntheticSource",
    "render_clip",
    "write_clips",
]
