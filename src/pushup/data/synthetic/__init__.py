"""Rendered people: seeded pictures and clips with exact keypoints and repetition times."""

from pushup.data.synthetic.clips import Clip, ClipOptions, render_clip
from pushup.data.synthetic.files import write_clips
from pushup.data.synthetic.motion import RepTruth
from pushup.data.synthetic.source import EXERCISES, SyntheticSource
from pushup.data.synthetic.splits import open_split

__all__ = [
    "EXERCISES",
    "Clip",
    "ClipOptions",
    "RepTruth",
    "SyntheticSource",
    "open_split",
    "render_clip",
    "write_clips",
]
