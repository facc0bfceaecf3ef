"""Is a cycle a push-up? A logistic model of a few bounded features, read from a data file.

In: the features of a cycle by name (`features.py`). Out: the logit of its being a push-up; above 0
it is one. `push_up_classifier.json` holds the model of the default counter.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pushup.cli import InputError
from pushup.counting.features import FEATURES, Features

PUSH_UP = Path(__file__).with_name("push_up_classifier.json")

Range = tuple[float | None, float | None]
"""Least and most; None for no limit."""


@dataclass(frozen=True)
class Term:
    """One summand of the logit: `weight * (clip(feature) - origin)`.

    Attributes:
        feature: Its name; the term is `missing` where a cycle lacks it.
        weight: In logits by the feature's unit.
        clip: Range that the feature is clipped to.
        origin: Where the term is 0.
        logit: The feature is a probability; its logit is taken.
        absolute: The feature's sign does not matter.
        times: Name of a feature in 0..1 that the term is multiplied by.
        missing: The term where the cycle lacks the feature.
    """

    feature: str
    weight: float
    clip: Range = (None, None)
    origin: float = 0.0
    logit: bool = False
    absolute: bool = False
    times: str | None = None
    missing: float = 0.0

    def basis(self, features: Features) -> float:
        """The term by its weight."""
        value = features[self.feature]
        if self.logit:
            value = logit(value)
        if self.absolute:
            value = abs(value)
        least, most = self.clip
        if least is not None:
            value = max(least, value)
        if most is not None:
            value = min(value, most)
        return (value - self.origin) * (features[self.times] if self.times else 1.0)

    def value(self, features: Features) -> float:
        """The term, in logits."""
        if self.feature not in features:
            return self.missing
        return self.weight * self.basis(features)


class CycleClassifier:
    """The model of a data file.

    Attributes:
        intercept: The logit's constant.
        terms: Its summands.
        limits: Least and most of features beyond which a cycle is none, whatever the logit.

    Args:
        file: JSON with `intercept`, `terms` and `limits`.
        limits: Further ones, or others than the file's.

    Raises:
        InputError: The file is missing or damaged, or a limit is of no known feature.
    """

    def __init__(
        self, file: str | Path = PUSH_UP, limits: Mapping[str, Range] | None = None
    ) -> None:
        try:
            model = json.loads(Path(file).read_text(encoding="utf-8"))
            self.intercept = float(model["intercept"])
            self.terms = [_term(settings) for settings in model["terms"]]
            bounds = {**model["limits"], **(limits or {})}
            self.limits: dict[str, Range] = {
                _known(name): (least, most) for name, (least, most) in bounds.items()
            }
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InputError(f"cannot read {file} as a cycle classifier: {error}") from error

    def logit(self, features: Features) -> float:
        """Log-odds that a cycle with these features is a push-up; -inf beyond a limit."""
        if self.beyond(features):
            return -math.inf
        return self.intercept + sum([term.value(features) for term in self.terms])

    def contributions(self, features: Features) -> dict[str, float]:
        """What each feature adds to the logit."""
        added = dict.fromkeys(features, 0.0)
        for term in self.terms:
            if term.feature in added:
                added[term.feature] += term.value(features)
        return added

    def beyond(self, features: Features) -> str:
        """Name of the first feature that is beyond its limit; "" if none is."""
        for name, (least, most) in self.limits.items():
            value = features.get(name)
            if value is None:
                continue
            if (least is not None and value < least) or (most is not None and value > most):
                return name
        return ""


def logit(share: float) -> float:
    """Log-odds of a probability, which is kept 0.001 away from 0 and 1."""
    share = max(1e-3, min(share, 1 - 1e-3))
    return math.log(share / (1 - share))


def _term(settings: Mapping[str, Any]) -> Term:
    settings = dict(settings)
    _known(settings["feature"])
    least, most = settings.pop("clip", (None, None))
    return Term(clip=(least, most), **settings)


def _known(name: str) -> str:
    if name not in FEATURES:
        raise ValueError(f"no feature {name!r}: choose of {', '.join(FEATURES)}")
    return name
