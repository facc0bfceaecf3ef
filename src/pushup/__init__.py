"""Push-up counting from video: train, evaluate and run light keypoint networks."""

import os

from pushup import _torchvision

# albumentations would ask the network for a newer version at import.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
_torchvision.repair_on_import()
