"""A keypoint model that also says whether somebody is in push-up position."""

import json
from pathlib import Path

import hydra
import numpy as np
import pytest
import torch

from pushup.cli import InputError, command, make_output_dir
from pushup.codecs import GaussianHeatmap
from pushup.evaluation.recognition.evaluate import evaluate_recognition
from pushup.inference.classifier import ClassifierPredictor, open_classifier
from pushup.inference.predictor import KeypointPredictor
from pushup.models import BlazePose, EncoderDecoder, KeypointModel, weights
from pushup.models.classification_head import ClassificationHead
from pushup.skeleton import UPPER7
from pushup.training import run
from support.networks import classifier_in_torch, in_onnx, in_torch

REPOSITORY = Path(__file__).parents[2]
SIZE = 64


def make_model(kind: str = "encoder_decoder", classification_head: bool = True) -> KeypointModel:
    torch.manual_seed(0)
    network = (
        BlazePose()
        if kind == "blazepose"
        else EncoderDecoder("test_efficientnet", 7, [16, 16, 16], [1, 1, 1])
    )
    model = KeypointModel("small", network, GaussianHeatmap(SIZE), UPPER7, (0.5,) * 3, (0.5,) * 3)
    if classification_head:
        model.classification_head = ClassificationHead(network.deepest_channels)
        torch.nn.init.normal_(model.classification_head.unit.weight)
    return model.eval()


@pytest.fixture
def images() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (3, 3, SIZE, SIZE), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("kind", ["encoder_decoder", "blazepose"])
def test_one_pass_answers_both(kind, images):
    model = make_model(kind)
    one_headed = make_model(kind, classification_head=False)
    for flip_test in (False, True):
        keypoints, scores, position = in_torch(model).predict(images.numpy(), flip_test)
        alone = in_torch(one_headed).predict(images.numpy(), flip_test)
        np.testing.assert_array_equal(keypoints, alone[0])
        np.testing.assert_array_equal(scores, alone[1])
        assert alone[2] is None
        np.testing.assert_allclose(position, model.classify(images), rtol=1e-5)
    assert model.position_logits(images).std() > 1e-3


def test_the_head_by_hand():
    head = ClassificationHead(1, width=2, dropout=0.5).eval()
    feature = torch.tensor([[[[1.0, 3.0]]]])
    assert head(feature).item() == 0
    with torch.no_grad():
        head.widen[0].weight.copy_(torch.tensor([1.0, 4.0]).view(2, 1, 1, 1))
        head.unit.weight.copy_(torch.tensor([[1.0, -0.5]]))
        head.unit.bias.fill_(0.25)
    # widened (1, 3) and (4, 6 of 12), pooled 2 and 5
    assert head(feature).item() == pytest.approx(2 - 2.5 + 0.25, abs=1e-4)


def test_the_network_is_counted_without_it():
    model, one_headed = make_model(), make_model(classification_head=False)
    count = [sum(p.numel() for p in m.network.parameters()) for m in (model, one_headed)]
    assert count[0] == count[1]
    head = sum(p.numel() for p in ClassificationHead(320, 128).parameters())
    assert head == 320 * 128 + 2 * 128 + 128 + 1


def test_files_carry_it_and_old_files_load(tmp_path, images):
    model = make_model()
    model.classification_head.metrics = {"auc": 0.5}
    path = tmp_path / "two.safetensors"
    weights.save(model, model.spec(), path)
    again = weights.load(path, name="small")
    assert again.spec() == model.spec()
    torch.testing.assert_close(again.classify(images), model.classify(images), atol=5e-3, rtol=0)
    old = make_model(classification_head=False)
    weights.save(old, old.spec(), tmp_path / "one.safetensors")
    assert "classification_head" not in weights.read(tmp_path / "one.safetensors")[0]
    assert weights.load(tmp_path / "one.safetensors").classification_head is None
    with pytest.raises(
        InputError,
        match=r"without a classification head: .*train\.py experiment=classification_head",
    ):
        weights.load(tmp_path / "one.safetensors", "recognition")


def test_onnx_answers_both(images):
    model = make_model()
    exported, pictures = in_onnx(model), images.numpy()
    assert exported.classifies
    for found, expected in zip(
        exported.predict(pictures), in_torch(model).predict(pictures), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=0.1, rtol=1e-3)
    np.testing.assert_allclose(exported.predict(pictures)[2], model.classify(images), atol=1e-5)
    assert in_onnx(make_model(classification_head=False)).predict(pictures)[2] is None


def test_the_app_reads_the_pose(tmp_path):
    frame = np.random.default_rng(0).integers(0, 256, (48, 80, 3), np.uint8)
    model = make_model()
    network = in_torch(model)
    pose = KeypointPredictor(network)(frame)
    classify = open_classifier("shared", network)
    alone = ClassifierPredictor(classifier_in_torch(model))
    assert classify(frame, pose) == pytest.approx(alone(frame), abs=1e-6)
    assert open_classifier(None, network) is None
    weights.save(model, model.spec(), tmp_path / "two.safetensors")
    apart = open_classifier(str(tmp_path / "two.safetensors"), network, runtime="onnxruntime")
    assert apart(frame, pose) == pytest.approx(classify(frame, pose), abs=5e-3)
    with pytest.raises(InputError, match="have no classification head: give classifier=FILE"):
        open_classifier("shared", in_torch(make_model(classification_head=False)))


@pytest.fixture
def trained(tmp_path, data_root):
    """A run on the bars of `data_root` that started from the file that is beside it."""
    model = make_model(classification_head=False)
    model.metrics = {"pcks": 0.25}
    start = tmp_path / "start.safetensors"
    weights.save(model, model.spec(), start)

    def train(*overrides: str) -> Path:
        settings = (
            *("experiment=classification_head", f"data.root={data_root}", f"init_from={start}"),
            *(f"model.input_size={SIZE}", "augment=none", "data.num_workers=0"),
            *("data.batch_size=16", "optimizer.lr=0.05", "callbacks.progress.refresh_rate=0"),
            *("trainer.max_epochs=8", f"output_dir={tmp_path}/run", *overrides),
        )
        with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
            config = hydra.compose("train", list(settings))
        folder = make_output_dir(config.output_dir, config)
        command(run.train)(config, folder, settings)
        return folder / "checkpoints"

    return start, train


def test_training_leaves_the_keypoints_as_they_were(trained, data_root, tmp_path):
    from functools import partial

    from pushup.data.recognition import RecognitionDataModule

    start, train = trained
    best = train() / "best.ckpt"
    before, after = weights.load(start), weights.load(best)
    for name, value in before.network.state_dict().items():
        assert torch.equal(after.network.state_dict()[name], value), name
    assert (after.name, after.metrics) == ("small", {"pcks": 0.25})
    data = partial(RecognitionDataModule, data_root, num_workers=0)
    results = evaluate_recognition(str(best), "small", data, "val", str(tmp_path), 0.9)
    assert results["auc"] > 0.9  # a lying bar against an upright one
    assert results["params"] == sum(p.numel() for p in after.classification_head.parameters())
    weights.export(best, tmp_path / "shipped.safetensors", head_metrics=tmp_path / "results.json")
    shipped = weights.load(tmp_path / "shipped.safetensors")
    assert shipped.metrics == {"pcks": 0.25}
    assert (
        shipped.classification_head.metrics["auc"]
        == json.loads((tmp_path / "results.json").read_text())["auc"]
    )
    train("resume=true", "trainer.max_epochs=9")
    assert weights.read(best.with_name("last.ckpt"))[0]["training"]["steps"] == 27


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("init_from=null",), "give init_from=FILE"),
        (("model.input_size=96",), "takes pictures of 64 pixels: add model.input_size=64"),
    ],
)
def test_what_does_not_fit_is_refused(trained, capsys, overrides, message):
    with pytest.raises(SystemExit):
        trained[1](*overrides)
    assert message in capsys.readouterr().err
