"""Models as they are run: in torch, or exported."""

from pushup.inference.backends import open_session
from pushup.inference.backends.pytorch import TorchSession
from pushup.inference.networks import ClassifierNetwork, PoseNetwork
from pushup.inference.onnx_export import to_onnx


def in_torch(model) -> PoseNetwork:
    return PoseNetwork(TorchSession(model))


def in_onnx(model, runtime: str = "onnxruntime") -> PoseNetwork:
    return PoseNetwork(open_session(to_onnx(model), runtime))


def classifier_in_torch(model) -> ClassifierNetwork:
    return ClassifierNetwork(TorchSession(model))


def classifier_in_onnx(model) -> ClassifierNetwork:
    return ClassifierNetwork(open_session(to_onnx(model), "onnxruntime"))
