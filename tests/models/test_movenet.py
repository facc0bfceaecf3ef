"""MoveNet's trunk: read from TensorFlow.js's files, batch norm unfolded again."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import timm
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from torch import nn

from pushup.cli import InputError
from pushup.data.source import open_for_teacher, open_unlabelled
from pushup.models import movenet
from pushup.models.encoders import TimmEncoder

CONF = Path(__file__).parents[2] / "conf"
PREFIX = "StatefulPartitionedCall/feature_extractor/model_1/model"


def trunk():
    return timm.create_model("mobilenetv2_050", features_only=True, pad_type="same").eval()


def names() -> list[str]:
    blocks = [f"block_{i}_{part}" for i in range(1, 17) for part in ("expand", "dw", "project")]
    return ["Conv1", "expanded_conv_depthwise", "expanded_conv_project", *blocks]


def write_graph(folder, convolutions) -> Path:
    """What tfjs writes: weights (k, k, in, out) or depthwise (k, k, channels, 1), as float16."""
    entries, data = [], b""
    for name, (weight, bias) in zip(names(), convolutions, strict=True):
        order = (2, 3, 0, 1) if weight.shape[1] == 1 else (2, 3, 1, 0)
        for kind, values in (("weights", weight.permute(order)), ("bn_offset", bias)):
            entry = {"name": f"{PREFIX}/{name}/Conv2D_{kind}", "shape": list(values.shape)}
            entries.append({**entry, "dtype": "float32", "quantization": {"dtype": "float16"}})
            data += values.numpy().astype(np.float16).tobytes()
    entries.insert(7, {"name": "other/shape", "shape": [3], "dtype": "int32"})
    cut = sum(2 * int(np.prod(e["shape"])) for e in entries[:7])
    data = data[:cut] + np.arange(3, dtype=np.int32).tobytes() + data[cut:]
    (folder / "model.bin").write_bytes(data)
    manifest = [{"paths": ["model.bin"], "weights": entries}]
    (folder / "model.json").write_text(json.dumps({"weightsManifest": manifest}))
    return folder / "model.json"


def random_convolutions():
    torch.manual_seed(0)
    convs = [m for m in trunk().modules() if isinstance(m, nn.Conv2d)]
    return [(c.weight.detach().half().float(), 0.1 * torch.randn(len(c.weight))) for c in convs]


def test_the_trunk_is_read_and_unfolded_into_the_same_function(tmp_path):
    expected = random_convolutions()
    found = movenet.read_convolutions(write_graph(tmp_path, expected))
    for (weight, bias), (true_weight, true_bias) in zip(found, expected, strict=True):
        assert torch.equal(weight, true_weight)
        assert torch.allclose(bias, true_bias, atol=1e-3)
    pictures = torch.rand(4, 3, 64, 64) * 2 - 1
    net, folded = trunk(), trunk()
    movenet.unfold(net, found, pictures)
    pairs = zip(
        [m for m in folded.modules() if isinstance(m, nn.Conv2d)],
        [m for m in folded.modules() if isinstance(m, nn.BatchNorm2d)],
        found,
        strict=True,
    )
    for conv, norm, (weight, bias) in pairs:
        conv.weight.data.copy_(weight)
        norm.eps, norm.bias.data = 0.0, bias  # a batch norm that only adds the bias
    other = torch.rand(2, 3, 64, 64) * 2 - 1
    for one, two in zip(net(other), folded(other), strict=True):
        assert torch.allclose(one, two, atol=1e-3)
    with torch.no_grad():
        first = net.bn1.running_mean
        assert torch.allclose(first, net.conv_stem(pictures).mean((0, 2, 3)), atol=1e-4)


def test_the_wide_trunk_is_thunders():
    encoder = TimmEncoder("mobilenetv2_175", 4, 32, pretrained=False, same_padding=True)
    assert encoder.channels == [40, 56, 168, 560]
    assert encoder.net.conv_stem.out_channels == 56


def test_what_is_no_movenet_is_refused(tmp_path):
    file = tmp_path / "model.json"
    file.write_text("{}")
    with pytest.raises(InputError, match=r"model\.json: .*not a TensorFlow\.js graph model"):
        movenet.read_convolutions(file)
    file.write_text(json.dumps({"weightsManifest": [{"paths": [], "weights": []}]}))
    with pytest.raises(InputError, match="holds no MobileNetV2 trunk"):
        movenet.read_convolutions(file)


def test_pictures_without_labels(tmp_path):
    with pytest.raises(InputError, match=r"no \.jpg or \.jpeg or \.png pictures in"):
        open_unlabelled(tmp_path)
    (tmp_path / "deeper").mkdir()
    cv2.imwrite(str(tmp_path / "deeper" / "one.png"), np.full((20, 30, 3), 9, np.uint8))
    source = open_unlabelled(tmp_path)
    image, record = source[0]
    assert image.shape == (20, 30, 3)
    assert not record.labelled.any()
    assert movenet.read_pictures(tmp_path, 32).shape == (1, 3, 32, 32)


def test_pictures_without_labels_need_a_teacher(tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((8, 8, 3), np.uint8))
    extra = ["+data/extra=unlabelled", f"data.extra_train.folder={tmp_path}"]
    with initialize_config_dir(str(CONF), version_base="1.3"):
        alone = compose("train", extra)
        distilled = compose("train", [*extra, "teacher=network", "teacher.ckpt_path=wide.ckpt"])
    with pytest.raises(InputError, match=r"add teacher=network"):
        open_for_teacher(tmp_path, alone.data.extra_train.teacher)
    assert len(instantiate(distilled.data.extra_train)) == 1
