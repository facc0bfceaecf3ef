import functools
import json
import pickle
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

from pushup.__main__ import main as pushup
from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap, OffsetHeatmap
from pushup.geometry import Framing
from pushup.models import BlazePose, EncoderDecoder, KeypointModel, weights
from pushup.skeleton import BODY16, UPPER7
from pushup.specs import SPEC_KEY, locate
from support.networks import in_torch

CONF_DIR = Path(__file__).parents[2] / "conf"


def count(module, trained_only=False):
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trained_only)


def configured(name, *overrides):
    with initialize_config_dir(str(CONF_DIR), version_base="1.3"):
        config = compose("train", [f"model={name}", "run=test", *overrides])
    return instantiate(config.model.module)


@pytest.mark.parametrize(
    ("name", "published", "live"),
    [
        ("resnest", 10_563_989, 10_563_989),
        ("shufflenet", 1_557_443, 1_080_259),
        ("mobilenet", 1_910_437, 1_910_437),
    ],
)
def test_published_parameter_counts(name, published, live):
    network = configured(name, "codec=published_offset").network
    assert count(network) == published
    assert count(network, trained_only=True) == live
    with torch.no_grad():
        assert network.eval()(torch.zeros(1, 3, 224, 224)).shape == (1, 21, 56, 56)


def test_shufflenet_counts_its_unused_layer():
    assert count(configured("shufflenet").network.encoder.conv5) == 477_184


def test_blazepose_counts_layer_by_layer():
    network = configured("blazepose", "codec=published_gaussian").network
    groups = {name: count(part) for name, part in network.parameter_groups().items()}
    assert groups == {
        "conv1": 672, "conv2_1": 840, "conv2_2": 840,
        "conv3": 9_936, "conv4": 46_272, "conv5": 214_464, "conv6": 574_176,
        "conv7a": 16_752, "conv7b": 11_184, "conv8b": 5_616, "conv9b": 2_832,
        "conv10a": 872, "conv10b": 440, "conv11": 152 + 511,
    }  # fmt: skip
    assert sum(groups.values()) == 885_559
    with torch.no_grad():
        assert network(torch.zeros(1, 3, 256, 256)).shape == (1, 7, 128, 128)


def test_blazepose_keeps_its_signal_scale():
    torch.manual_seed(0)
    network = BlazePose(7)
    out = network(torch.rand(4, 3, 128, 128) - 0.5)
    assert 1e-3 < out.std() < 10


def test_blazepose_folds_batch_norm_into_its_weights():
    torch.manual_seed(0)
    network = BlazePose(7, batch_norm=True)
    images = torch.rand(4, 3, 64, 64) - 0.5
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    with torch.no_grad():
        network(images)  # moves the statistics
        expected = network.eval()(images)
        network.fold()
        assert torch.allclose(network(images), expected, rtol=1e-3, atol=1e-3)
    assert network.state_dict().keys() == BlazePose(7).state_dict().keys()
    assert count(network) == 885_559
    assert network.config == BlazePose(7).config

    network.unfold(images)
    assert network.state_dict().keys() == BlazePose(7, batch_norm=True).state_dict().keys()
    with torch.no_grad():
        assert torch.allclose(network.eval()(images), expected, rtol=1e-3, atol=1e-3)
        in_training = network.train()(images)  # zeros pad maps whose batches differ a little
    assert torch.nn.functional.mse_loss(in_training, expected) < 0.01 * expected.var()


def test_an_export_holds_no_batch_norm_that_folds(tmp_path):
    model = KeypointModel(
        "blazepose", BlazePose(7, batch_norm=True), GaussianHeatmap(64, 4.0), UPPER7
    )
    weights.save(model, model.spec(), tmp_path / "trained.safetensors")
    weights.export(tmp_path / "trained.safetensors", tmp_path / "ships.safetensors")
    assert count(weights.load(tmp_path / "ships.safetensors").network) == 885_559


def test_same_padding_samples_another_grid():
    torch.manual_seed(0)
    symmetric, same = (
        EncoderDecoder("mobilenetv2_100", 7, same_padding=choice).eval() for choice in (False, True)
    )
    same.load_state_dict(symmetric.state_dict())
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        first, shifted = symmetric.encoder(images)[0], same.encoder(images)[0]
    assert first.shape == shifted.shape
    assert not torch.allclose(first, shifted, atol=1e-2)
    with pytest.raises(InputError, match="no other padding"):
        EncoderDecoder("shufflenet_v2_x1_0", 7, same_padding=True)


def test_any_timm_encoder_fits_the_decoder():
    model = configured("timm", "model.encoder=efficientnet_lite0", "skeleton=body16")
    assert model.name == "efficientnet_lite0"
    with torch.no_grad():
        assert model.eval()(torch.zeros(1, 3, 96, 96)).shape == (1, 16, 24, 24)


def test_unknown_encoder_names_alternatives():
    with pytest.raises(InputError, match="mobilenetv9"):
        EncoderDecoder("mobilenetv9", 7)


def test_wrong_decoder_widths_are_explained():
    with pytest.raises(InputError, match="3 decoder widths"):
        EncoderDecoder("mobilenetv2_100", 7, widths=[64], depths=[1])


def test_pretrained_without_a_network_fails_fast(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("timm.create_model", _fails_when_pretrained)
    begin = time.monotonic()
    with pytest.raises(InputError, match=r"model\.pretrained"):
        EncoderDecoder("mobilenetv2_100", 7, pretrained=True)
    assert time.monotonic() - begin < 5


def _fails_when_pretrained(name, pretrained=False, **kwargs):
    from timm.models import create_model

    if pretrained:
        raise ConnectionError("no network")
    return create_model(name, pretrained=False, **kwargs)


def test_pretrained_from_a_local_file(tmp_path):
    source = EncoderDecoder("mobilenetv2_100", 7)
    path = tmp_path / "encoder.pth"
    torch.save(source.encoder.net.state_dict(), path)
    target = EncoderDecoder("mobilenetv2_100", 7, pretrained=str(path))
    for a, b in zip(source.encoder.parameters(), target.encoder.parameters(), strict=True):
        assert torch.equal(a, b)
    with pytest.raises(InputError, match="no weights file"):
        EncoderDecoder("mobilenetv2_100", 7, pretrained=str(tmp_path / "none.pth"))
    torch.save({"other": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="lacks"):
        EncoderDecoder("mobilenetv2_100", 7, pretrained=str(path))


@pytest.fixture
def model():
    torch.manual_seed(0)
    network = functools.partial(EncoderDecoder, encoder="mobilenetv2_100")
    return KeypointModel("tiny", network, GaussianHeatmap(64), UPPER7, (0.5,) * 3, (0.25,) * 3)


def test_normalisation_happens_inside(model):
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    model.eval()
    expected = model.network((images / 255 - 0.5) / 0.25)
    assert torch.allclose(model(images), expected, rtol=1e-3, atol=1e-3)


def test_flip_test_is_symmetric(model):
    images = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    model.eval()
    network = in_torch(model)
    plain, *_ = network.predict(images.numpy(), flip_test=True)
    mirrored, *_ = network.predict(images.flip(-1).numpy(), flip_test=True)
    back = mirrored[:, UPPER7.flip]
    back[..., 0] = 63 - back[..., 0]
    assert np.abs(plain - back).max() < 0.05


@pytest.mark.parametrize(
    ("name", "codec", "skeleton"),
    [("blazepose", GaussianHeatmap(64, 4.0, 0.5), BODY16), ("m", OffsetHeatmap(64), UPPER7)],
)
def test_saved_weights_say_everything(tmp_path, name, codec, skeleton):
    torch.manual_seed(0)
    network = (
        BlazePose
        if name == "blazepose"
        else functools.partial(EncoderDecoder, encoder="mobilenetv2_100")
    )
    model = KeypointModel(name, network, codec, skeleton, (0.5,) * 3, (1.0,) * 3).eval()
    model.metrics = {"pcks": 0.5}
    path = tmp_path / "model.safetensors"
    weights.save(model, model.spec(), path)
    loaded = weights.load(path, name=name)
    assert loaded.codec == codec
    assert loaded.skeleton is skeleton
    assert (loaded.mean, loaded.std, loaded.metrics) == (model.mean, model.std, {"pcks": 0.5})
    images = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    assert torch.allclose(loaded(images), model(images), atol=2e-2)
    assert all(v.dtype == torch.float32 for v in loaded.state_dict().values() if v.ndim)
    with pytest.raises(InputError, match="not 'other'"):
        weights.load(path, name="other")
    assert not list(tmp_path.glob(".partial-*"))
    (tmp_path / "any").touch()
    assert path.stat().st_mode == (tmp_path / "any").stat().st_mode


class Malicious:
    def __reduce__(self):
        return print, ("code ran",)


def test_bad_checkpoints_are_refused_in_one_line(tmp_path, capsys):
    (tmp_path / "code.ckpt").write_bytes(pickle.dumps(Malicious()))
    torch.save({"state_dict": {}, "x": Malicious()}, tmp_path / "code2.ckpt")
    torch.save({"state_dict": {}}, tmp_path / "foreign.ckpt")
    (tmp_path / "text.ckpt").write_text("hello")
    (tmp_path / "cut.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{")
    for name in (
        "code.ckpt",
        "code2.ckpt",
        "foreign.ckpt",
        "text.ckpt",
        "cut.safetensors",
        "no.ckpt",
    ):
        with pytest.raises(InputError) as caught:
            weights.load(tmp_path / name)
        assert name in str(caught.value)
    assert "code ran" not in capsys.readouterr().out


def test_find_names_what_ships(monkeypatch, tmp_path):
    monkeypatch.setattr("pushup.specs.WEIGHTS", tmp_path)
    with pytest.raises(InputError, match="no weights in"):
        locate("mobilenet")


def test_export_command(tmp_path, model, capsys):
    checkpoint = {
        "state_dict": {weights.MODEL_PREFIX + k: v for k, v in model.state_dict().items()},
        SPEC_KEY: model.spec(),
    }
    torch.save(checkpoint, tmp_path / "best.ckpt")
    (tmp_path / "results.json").write_text(json.dumps({"sources": {"all": {"pcks": 0.25}}}))
    out = tmp_path / "out.safetensors"
    pushup(
        [
            "weights",
            "export",
            str(tmp_path / "best.ckpt"),
            str(out),
            "--metrics",
            str(tmp_path / "results.json"),
        ]
    )
    assert weights.load(out).metrics == {"sources": {"all": {"pcks": 0.25}}}
    pushup(["weights", "show", str(out)])
    assert '"task": "keypoints"' in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        pushup(["weights", "show", str(tmp_path / "none.ckpt")])
    assert stopped.value.code == 1


def test_average_command(tmp_path, capsys):
    codec = GaussianHeatmap(64, 4.0)
    trained = [KeypointModel("blazepose", BlazePose(7), codec, UPPER7) for _ in range(2)]
    trained[0].framing = Framing.RECTANGLE
    for i, each in enumerate(trained):
        weights.save(each, each.spec() | {"training": {"seed": i}}, tmp_path / f"{i}.safetensors")
    files = [str(tmp_path / f"{i}.safetensors") for i in range(2)]
    pushup(["weights", "average", str(tmp_path / "mean.safetensors"), *files])
    spec, state = weights.read(tmp_path / "mean.safetensors")
    assert spec["training"] == {"averaged": [{"seed": 0}, {"seed": 1}]}
    assert spec["framing"] == "rectangle"  # as the first file says
    states = [weights.load(file).state_dict() for file in files]
    for key, value in state.items():
        middle = (states[0][key] + states[1][key]) / 2
        torch.testing.assert_close(value.float(), middle, atol=1e-3, rtol=1e-3)
    other = KeypointModel("blazepose", BlazePose(7), GaussianHeatmap(64, 3.0), UPPER7)
    weights.save(other, other.spec(), tmp_path / "other.safetensors")
    with pytest.raises(SystemExit):
        pushup(
            [
                "weights",
                "average",
                str(tmp_path / "no.safetensors"),
                files[0],
                str(tmp_path / "other.safetensors"),
            ]
        )
    assert "holds another model than" in capsys.readouterr().err
    assert not (tmp_path / "no.safetensors").exists()


def test_networks_of_two_sizes_average_at_a_third(tmp_path: Path) -> None:
    files = []
    for name, codec in (("small", GaussianHeatmap(64, 3.0)), ("large", GaussianHeatmap(96, 4.0))):
        model = KeypointModel(name, BlazePose(7), codec, UPPER7)
        files.append(tmp_path / f"{name}.safetensors")
        weights.save(model, model.spec(), files[-1])
    out = tmp_path / "mean.safetensors"
    with pytest.raises(InputError, match="another model"):
        weights.average([files[1], files[0]], out)
    weights.average([files[1], files[1], files[0]], out, input_size=80)
    mean, small, large = map(weights.load, (out, *files))
    assert (mean.name, mean.input_size, mean.codec.sigma_px) == ("large", 80, 4.0)
    for key, value in mean.state_dict().items():
        expected = (small.state_dict()[key] + 2 * large.state_dict()[key]) / 3
        torch.testing.assert_close(value.float(), expected, atol=1e-3, rtol=1e-3)
