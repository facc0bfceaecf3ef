"""Rendered people: seeded pictures and clips with exact keypoints and repetition times."""

from pushup.synthetic.clip_files import write_clips
from pushup.synthetic.clips import ClipOptions, RenderedClip, render_clip
from pushup.synthetic.exercises import EXERCISES
from pushup.synthetic.pictures import SyntheticSource
from pushup.synthetic.splits import open_split
from pushup.synthetic.timing import RepTruth

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
