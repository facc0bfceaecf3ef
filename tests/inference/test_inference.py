"""Predictors and backends: the geometry with a model that sees dots, ONNX held against torch."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch
from pushup.inference.onnx_model import OnnxModel

from pushup.__main__ import main as pushup
from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap, OffsetHeatmap
from pushup.geometry import Framing
from pushup.inference import export
from pushup.inference.predictor import KeypointPredictor, load_model
from pushup.inference.tracking import OneEuro, RegionTracker
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.encoder_decoder import EncoderDecoder
from pushup.models.keypoint_model import KeypointModel
from pushup.skeleton import UPPER7


class DotModel:
    """Sees the centre of mass of pure red, as every joint; its score is the dot's brightness."""

    name, skeleton, input_size, framing = "dot", UPPER7, 96, Framing.RECTANGLE

    def predict(self, images, flip_test=False):
        red = (images[:, 0].double() - images[:, 1].double()).clamp(min=0)
        total = red.sum((1, 2)).clamp(min=1e-9)
        across, down = red.sum(1), red.sum(2)
        moments = [m @ torch.arange(m.shape[-1], dtype=torch.float64) for m in (across, down)]
        centre = torch.stack(moments, -1) / total[:, None]
        scores = red.amax((1, 2))[:, None].expand(-1, 7) / 255
        return centre[:, None].expand(-1, 7, 2), scores, None


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
    network = EncoderDecoder("mobilenetv2_100", 7, same_padding=True)
    yield KeypointModel("padded", network, GaussianHeatmap(64), UPPER7)


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
    lying = torch.randint(0, 256, (1, 3, 32, 64), dtype=torch.uint8)
    for images in (lying, lying.transpose(2, 3).contiguous()):
        expected, found = (m.predict(images)[0] for m in (model, exported))
        torch.testing.assert_close(found, expected, atol=0.1, rtol=0)
    assert (exported.name, exported.skeleton, exported.input_size) == (model.name, UPPER7, 64)
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


def test_a_predictor_gives_the_same_pose_from_either_backend(tmp_path):
    model = next(small_models()).eval()
    weights.save(model, model.spec(), tmp_path / "m.safetensors")
    frame = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    from_torch = KeypointPredictor(weights.load(tmp_path / "m.safetensors"))(frame)
    from_onnx = KeypointPredictor(load_model(tmp_path / "m.safetensors", "blazepose"))(frame)
    assert isinstance(load_model(tmp_path / "m.safetensors", device="cuda"), KeypointModel)
    np.testing.assert_allclose(from_onnx.scores, from_torch.scores, atol=1e-4)
    np.testing.assert_allclose(from_onnx.keypoints_frame, from_torch.keypoints_frame, atol=0.2)


@pytest.mark.parametrize("framing", list(Framing))
def test_a_whole_frame_is_looked_at_as_the_model_has_learnt_to(tmp_path, framing):
    torch.manual_seed(0)
    model = KeypointModel("b", BlazePose, GaussianHeatmap(128), UPPER7, framing=framing)
    weights.save(model, model.spec(), tmp_path / "m.safetensors")
    export.export(model, tmp_path / "m.onnx")
    for file in ("m.safetensors", "m.onnx"):
        predictor = KeypointPredictor(load_model(tmp_path / file))
        shapes, predict = [], predictor.model.predict
        predictor.model.predict = lambda x, *a, f=predict, s=shapes: s.append(x.shape) or f(x, *a)
        predictor(np.zeros((90, 160, 3), np.uint8))
        predictor(np.zeros((90, 160, 3), np.uint8), (20.0, 10.0, 60.0, 80.0))
        assert shapes == [(1, 3, 96 if framing == "rectangle" else 128, 128), (1, 3, 128, 128)]


def test_the_command_exports_and_reports(tmp_path, capsys):
    model = next(small_models())
    weights.save(model, model.spec(), tmp_path / "m.safetensors")
    pushup(["export-onnx", str(tmp_path / "m.safetensors"), str(tmp_path / "sub" / "m.onnx")])
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


def test_one_euro_holds_still_and_follows_fast_motion():
    times = np.arange(300) / 30
    noise = 0.05 * np.random.default_rng(0).standard_normal(300)
    calm, prompt = (OneEuro(min_cutoff_hz=1.0, beta=b) for b in (0.0, 4.0))
    rest = np.array([calm.update(t, np.array([v]))[0] for t, v in zip(times, noise, strict=True)])
    assert rest[60:].std() < 0.4 * noise[60:].std()
    ramp = 5 * times
    calm.reset()
    for t, v in zip(times, ramp, strict=True):
        lag_calm, lag = (v - f.update(t, np.array(v)) for f in (calm, prompt))
    share = 1 - np.exp(-2 * np.pi / 30)
    assert lag_calm == pytest.approx(5 / 30 * (1 / share - 1))
    assert 0 <= lag < 0.1 * lag_calm


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_one_euro_is_about_seconds(fps):
    step = OneEuro(min_cutoff_hz=0.5, beta=0.0)
    for k in range(fps + 1):
        value = step.update(k / fps, np.array(0.0 if k == 0 else 1.0))
    assert value == pytest.approx(1 - np.exp(-2 * np.pi * 0.5), abs=0.02)


class SevenDots:
    """Each joint is one of seven dots of falling hue; the score grows with the dots' size."""

    name, skeleton, input_size, framing = "dots", UPPER7, 192, Framing.RECTANGLE

    def __init__(self):
        self.looks = 0

    def predict(self, images, flip_test=False):
        self.looks += 1
        image = images[0].permute(1, 2, 0).numpy().astype(int)
        keypoints, scores = np.zeros((7, 2)), np.zeros(7)
        for k, colour in enumerate(COLOURS):
            rows, columns = np.nonzero(np.abs(image - colour).max(-1) < 25)
            if len(rows):
                keypoints[k] = columns.mean(), rows.mean()
                scores[k] = min(1.0, len(rows) / 60)
        return torch.from_numpy(keypoints)[None], torch.from_numpy(scores)[None], None


COLOURS = [(40 + 30 * k, 255 - 30 * k, 128) for k in range(7)]  # RGB
OFFSETS = np.array([[-30, 25], [-24, 8], [-12, -8], [0, -22], [12, -8], [24, 8], [30, 25]])


def person(centre, size_wh=(640, 480), scale=1.0, joints=7):
    frame = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    if centre is not None:
        for colour, offset in list(zip(COLOURS, OFFSETS, strict=True))[:joints]:
            at = tuple(int(v) for v in np.round(np.array(centre) + scale * offset))
            cv2.circle(frame, at, round(8 * scale), colour[::-1], -1)
    return frame


def mean_score(tracker, frames, fps=30):
    return [tracker.track(f, k / fps).scores.mean() for k, f in enumerate(frames)]


def test_a_small_person_is_seen_better_by_region():
    frames = [person((500 + 2 * k, 300)) for k in range(30)]
    whole = mean_score(KeypointPredictor(SevenDots()), frames)
    tracker = RegionTracker(SevenDots())
    region = mean_score(tracker, frames)
    assert region[0] == whole[0]
    assert np.mean(region[1:]) > 2 * np.mean(whole)
    pose = tracker.track(person((560, 300)), 1.0)
    np.testing.assert_allclose(pose.keypoints_frame, np.add(OFFSETS, (560, 300)), atol=1.0)


def test_a_person_who_jumps_elsewhere_is_found_in_the_same_frame():
    tracker = RegionTracker(SevenDots(), refresh_s=1e9)
    mean_score(tracker, [person((100, 100))] * 20)
    pose = tracker.track(person((500, 400)), 20 / 30)
    assert pose.box_xyxy is None
    np.testing.assert_allclose(
        pose.keypoints_frame.mean(0), np.add(OFFSETS.mean(0), (500, 400)), atol=8
    )


def test_nobody_there_is_looked_for_everywhere():
    tracker = RegionTracker(SevenDots())
    mean_score(tracker, [person((100, 100))] * 20)
    for k in range(20, 40):
        pose = tracker.track(person(None), k / 30)
        assert pose.scores.max() == 0
    assert pose.box_xyxy is None
    tracker.track(person((400, 300)), 40 / 30)
    assert tracker.track(person((400, 300)), 41 / 30).box_xyxy is not None


def test_a_region_that_holds_on_to_something_worse_is_given_up():
    half = person((100, 100), joints=4)
    tracker = RegionTracker(SevenDots(), refresh_s=0.5, enlarge=2.0)
    mean_score(tracker, [half] * 10)
    both = np.maximum(half, person((450, 250), scale=2))
    heads = [tracker.track(both, (10 + k) / 30).keypoints_frame[3] for k in range(30)]
    np.testing.assert_allclose(heads[0], OFFSETS[3] + [100, 100], atol=3)
    np.testing.assert_allclose(heads[-1], 2 * OFFSETS[3] + [450, 250], atol=3)


def test_tracking_costs_one_look_a_frame_and_a_refresh_a_second():
    model = SevenDots()
    mean_score(RegionTracker(model, refresh_s=1.0), [person((300, 200))] * 90)
    assert 90 < model.looks <= 94


def test_a_person_who_fills_the_frame_needs_no_region():
    tracker = RegionTracker(SevenDots())
    frames = [person((320, 240), scale=8)] * 3
    assert [tracker.track(f, k / 30).box_xyxy for k, f in enumerate(frames)] == [None] * 3
