"""Files of weights: a model's tensors, and its `spec`, from which the model is built again.

Two formats say the same: a Lightning checkpoint (`.ckpt`, with optimizer state, for resuming) and
safetensors (weights only, fp16, for shipping). Neither can run code.
"""

from pushup.models.weights.averaging import average
from pushup.models.weights.calibration import platt_scaling, temperature_scaling
from pushup.models.weights.exporting import current_commit, export
from pushup.models.weights.files import MODEL_PREFIX, read, save
from pushup.models.weights.loading import ImageModel, Model, Task, load

__all__ = [
    "MODEL_PREFIX",
    "ImageModel",
    "Model",
    "Task",
    "average",
    "current_commit",
    "export",
    "load",
    "platt_scaling",
    "read",
    "save",
    "temperature_scaling",
]
