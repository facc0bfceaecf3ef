"""Networks: plain modules, and the files that hold their weights."""

from pushup.models.blazepose import BlazePose
from pushup.models.encoder_decoder import EncoderDecoder
from pushup.models.keypoint_model import KeypointModel
from pushup.models.recogniser import Recogniser

__all__ = ["BlazePose", "EncoderDecoder", "KeypointModel", "Recogniser"]
