"""Rendered people: seeded pictures and clips with exact keypoints and repetition times."""

from pushup.synthetic.clip_files import write_clips
from pushup.synthetic.clips import ClipOptions, RenderedClip, render_clip
from pushup.synthetic.motion import RepTruth
from pushup.synthetic.pictures import EXERCISES, SyntheticSource
from pushup.synthetic.splits import open_split

__all__ = [
    "EXERCISES",
    "ClipOptions",
    "RenderedClip",
    "RepTruth",
    "SyntheticSource",
    "open_split",
    "render_clip",
    "write_clips",
]
