"""Predictors and backends: the geometry with a model that sees dots, ONNX held against torch."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap, OffsetHeatmap
from pushup.inference import export
from pushup.inference.onnx_model import OnnxModel
from pushup.inference.predictor import KeypointPredictor, load_model
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.encoder_decoder import EncoderDecoder
from pushup.models.keypoint_model import KeypointModel
from pushup.skeleton import UPPER7


class DotModel:
    """Sees the centre of mass of pure red, as every joint; its score is the dot's brightness."""

    name, skeleton, input_size = "dot", UPPER7, 96

    def predict(self, images, flip_test=False):
        red = (images[:, 0].double() - images[:, 1].double()).clamp(min=0)
        total = red.sum((1, 2)).clamp(min=1e-9)
        grid = torch.arange(self.input_size, dtype=torch.float64)
        centre = torch.stack(((red.sum(1) @ grid), (red.sum(2) @ grid)), -1) / total[:, None]
        scores = red.amax((1, 2))[:, None].expand(-1, 7) / 255
        return centre[:, None].expand(-1, 7, 2), scores


def frame_with_dot(size_wh, at, radius=6):
    frame = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    cv2.circle(frame, at, radius, (0, 0, 255), -1)
    return frame


@pytest.mark.parametrize("size_wh", [(320, 240), (240, 426), (64, 50)])
def test_keypoints_come_back_in_frame_pixels(size_wh):
    at = (size_wh[0] * 3 // 4, size_wh[1] // 3)
    pose = KeypointPredictor(DotModel())(frame_with_dot(size_wh, at))
    assert pose.keypoints_frame.shape == (7, 2)
    np.testing.assert_allclose(pose.keypoints_frame, np.tile(at, (7, 1)), atol=0.3)
    assert pose.scores.min() > 0.9
    assert pose.box_xyxy is None


def test_a_box_restricts_the_view():
    frame = frame_with_dot((320, 240), (300, 50)) | frame_with_dot((320, 240), (60, 200))
    box = (20.0, 150.0, 100.0, 230.0)
    pose = KeypointPredictor(DotModel())(frame, box)
    np.testing.assert_allclose(pose.keypoints_frame, np.tile((60, 200), (7, 1)), atol=0.3)
    assert pose.box_xyxy == box


def small_models():
    torch.manual_seed(0)
    yield KeypointModel("blazepose", BlazePose, GaussianHeatmap(64), UPPER7, (0.5,) * 3)
    network = EncoderDecoder("mobilenetv2_100", 21)
    yield KeypointModel("mobilenet", network, OffsetHeatmap(64), UPPER7, (0.4,) * 3, (0.2,) * 3)
    network = EncoderDecoder("shufflenet_v2_x1_0", 7)
    yield KeypointModel("shufflenet", network, GaussianHeatmap(64), UPPER7)


@pytest.mark.parametrize("model", small_models(), ids=lambda m: m.name)
def test_the_onnx_export_agrees_with_torch(model, tmp_path):
    model.eval()
    assert export.export(model, tmp_path / "m.onnx") <= export.TOLERANCE
    exported = load_model(tmp_path / "m.onnx")
    images = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8)
    for flip_test in (False, True):
        expected, found = (m.predict(images, flip_test) for m in (model, exported))
        torch.testing.assert_close(found[1], expected[1], atol=1e-4, rtol=0)
        torch.testing.assert_close(found[0], expected[0], atol=0.1, rtol=0)
    assert (exported.name, exported.skeleton, exported.input_size) == (model.name, UPPER7, 64)
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


def test_a_predictor_gives_the_same_pose_from_either_backend(tmp_path):
    model = next(small_models()).eval()
    weights.save(model, model.spec(), tmp_path / "m.safetensors")
    model = load_model(tmp_path / "m.safetensors")
    export.export(model, tmp_path / "m.onnx")
    frame = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    from_torch = KeypointPredictor(model)(frame)
    from_onnx = KeypointPredictor(load_model(tmp_path / "m.onnx"))(frame)
    np.testing.assert_allclose(from_onnx.scores, from_torch.scores, atol=1e-4)
    np.testing.assert_allclose(from_onnx.keypoints_frame, from_torch.keypoints_frame, atol=0.2)


def test_the_command_exports_and_reports(tmp_path, capsys):
    model = next(small_models())
    weights.save(model, model.spec(), tmp_path / "m.safetensors")
    export.main([str(tmp_path / "m.safetensors"), str(tmp_path / "sub" / "m.onnx")])
    assert "differ from torch by at most" in capsys.readouterr().out
    assert load_model(tmp_path / "sub" / "m.onnx", "blazepose").name == "blazepose"


def test_an_export_that_disagrees_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_difference", lambda *_: 0.5)
    with pytest.raises(InputError, match=r"differs from torch by 0\.5"):
        export.export(next(small_models()), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def bad_onnx(folder: Path):
    (folder / "noise.onnx").write_bytes(b"\x08\x01 not a model")
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    info = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy"]
    graph = onnx.helper.make_graph([node], "g", info[:1], info[1:])
    opset = [onnx.helper.make_opsetid("", 17)]
    foreign = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(foreign, folder / "foreign.onnx")
    export.export(next(small_models()), folder / "blazepose.onnx")
    return {
        "nosuch.onnx": (None, "no model"),
        "noise.onnx": (None, "not a readable ONNX model"),
        "foreign.onnx": (None, "carries no keypoint model"),
        "blazepose.onnx": ("mobilenet", "holds model 'blazepose', not 'mobilenet'"),
    }


def test_bad_onnx_files_give_one_line_with_their_name(tmp_path):
    for file, (name, words) in bad_onnx(tmp_path).items():
        with pytest.raises(InputError, match=words) as caught:
            OnnxModel(tmp_path / file, name)
        assert file in str(caught.value)
        assert "\n" not in str(caught.value)
