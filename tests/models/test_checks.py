"""Files of weights that look right and are not."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap
from pushup.models import BlazePose, EncoderDecoder, KeypointModel, weights
from pushup.skeleton import UPPER7
from pushup.specs import SPEC_KEY


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    network = EncoderDecoder("test_efficientnet", 7, [16, 16, 16], [1, 1, 1])
    return KeypointModel("small", network, GaussianHeatmap(64), UPPER7)


def write(path, model, change):
    """The model's file with a changed spec."""
    spec = model.spec()
    change(spec)
    state = {key: value.half().numpy() for key, value in model.state_dict().items()}
    save_file(state, path, metadata={SPEC_KEY: json.dumps(spec)})
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda s: s.update(std=[0.5, 0, 0.5]), r"its std is \[0.5, 0, 0.5\]"),
        (lambda s: s.update(mean=[float("nan")] * 3), "its mean is"),
        (lambda s: s["codec"].update(input_size=66), "66 pixels is no multiple of its stride of 4"),
        (lambda s: s["codec"].update(input_size=-64), "-64 pixels"),
        (lambda s: s["network"].update(pretrained=True), "pretrained weights"),
        (lambda s: s["network"].update(widths=[20_000] * 3), "its widths are"),
        (lambda s: s["network"].update(depths=[1, 1, 9_999]), "its depths are"),
        (lambda s: s["network"].update(out_channels=10**9), "1000000000 output channels"),
        (lambda s: s["network"].update(kind="other"), "unknown network 'other'"),
        (lambda s: s["network"].update(encoder="none"), "unknown encoder 'none'"),
        (lambda s: s.update(network=3), "does not fit"),
        (lambda s: s.pop("codec"), "does not fit"),
        (lambda s: s.update(skeleton=["upper7"]), "m.safetensors"),
        (lambda s: s.update(framing="round"), "unknown framing"),
    ],
)
def test_a_spec_that_cannot_be_is_refused_before_anything_is_built(
    tmp_path, model, monkeypatch, change, reason
):
    file = write(tmp_path / "m.safetensors", model, change)
    if "unknown" not in reason and "fit" not in reason and "m.safe" not in reason:
        monkeypatch.setattr(KeypointModel, "from_spec", lambda spec: pytest.fail("was built"))
    with pytest.raises(InputError, match=reason):
        weights.load(file)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused(tmp_path, model, value):
    state = {key: value.half().numpy() for key, value in model.state_dict().items()}
    state["network.head.weight"] = np.full_like(state["network.head.weight"], value)
    metadata = {SPEC_KEY: json.dumps(model.spec())}
    save_file(state, tmp_path / "m.safetensors", metadata=metadata)
    with pytest.raises(InputError, match=r"network\.head\.weight are not finite"):
        weights.load(tmp_path / "m.safetensors")


def test_what_is_exported_is_fp16_and_folded(tmp_path):
    model = KeypointModel("b", BlazePose(7, batch_norm=True), GaussianHeatmap(64), UPPER7)
    weights.save(model, model.spec(), tmp_path / "a.safetensors")
    weights.export(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    with safe_open(tmp_path / "b.safetensors", "pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    assert {value.dtype for value in tensors.values()} == {torch.float16}
    assert not any("running_mean" in key for key in tensors)
    largest = 2 * sum(value.numel() for value in tensors.values()) + 20_000
    assert (tmp_path / "b.safetensors").stat().st_size < largest
