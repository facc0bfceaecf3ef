import csv
import json
from functools import partial
from pathlib import Path

import cv2
import hydra
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pushup.__main__ import main as pushup
from pushup.cli import InputError, command, make_output_dir
from pushup.commands.evaluate import evaluate
from pushup.data.augment import Augment, RandomCrop
from pushup.data.recognition import (
    LabelledImage,
    RecognitionDataModule,
    RecognitionDataset,
    draw_weights,
    read,
)
from pushup.evaluation.recognition import evaluate as evaluate_module
from pushup.evaluation.recognition.evaluate import COUNTS, evaluate_recognition
from pushup.inference.classifier import ClassifierPredictor, open_classifier
from pushup.metrics.recognition import auc, best_threshold, bootstrap_interval, confusion
from pushup.models import PushUpClassifier, weights
from pushup.models.encoders import build_encoder
from pushup.specs import locate
from pushup.training import run
from pushup.training.classifier import RecognitionTask
from pushup.training.schedules import Schedule
from support.classifier_data import ENCODER, HEADER
from support.networks import classifier_in_onnx, classifier_in_torch

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def configured(tmp_path, data_root):
    def build(*overrides, name="run"):
        settings = [
            "model=classifier",
            "data=recognition",
            f"data.root={data_root}",
            f"model.encoder={ENCODER}",
            "model.input_size=64",
            "augment=none",
            "optimizer=adam",
            "data.batch_size=16",
            "data.num_workers=0",
            "trainer.precision=32-true",
            "trainer.max_epochs=1",
            "callbacks.progress.refresh_rate=0",
            f"output_dir={tmp_path}/{name}",
            *overrides,
        ]
        with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
            config = hydra.compose("train", settings)
        return config, make_output_dir(config.output_dir, config)

    return build


# Metrics


def brute_force_auc(scores, labels, times) -> float:
    """Over every pair of a positive and a negative image, each repeated `times`."""
    won = pairs = 0.0
    for i in np.flatnonzero(labels):
        for j in np.flatnonzero(~labels):
            weight = times[i] * times[j]
            won += weight * (1.0 if scores[i] > scores[j] else 0.5 * (scores[i] == scores[j]))
            pairs += weight
    return won / pairs


def test_auc_against_all_pairs():
    rng = np.random.default_rng(0)
    for _ in range(20):
        labels = rng.random(30) < 0.4
        scores = np.round(rng.random(30) + 0.3 * labels, 1)  # rounded: many are equal
        times = rng.integers(0, 4, 30).astype(float)
        ones = np.ones(30)
        assert auc(scores, labels) == pytest.approx(brute_force_auc(scores, labels, ones))
        assert auc(scores, labels, times) == pytest.approx(brute_force_auc(scores, labels, times))
    assert np.isnan(auc(np.array([0.1, 0.2]), np.array([True, True])))


def test_confusion_by_hand():
    scores = np.array([0.9, 0.6, 0.5, 0.4, 0.3])
    labels = np.array([True, False, True, True, False])
    outcome = confusion(scores, labels, threshold=0.5)  # 0.5 itself is not above
    assert (outcome.true_positive, outcome.false_positive) == (1, 1)
    assert (outcome.false_negative, outcome.true_negative) == (2, 1)
    assert outcome.accuracy == pytest.approx(2 / 5)
    assert outcome.precision == pytest.approx(1 / 2)
    assert outcome.recall == pytest.approx(1 / 3)
    assert outcome.f1 == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    doubled = confusion(scores, labels, 0.5, np.array([2.0, 1, 1, 1, 0]))
    assert (doubled.true_positive, doubled.true_negative) == (2, 0)
    assert np.isnan(confusion(scores, np.zeros(5, bool), 1.0).recall)


def test_best_threshold_by_hand():
    scores = np.array([0.1, 0.2, 0.35, 0.4, 0.8])
    labels = np.array([False, False, True, False, True])
    # above 0.275: 2 right, 1 wrong, F1 0.8; above 0.6: 1 right, 1 missed, F1 2/3
    assert best_threshold(scores, labels) == pytest.approx(0.275)
    assert confusion(scores, labels, best_threshold(scores, labels)).f1 == pytest.approx(0.8)
    every = np.ones(3, bool)
    assert best_threshold(np.array([0.2, 0.3, 0.9]), every) < 0.2  # all found


def test_temper_command(tmp_path, capsys):
    torch.manual_seed(0)
    model = PushUpClassifier(encoder="mobilenetv2_035", input_size=32).eval()
    torch.nn.init.normal_(model.network.get_classifier().weight)
    file, out = tmp_path / "file.safetensors", tmp_path / "out.safetensors"
    weights.save(model, model.spec() | {"training": {"seed": 0}}, file)
    pushup(["weights", "temperature", str(out), str(file), "0.25"])
    images = torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8)
    before, after = (weights.load(path, "recognition")(images) for path in (file, out))
    torch.testing.assert_close(after, 4 * before, atol=2e-2, rtol=1e-2)
    assert weights.read(out)[0]["training"] == {"temperature": 0.25, "of": {"seed": 0}}
    for bad, message in (
        ([str(tmp_path / "no.safetensors"), str(file), "0"], "above 0"),
        (
            [str(tmp_path / "no.safetensors"), str(locate("blazepose")), "1"],
            "no classifier",
        ),
    ):
        with pytest.raises(SystemExit) as stopped:
            pushup(["weights", "temperature", *bad])
        assert stopped.value.code == 1
        assert message in capsys.readouterr().err
        assert not (tmp_path / "no.safetensors").exists()


def test_interval_resamples_scenes():
    """Two scenes, one all right and one all wrong: both, one or the other is drawn."""
    right = np.array([1.0] * 50 + [0.0] * 50)
    groups = ["a"] * 50 + ["b"] * 50

    def share(times):
        return float(times @ right / times.sum())

    assert bootstrap_interval(share, groups) == (0.0, 1.0)
    alone = bootstrap_interval(share, [str(i) for i in range(100)])
    assert 0.38 < alone[0] < 0.43
    assert 0.57 < alone[1] < 0.62
    assert np.isnan(bootstrap_interval(share, ["a"] * 100)).all()


# Data


def test_rows_are_read(data_root):
    items = read(data_root, "val")
    assert len(items) == 16
    assert sum(item.label for item in items) == 8
    assert items[5] == LabelledImage(data_root / "images" / "val_5.png", True, "val_1_1", "bars")


def test_optional_columns_and_flat_folder(tmp_path):
    (tmp_path / "mine.csv").write_text("image,label\na.jpg,0\nb.jpg,1\n")
    assert read(tmp_path, "mine") == [
        LabelledImage(tmp_path / "a.jpg", False, "a.jpg", ""),
        LabelledImage(tmp_path / "b.jpg", True, "b.jpg", ""),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,label\na.jpg,1\n", r"no column 'image'"),
        ("image,label\na.jpg\n", r"line 2: label '' of a.jpg"),
        ("image,label\na.jpg,1\nb.jpg,yes\n", r"line 3: label 'yes' of b.jpg: give 1"),
        (f"{HEADER}\na.jpg,1,g,train,s\n", r"line 2: a.jpg says split 'train'"),
        ("image,label\n", r"holds no rows"),
        ("", r"val.csv: empty"),
    ],
)
def test_odd_rows_are_refused(tmp_path, text, message):
    (tmp_path / "val.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path, "val")


def test_missing_data_is_refused(tmp_path, data_root):
    with pytest.raises(InputError, match=r"no data folder .*nowhere"):
        read(tmp_path / "nowhere", "val")
    with pytest.raises(InputError, match=r"no annotation .*test.csv.*found: train, val"):
        read(data_root, "test")
    (tmp_path / "val.csv").write_bytes(b"image,label\n\xff\xfe,1\n")
    with pytest.raises(InputError, match="not a text"):
        read(tmp_path, "val")
    with pytest.raises(InputError, match=r"data\.root=DIR"):
        RecognitionDataModule(root=None, input_size=64)
    item = LabelledImage(tmp_path / "gone.jpg", True, "g", "s")
    with pytest.raises(InputError, match=r"gone\.jpg: no such file"):
        RecognitionDataset([item], 64)[0]


def test_pictures_are_padded_and_mirrored(data_root):
    items = read(data_root, "val")
    plain = RecognitionDataset(items, 96)[1]
    assert plain["image"].shape == (3, 96, 96)
    assert plain["image"].dtype == torch.uint8
    assert plain["label"] == 1
    assert plain["image"][:, :15].max() == plain["image"][:, 81:].max() == 0  # 96 x 64, centred
    flipped = RecognitionDataset(items, 96, Augment(RandomCrop(flip=1.0)))[1]
    assert (flipped["image"].int() - plain["image"].flip(-1).int()).abs().max() <= 1


def make_items(*scenes: tuple[bool, str, int]) -> list[LabelledImage]:
    return [LabelledImage(Path("x"), label, g, "") for label, g, n in scenes for _ in range(n)]


def test_positives_are_oversampled_to_their_share():
    items = make_items((True, "a", 5), (False, "b", 45))
    drawn = np.array(draw_weights(items, positive_share=0.5, group_power=1.0))
    assert drawn[:5].sum() == pytest.approx(0.5)
    assert np.ptp(drawn[5:]) == 0


def test_large_scenes_can_count_less():
    items = make_items((True, "a", 16), (True, "b", 4), (False, "c", 9))
    drawn = np.array(draw_weights(items, positive_share=0.6, group_power=0.5))
    assert drawn[:16].sum() == pytest.approx(0.6 * 4 / (4 + 2))
    assert drawn[16:20].sum() == pytest.approx(0.6 * 2 / (4 + 2))
    assert drawn[20:].sum() == pytest.approx(0.4)
    with pytest.raises(InputError, match="every training image is positive"):
        draw_weights(items[:20], 0.5, 1.0)


def test_the_sampler_draws_that_share(data_root):
    module = RecognitionDataModule(data_root, 32, batch_size=8, num_workers=0, positive_share=0.75)
    torch.manual_seed(0)
    labels = torch.cat([batch["label"] for _ in range(6) for batch in module.train_dataloader()])
    assert 0.68 < labels.mean() < 0.82


def test_rendered_pictures_are_mixed_in(tmp_path, data_root):
    pushup(["synthetic", "recognition-set", str(tmp_path / "more"), "--count", "4", "--seed", "3"])
    items = read(tmp_path / "more", "train")
    assert [item.label for item in items] == [False, True] * 2
    assert len({item.group for item in items}) == 4
    assert [item.source == "rendered push_up" for item in items] == [False, True] * 2
    assert all(cv2.imread(str(item.image)).max() > 0 for item in items)
    module = RecognitionDataModule(
        data_root, 32, num_workers=0, extra_root=tmp_path / "more", extra_share=0.25
    )
    loader = module.train_dataloader()
    weights_drawn = np.array(list(loader.sampler.weights))
    assert len(loader.dataset) == len(weights_drawn) == 48 + 4
    assert weights_drawn[48:].sum() == pytest.approx(0.25)
    assert weights_drawn[:48].sum() == pytest.approx(0.75)
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit):
        pushup(["synthetic", "recognition-set", str(tmp_path / "file"), "--count", "1"])


# Model


def test_the_published_size():
    """MobileNetV2 without its 1000 classes: 2,223,872 parameters, and 1280 + 1 for one unit."""
    model = PushUpClassifier()
    assert sum(p.numel() for p in model.parameters()) == 2_223_872 + 1281
    images = torch.randint(0, 256, (2, 3, 224, 224), dtype=torch.uint8)
    assert model(images).shape == (2,)
    with pytest.raises(InputError, match="unknown encoder 'mobilenet9'"):
        PushUpClassifier(encoder="mobilenet9")


def test_colours_are_normalised_inside():
    model = PushUpClassifier(encoder=ENCODER, mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7)).eval()
    images = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (model.mean, model.std))
    with torch.no_grad():
        by_hand = model.network((images / 255 - mean) / std)[:, 0]
        torch.testing.assert_close(model(images), by_hand, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(model.classify(images), by_hand.sigmoid(), rtol=1e-4, atol=1e-4)


def test_dropout_acts_in_training_only():
    torch.manual_seed(0)
    model = PushUpClassifier(encoder=ENCODER, dropout=0.5)
    images = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)
    with torch.no_grad():
        model.eval()
        assert torch.equal(model(images), model(images))
        model.train()
        pooled = model.network.forward_head(torch.ones(4, 256, 2, 2), pre_logits=True)
    assert set(pooled.unique().tolist()) == {0.0, 2.0}  # kept ones make up for the dropped


def test_an_untrained_model_is_undecided():
    images = torch.randint(0, 256, (8, 3, 64, 64), dtype=torch.uint8)
    scores = PushUpClassifier().train().classify(images)
    assert (scores - 0.5).abs().max() < 0.2


def test_a_local_file_starts_the_trunk(tmp_path):
    trunk = build_encoder(ENCODER).net
    state = {
        key: torch.rand_like(v) if v.is_floating_point() else v
        for key, v in trunk.state_dict().items()
    }
    save_file(state, tmp_path / "trunk.safetensors")
    model = PushUpClassifier(encoder=ENCODER, pretrained=str(tmp_path / "trunk.safetensors"))
    filled = model.network.state_dict()
    assert all(torch.equal(filled[key], value) for key, value in state.items())
    assert model.started == {name for name, _ in trunk.named_parameters()}
    assert set(filled) - set(state) == {
        *(f"bn2.{k}" for k in ("weight", "bias", "running_mean", "running_var")),
        *("bn2.num_batches_tracked", "conv_head.weight", "classifier.weight", "classifier.bias"),
    }
    with pytest.raises(InputError, match=r"model.pretrained"):
        PushUpClassifier(encoder=ENCODER, pretrained=str(tmp_path / "none.safetensors"))
    with pytest.raises(InputError, match=r"does not hold weights|lacks"):
        PushUpClassifier(encoder="mobilenetv2_035", pretrained=str(tmp_path / "trunk.safetensors"))


def test_weights_return_as_they_were(tmp_path):
    model = PushUpClassifier(
        "mine", ENCODER, input_size=96, dropout=0.3, same_padding=True, mean=(0.1, 0.2, 0.3)
    ).eval()
    model.metrics = {"auc": 0.5}
    path = tmp_path / "mine.safetensors"
    weights.save(model, model.spec(), path)
    again = weights.load(path, "recognition", "mine")
    assert again.spec() == model.spec()
    images = torch.randint(0, 256, (2, 3, 96, 96), dtype=torch.uint8)
    torch.testing.assert_close(again.classify(images), model.classify(images), atol=5e-3, rtol=0)
    with pytest.raises(InputError, match="give a keypoints checkpoint"):
        weights.load(path)
    with pytest.raises(InputError, match="holds model 'mine', not 'classifier'"):
        weights.load(path, "recognition", "classifier")
    weights.save(model, {**model.spec(), "task": "cooking"}, path)
    with pytest.raises(
        InputError, match="give a counter or keypoints or recognition or video checkpoint"
    ):
        weights.load(path, None)


@pytest.mark.parametrize("network", [classifier_in_torch, classifier_in_onnx])
def test_a_frame_is_scored_as_the_data_set_is(data_root, network):
    torch.manual_seed(0)
    model = PushUpClassifier(encoder=ENCODER, input_size=64).eval()
    with torch.no_grad():
        model.network.classifier.weight.mul_(5000)  # so that scores differ
    dataset = RecognitionDataset(read(data_root, "val"), 64)
    classify = ClassifierPredictor(network(model))
    scores = [classify(cv2.imread(str(item.image))) for item in dataset.items[:4]]
    batch = torch.stack([dataset[i]["image"] for i in range(4)])
    np.testing.assert_allclose(scores, model.classify(batch).numpy(), atol=1e-5)
    assert np.ptp(scores) > 0.02


def test_the_one_that_ships_is_found_by_name():
    frame = np.zeros((48, 64, 3), np.uint8)
    classify = open_classifier("shipped", model=None, runtime="onnxruntime")
    shipped = ClassifierPredictor(classifier_in_torch(weights.load("classifier", "recognition")))
    assert classify(frame, None) == pytest.approx(shipped(frame), abs=1e-4)


# Commands


def test_training_learns_and_evaluation_measures(configured, data_root, tmp_path):
    config, folder = configured("trainer.max_epochs=8", "optimizer.lr=3e-3")
    run.train(config, folder)
    checkpoint = folder / "checkpoints" / "last.ckpt"
    assert not (folder / "previews").exists()  # these are of keypoints
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    assert any(row["val/auc"] for row in rows)
    weights.export(checkpoint, tmp_path / "shipped.safetensors")
    assert weights.load(tmp_path / "shipped.safetensors", "recognition").encoder == ENCODER
    overrides = [
        "mode=recognition",
        "model=classifier",
        f"ckpt_path='{checkpoint}'",
        f"data.root='{data_root}'",
        "data.num_workers=0",
        f"output_dir='{tmp_path}/evaluated'",
    ]
    with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        results = evaluate(hydra.compose("evaluate", overrides))
    assert isinstance(results, dict)
    assert results["auc"] > 0.95  # a lying bar against an upright one
    written = json.loads((tmp_path / "evaluated" / "results.json").read_text())
    assert written["at"]["chosen"]["f1"] == results["at"]["chosen"]["f1"] > 0.85
    assert written["sources"]["bars"]["images"] == 8
    assert "AUC" in (tmp_path / "evaluated" / "results.md").read_text()


class Told(torch.nn.Module):
    """A classifier that has been told its scores, in the order of the pictures."""

    name, encoder, input_size = "told", "none", 32

    def __init__(self, scores):
        super().__init__()
        self.anchor = torch.nn.Parameter(torch.zeros(1))
        self.scores, self.next, self.metrics = torch.tensor(scores), 0, {}

    def classify(self, images):
        chosen = self.scores.roll(-self.next)[: len(images)]
        self.next += len(images)
        return chosen


def test_figures_and_mistakes_of_known_scores(monkeypatch, data_root, tmp_path):
    """Picture 1 (a push-up) is scored lowest, picture 0 (none) highest; the others are right."""
    scores = [0.85, 0.05, *([0.1, 0.8] * 7)]
    monkeypatch.setattr(weights, "load", lambda path, task, name: Told(scores))
    monkeypatch.setattr(evaluate_module, "latency_ms", lambda *_: 1.0)
    monkeypatch.setattr(evaluate_module, "runtime_of", lambda model: model)
    data = partial(RecognitionDataModule, data_root, num_workers=0)
    results = evaluate_recognition("told", None, data, "val", str(tmp_path), 0.9)
    chosen, published = results["at"]["chosen"], results["at"]["published"]
    assert results["threshold"] == chosen["threshold"] == pytest.approx(0.45)
    assert [chosen[c] for c in COUNTS] == [7, 1, 1, 7]
    assert chosen["f1"] == pytest.approx(14 / 16)
    assert published["recall"] == 0
    assert results["auc"] == pytest.approx(7 * 7 / 64)
    assert results["sources"]["bars"]["chosen"]["false_negative"] == 1
    assert results["sources"]["more bars"]["chosen"]["accuracy"] == 1
    sheet = cv2.imread(str(tmp_path / "misclassified.png"))
    assert sheet.shape[1] == 6 * 256
    right = [0.1, 0.9] * 8
    monkeypatch.setattr(weights, "load", lambda path, task, name: Told(right))
    monkeypatch.setattr(evaluate_module, "latency_ms", lambda *_: 1.0)
    monkeypatch.setattr(evaluate_module, "runtime_of", lambda model: model)
    evaluate_recognition("told", None, data, "val", str(tmp_path), 0.9)
    assert not (tmp_path / "misclassified.png").exists()


def test_the_threshold_comes_from_val(monkeypatch, data_root, tmp_path):
    monkeypatch.setattr(weights, "load", lambda path, task, name: Told([0.2, 0.4] * 24))
    monkeypatch.setattr(evaluate_module, "latency_ms", lambda *_: 1.0)
    monkeypatch.setattr(evaluate_module, "runtime_of", lambda model: model)
    data = partial(RecognitionDataModule, data_root, num_workers=0)
    results = evaluate_recognition("told", None, data, "train", str(tmp_path), 0.9)
    assert results["threshold_from"] == "val"
    assert results["threshold"] == pytest.approx(0.3)
    with pytest.raises(InputError, match="nothing to evaluate"):
        evaluate_recognition(None, None, data, "val", str(tmp_path), 0.9)


def test_without_val_the_threshold_is_that_of_the_weights(monkeypatch, data_root, tmp_path):
    for name in ("train.csv", "images"):
        (tmp_path / name).symlink_to(data_root / name)
    told = Told([0.2, 0.4] * 24)
    monkeypatch.setattr(weights, "load", lambda path, task, name: told)
    monkeypatch.setattr(evaluate_module, "latency_ms", lambda *_: 1.0)
    monkeypatch.setattr(evaluate_module, "runtime_of", lambda model: model)
    data = partial(RecognitionDataModule, tmp_path, num_workers=0)
    with pytest.raises(InputError, match=r"no annotation .*val\.csv.*these weights carry none"):
        evaluate_recognition("told", None, data, "train", str(tmp_path / "out"), 0.9)
    assert told.next == 0  # refused before any picture was looked at
    told.metrics = {"threshold": 0.35}
    (tmp_path / "out").mkdir()
    results = evaluate_recognition("told", None, data, "train", str(tmp_path / "out"), 0.9)
    assert (results["threshold"], results["threshold_from"]) == (0.35, "the weights")
    assert np.isnan(results["temperature"])
    report = (tmp_path / "out" / "results.md").read_text()
    assert "The chosen threshold is that of the weights." in report
    assert "Temperature" not in report


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("data=recognition", "model=blazepose", "data.root=."), "add model=classifier"),
        (("data=recognition", "model=classifier"), "data.root=DIR"),
    ],
)
def test_mismatched_choices_are_refused(tmp_path, capsys, overrides, message):
    settings = ["trainer=debug", "data.num_workers=0", f"output_dir={tmp_path}", *overrides]
    with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        config = hydra.compose("train", settings)
    with pytest.raises(SystemExit):
        command(run.train)(config, tmp_path)
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(("same", "seen"), [(False, 0.0), (True, 1.0)])
def test_same_padding_is_that_of_tensorflow(same, seen):
    """At stride 2 the first kernel begins on the first pixel; else it is centred there."""
    corner = torch.zeros(1, 3, 64, 64)
    corner[:, 0, 0, 0] = 1.0
    stem = PushUpClassifier(encoder=ENCODER, same_padding=same).network.conv_stem
    with torch.no_grad():
        stem.weight.zero_()
        stem.weight[:, :, 0, 0] = 1.0
        assert stem(corner)[0, 0, 0, 0] == seen


@pytest.mark.parametrize("rate", [1.0, 0.1])
def test_what_was_started_may_learn_slower(tmp_path, rate):
    save_file(build_encoder(ENCODER).net.state_dict(), tmp_path / "trunk.safetensors")
    model = PushUpClassifier(encoder=ENCODER, pretrained=str(tmp_path / "trunk.safetensors"))
    schedule = Schedule(build=torch.optim.lr_scheduler.ConstantLR)
    task = RecognitionTask(
        model, partial(torch.optim.Adam, lr=0.5), schedule, pretrained_lr_scale=rate
    )
    rates = {id(p): g["lr"] for g in task._optimizer().param_groups for p in g["params"]}
    assert len(rates) == len(list(model.parameters()))
    assert rates[id(model.network.classifier.weight)] == 0.5
    assert rates[id(model.network.conv_head.weight)] == 0.5
    assert rates[id(model.network.conv_stem.weight)] == 0.5 * rate


def test_keypoint_pictures_are_refused():
    schedule = Schedule(build=torch.optim.lr_scheduler.ConstantLR)
    task = RecognitionTask(PushUpClassifier(encoder=ENCODER), torch.optim.Adam, schedule)
    with pytest.raises(InputError, match="add data=recognition"):
        task.training_step({"image": torch.zeros(1, 3, 64, 64), "keypoints": torch.zeros(7, 2)}, 0)


def test_resume_and_init_from(configured):
    config, folder = configured("trainer.limit_train_batches=1")
    run.train(config, folder)
    config, folder = configured(
        "trainer.limit_train_batches=1", "trainer.max_epochs=2", "resume=true"
    )
    run.train(config, folder)
    last = folder / "checkpoints" / "last.ckpt"
    assert weights.read(last)[0]["training"]["steps"] == 2
    config, folder = configured(
        f"init_from={last}", "trainer.limit_train_batches=1", "optimizer.lr=0", name="second"
    )
    run.train(config, folder)
    before, after = (
        weights.load(p, "recognition") for p in (last, folder / "checkpoints/last.ckpt")
    )
    assert torch.equal(before.network.classifier.weight, after.network.classifier.weight)


@pytest.mark.slow
@pytest.mark.realdata
def test_the_shipped_file_measures_what_its_card_says(shared_data, tmp_path):
    data = partial(RecognitionDataModule, shared_data / "recognition", num_workers=0)
    results = evaluate_recognition(None, "classifier", data, "val", str(tmp_path), 0.9)
    shipped = locate("classifier")
    assert results["auc"] == pytest.approx(
        weights.load(shipped, "recognition").metrics["auc"], abs=1e-3
    )
    card = shipped.with_suffix(".md").read_text()
    assert f"AUC {results['auc']:.3f} " in card
    f1 = results["at"]["chosen"]["f1"]
    assert f"{results['threshold']:.3f} chosen" in card
    assert f" {f1:.3f} [" in card
