"""Networks: plain modules, and the files that hold their weights."""

from pushup.models.blazepose import BlazePose
from pushup.models.classifier import PushUpClassifier
from pushup.models.encoder_decoder import EncoderDecoder
from pushup.models.keypoint_model import KeypointModel

__all__ = ["BlazePose", "EncoderDecoder", "KeypointModel", "PushUpClassifier"]
