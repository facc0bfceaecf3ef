"""Scores as sure as they are right: found by `metrics.calibration`, carried by weights."""

import numpy as np
import pytest
import torch
from scipy.special import expit, logit

from pushup.__main__ import main as pushup
from pushup.codecs import GaussianHeatmap
from pushup.metrics.calibration import platt_scaling, temperature
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.keypoint_model import KeypointModel
from pushup.skeleton import UPPER7
from pushup.specs import locate
from support.networks import in_onnx, in_torch


def test_temperature_undoes_what_made_scores_too_sure_or_not_sure_enough():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, 4000)
    labels = rng.random(4000) < 1 / (1 + np.exp(-logits))
    for factor in (0.3, 1.0, 4.0):
        found = temperature(1 / (1 + np.exp(-factor * logits)), labels)
        assert found == pytest.approx(factor, rel=0.06)
    assert np.isnan(temperature(np.array([0.2, 0.9]), np.array([True, True])))


def test_platt_scaling_undoes_what_made_scores_too_sure_or_shy():
    rng = np.random.default_rng(0)
    logits = rng.normal(1, 2, 8000)
    right = rng.random(8000) < 1 / (1 + np.exp(-logits))
    for scale, shift in ((1.0, 0.0), (0.5, -2.0), (3.0, 1.0)):
        told = 1 / (1 + np.exp(-(scale * logits + shift)))
        found_scale, found_shift = platt_scaling(told, right)
        assert found_scale == pytest.approx(1 / scale, rel=0.08)
        assert found_shift == pytest.approx(-shift / scale, abs=0.12)
        calibrated = 1 / (1 + np.exp(-(found_scale * np.log(told / (1 - told)) + found_shift)))
        assert calibrated.mean() == pytest.approx(right.mean(), abs=1e-3)
    assert np.isnan(platt_scaling(np.array([0.2, 0.9]), np.array([True, True]))).all()


def test_calibrate_command_changes_scores_alone(tmp_path, capsys):
    torch.manual_seed(0)
    model = KeypointModel("blazepose", BlazePose(7), GaussianHeatmap(64, 4.0), UPPER7)
    file, out = tmp_path / "file.safetensors", tmp_path / "out.safetensors"
    weights.save(model, model.spec() | {"training": {"seed": 0}}, file)
    pushup(["weights", "calibrate", str(out), str(file), "2", "0.5"])
    images = torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8)
    before, after = weights.load(file), weights.load(out)
    points, scores, _ = in_torch(before).predict(images.numpy())
    for calibrated in (in_torch(after), in_onnx(after)):
        found_points, found_scores, _ = calibrated.predict(images.numpy())
        np.testing.assert_allclose(found_points, points, atol=1e-2)
        expected = expit(2 * logit(scores) + 0.5)
        np.testing.assert_allclose(found_scores, expected, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(after(images), before(images))  # what a teacher shows
    assert weights.read(out)[0]["training"] == {"calibrated": [2.0, 0.5], "of": {"seed": 0}}
    pushup(["weights", "calibrate", str(out), str(out), "3", "-1"])
    codec = weights.load(out).codec
    assert (codec.score_scale, codec.score_shift) == (6.0, 0.5)  # 3 (2 x + 0.5) - 1
    weights.average([out, file], tmp_path / "mean.safetensors")
    assert weights.load(tmp_path / "mean.safetensors").codec == model.codec
    classifier, nothing = str(locate("classifier")), str(tmp_path / "no.safetensors")
    for bad, message in (
        ([nothing, str(file), "0", "1"], "above 0"),
        ([nothing, classifier, "1", "1"], "no keypoint model"),
    ):
        with pytest.raises(SystemExit) as stopped:
            pushup(["weights", "calibrate", *bad])
        assert stopped.value.code == 1
        assert message in capsys.readouterr().err
        assert not (tmp_path / "no.safetensors").exists()
