"""The network of the learned counter, for training; `pushup.counting.learned` runs it."""

from typing import Any

from torch import Tensor, nn

from pushup.counting.pose_features import PoseFeatures
from pushup.skeleton import UPPER7, Skeleton, get_skeleton


class CounterNetwork(nn.Module):
    """A GRU over pose features: is the body down in a push-up, are push-ups being done.

    Args:
        name: Short name.
        hidden: Size of its memory.
        step_s: Seconds between the steps that it is trained on.
        skeleton: Order of the keypoints.
        dropout: Share of the features and of the memory's output dropped in training.
    """

    def __init__(
        self,
        name: str = "counter",
        hidden: int = 96,
        step_s: float = 1 / 15,
        skeleton: Skeleton = UPPER7,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.name, self.hidden, self.step_s, self.skeleton = name, hidden, step_s, skeleton
        self.gru = nn.GRU(PoseFeatures.size(skeleton), hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2)
        self.dropout = nn.Dropout(dropout)
        self.metrics: dict[str, Any] = {}
        self.started: frozenset[str] = frozenset()

    @property
    def network(self) -> nn.Module:
        """What the optimizer sees."""
        return self

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, T, 2) of features (B, T, F)."""
        hidden, _ = self.gru(self.dropout(features))
        return self.head(self.dropout(hidden))

    def spec(self) -> dict[str, Any]:
        """Plain values from which `from_spec` builds this model again, without its weights."""
        return {
            "task": "counter",
            "name": self.name,
            "hidden": self.hidden,
            "step_s": self.step_s,
            "skeleton": self.skeleton.name,
            "metrics": self.metrics,
        }

    @classmethod
    def from_spec(cls, spec: dict[str, Any]) -> "CounterNetwork":
        """An untrained model as `spec` describes it."""
        skeleton = get_skeleton(spec["skeleton"])
        model = cls(spec["name"], spec["hidden"], spec["step_s"], skeleton)
        model.metrics = dict(spec.get("metrics", {}))
        return model
