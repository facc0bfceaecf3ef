"""Predictors and backends: the geometry with a model that sees dots, ONNX held against torch."""

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
import torch

from pushup.__main__ import main as pushup
from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap, OffsetHeatmap
from pushup.geometry import Framing
from pushup.inference import export
from pushup.inference.backends import RUNTIMES, open_session
from pushup.inference.classifier import SampledClassifier, shared
from pushup.inference.onnx_export import to_onnx
from pushup.inference.predictor import KeypointPredictor, Pose, load_model
from pushup.inference.ready import cache_folder, exported
from pushup.inference.region import OneEuro, Region
from pushup.inference.tracking import RegionTracker
from pushup.models import weights
from pushup.models.blazepose import BlazePose
from pushup.models.encoder_decoder import EncoderDecoder
from pushup.models.keypoint_model import KeypointModel
from pushup.paths import WEIGHTS
from pushup.skeleton import UPPER7
from pushup.specs import shipped
from support.networks import in_torch


class DotModel:
    """Sees the centre of mass of pure red, as every joint; its score is the dot's brightness."""

    name, skeleton, input_size, framing = "dot", UPPER7, 96, Framing.RECTANGLE

    def predict(self, images, flip_test=False):
        red = np.maximum(images[:, 0].astype(float) - images[:, 1], 0)
        total = np.maximum(red.sum((1, 2)), 1e-9)
        moments = [m @ np.arange(m.shape[-1]) for m in (red.sum(1), red.sum(2))]
        centre = np.stack(moments, -1) / total[:, None]
        scores = np.repeat(red.max((1, 2))[:, None], 7, 1) / 255
        return np.repeat(centre[:, None], 7, 1), scores, None


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


def noise(*shape) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


def saved(model, file: Path) -> Path:
    weights.save(model, model.spec(), file)
    return file


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
    file = saved(model, tmp_path / "m.safetensors")
    own, *others = export.export(file, tmp_path / "m.onnx")
    assert own.name == "torch"
    assert others[0].difference <= export.TOLERANCE
    network = in_torch(weights.load(file))
    exported = load_model(tmp_path / "m.onnx", runtime="onnxruntime")
    images = noise(3, 3, 64, 64)
    for flip_test in (False, True):
        expected, found = (m.predict(images, flip_test) for m in (network, exported))
        np.testing.assert_allclose(found[1], expected[1], atol=1e-4)
        np.testing.assert_allclose(found[0], expected[0], atol=0.1)
    lying = noise(1, 3, 32, 64)
    for images in (lying, np.ascontiguousarray(lying.transpose(0, 1, 3, 2))):
        expected, found = (m.predict(images)[0] for m in (network, exported))
        np.testing.assert_allclose(found, expected, atol=0.1)
    assert (exported.name, exported.skeleton, exported.input_size) == (model.name, UPPER7, 64)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.onnx", "m.safetensors"]


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (1, 3, 32, 64), (2, 3, 64, 64)])
def test_the_runtimes_agree(shape):
    pytest.importorskip("openvino")
    model = next(small_models()).eval()
    images = noise(*shape)
    maps = [open_session(to_onnx(model), r).run(images)["maps"] for r in RUNTIMES]
    # in bfloat16, where the CPU has it, of 8 bits
    np.testing.assert_allclose(maps[0], maps[1], atol=0.02 * np.abs(maps[1]).max())


def test_a_runtime_that_is_not_there_is_named(tmp_path):
    file = saved(next(small_models()), tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="runtime=tensorrt is not to be had: install one of"):
        load_model(file, runtime="tensorrt")


def test_an_export_is_made_once_and_found_again(tmp_path, monkeypatch):
    file = saved(next(small_models()), tmp_path / "m.safetensors")
    cached = exported(file)
    assert cached.parent == cache_folder()
    made_s = cached.stat().st_mtime_ns
    assert exported(file) == cached
    assert cached.stat().st_mtime_ns == made_s
    export.export(file, tmp_path / "m.onnx")
    assert exported(file) == tmp_path / "m.onnx"  # that beside it comes first ...
    torch.manual_seed(1)
    saved(KeypointModel("b", BlazePose, GaussianHeatmap(64), UPPER7), file)
    assert exported(file) not in (cached, tmp_path / "m.onnx")  # ... if it was made from it


def test_without_torch_an_export_has_to_be_there(tmp_path):
    file = saved(next(small_models()), tmp_path / "m.safetensors")
    code = f"""
import sys
sys.modules["torch"] = None
from pushup.cli import InputError
from pushup.inference.predictor import load_model
try:
    load_model({str(file)!r})
except InputError as error:
    print(error)
"""
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "exporting it needs torch" in shown.stdout


def test_a_predictor_gives_the_same_pose_from_either_backend(tmp_path):
    file = saved(next(small_models()), tmp_path / "m.safetensors")
    frame = np.random.default_rng(0).integers(0, 255, (90, 120, 3), dtype=np.uint8)
    from_torch = KeypointPredictor(in_torch(weights.load(file)))(frame)
    from_onnx = KeypointPredictor(load_model(file, "blazepose", runtime="onnxruntime"))(frame)
    np.testing.assert_allclose(from_onnx.scores, from_torch.scores, atol=1e-4)
    np.testing.assert_allclose(from_onnx.keypoints_frame, from_torch.keypoints_frame, atol=0.2)


@pytest.mark.parametrize("framing", list(Framing))
def test_a_whole_frame_is_looked_at_as_the_model_has_learnt_to(tmp_path, framing):
    torch.manual_seed(0)
    model = KeypointModel("b", BlazePose, GaussianHeatmap(128), UPPER7, framing=framing)
    export.export(saved(model, tmp_path / "m.safetensors"), tmp_path / "m.onnx")
    for file in ("m.safetensors", "m.onnx"):
        predictor = KeypointPredictor(load_model(tmp_path / file))
        shapes, predict = [], predictor.model.predict
        predictor.model.predict = lambda x, *a, f=predict, s=shapes: s.append(x.shape) or f(x, *a)
        predictor(np.zeros((90, 160, 3), np.uint8))
        predictor(np.zeros((90, 160, 3), np.uint8), (20.0, 10.0, 60.0, 80.0))
        assert shapes == [(1, 3, 96 if framing == "rectangle" else 128, 128), (1, 3, 128, 128)]


def test_the_command_exports_and_reports(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    saved(next(small_models()), tmp_path / "m.safetensors")
    pushup(["export", "ckpt_path=m.safetensors", "out=sub/m.onnx"])
    assert "ONNX Runtime" in capsys.readouterr().out
    assert load_model(Path("sub/m.onnx"), "blazepose").name == "blazepose"
    pushup(["export", "ckpt_path=m.safetensors", "format=torchscript"])
    assert "m.pt: " in capsys.readouterr().out
    pushup(["export", "ckpt_path=m.safetensors", "format=openvino"])
    assert "OpenVINO, float32" in capsys.readouterr().out
    assert {p.name for p in tmp_path.iterdir()} == {
        "m.safetensors",
        "sub",
        "m.pt",
        "m.xml",
        "m.bin",
    }


def test_eight_bits_carry_the_description_and_find_about_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "CALIBRATION", 4)
    file = saved(next(small_models()), tmp_path / "m.safetensors")
    checks = export.export(file, tmp_path / "m.onnx", "onnx_int8")
    size = [(tmp_path / name).stat().st_size for name in ("m.onnx", "m.safetensors")]
    assert size[0] < 0.5 * size[1]  # of float32
    maps = in_torch(weights.load(file)).maps(noise(1, 3, 64, 64))
    assert 0 < checks[1].difference < 0.5 * np.abs(maps).max()
    assert load_model(tmp_path / "m.onnx", runtime="onnxruntime").skeleton == UPPER7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["format=tensorrt", "model=mobilenet"], "unknown format=tensorrt: choose one of onnx"),
        ([], "nothing to export: give model=NAME or ckpt_path=FILE"),
        (["ckpt_path=nosuch.ckpt"], "nosuch.ckpt"),
        (["model=mobilenet", "format=tflite"], "pip install 'pushup[tflite]'"),
        (["ckpt_path=${weights}/mobilenet.onnx"], "give the .ckpt or .safetensors"),
        (["ckpt_path=${weights}/counter.safetensors"], "sees no picture by itself"),
    ],
)
def test_what_cannot_be_exported_is_one_line(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "litert_torch", None)
    monkeypatch.setattr(export, "CHECKED", 1)
    arguments = [a.replace("${weights}", str(WEIGHTS)) for a in arguments]
    with pytest.raises(SystemExit) as stopped:
        pushup(["export", *arguments])
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "module"), [("tflite", "litert_torch"), ("openvino", "openvino")])
def test_a_package_that_cannot_be_imported_is_one_line(kind, module, tmp_path, monkeypatch, capsys):
    (tmp_path / f"{module}.py").write_text(f"raise ImportError('broken', name='{module}')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(SystemExit):
        pushup(["export", "model=mobilenet", f"format={kind}"])
    error = capsys.readouterr().err
    assert module in error
    assert "cannot be imported" in error
    assert error.count("\n") == 1


def test_an_export_that_disagrees_is_not_written(tmp_path, monkeypatch):
    file = saved(next(small_models()), tmp_path / "m.safetensors")
    monkeypatch.setattr(export, "TOLERANCE", 0.0)
    with pytest.raises(InputError, match=r"differs from torch by .*: not written"):
        export.export(file, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == [file]


def test_an_export_that_loses_is_not_written(tmp_path):
    file = saved(next(small_models()), tmp_path / "m.safetensors")
    with pytest.raises(InputError, match=r"loses 0\.1000 PCKs in TorchScript: not written"):
        export.export(
            file, tmp_path / "m.pt", "torchscript", lambda s: 0.8 if s.runtime == "torch" else 0.7
        )
    assert list(tmp_path.iterdir()) == [file]


def bad_onnx(folder: Path):
    (folder / "noise.onnx").write_bytes(b"\x08\x01 not a model")
    node = onnx.helper.make_node("Identity", ["x"], ["y"])
    info = [onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy"]
    graph = onnx.helper.make_graph([node], "g", info[:1], info[1:])
    opset = [onnx.helper.make_opsetid("", 17)]
    foreign = onnx.helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.save(foreign, folder / "foreign.onnx")
    file = saved(next(small_models()), folder / "m.safetensors")
    export.export(file, folder / "blazepose.onnx")
    return {
        "nosuch.onnx": (None, "no model"),
        "noise.onnx": (None, "not a readable ONNX model"),
        "foreign.onnx": (None, "was not written by this project"),
        "blazepose.onnx": ("mobilenet", "holds model 'blazepose', not 'mobilenet'"),
    }


def test_bad_onnx_files_give_one_line_with_their_name(tmp_path):
    for file, (name, words) in bad_onnx(tmp_path).items():
        with pytest.raises(InputError, match=words) as caught:
            load_model(tmp_path / file, name)
        assert file in str(caught.value)
        assert "\n" not in str(caught.value)


def test_one_euro_holds_still_and_follows_fast_motion():
    times = np.arange(300) / 30
    noise = 0.05 * np.random.default_rng(0).standard_normal(300)
    calm, prompt = (OneEuro(min_cutoff_hz=1.0, beta=b) for b in (0.0, 4.0))
    rest = np.array([calm.update(t, v) for t, v in zip(times, noise, strict=True)])
    assert rest[60:].std() < 0.4 * noise[60:].std()
    ramp = 5 * times
    calm.reset()
    for t, v in zip(times, ramp, strict=True):
        lag_calm, lag = (v - f.update(t, v) for f in (calm, prompt))
    share = 1 - np.exp(-2 * np.pi / 30)
    assert lag_calm == pytest.approx(5 / 30 * (1 / share - 1))
    assert 0 <= lag < 0.1 * lag_calm


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_one_euro_is_about_seconds(fps):
    step = OneEuro(min_cutoff_hz=0.5, beta=0.0)
    for k in range(fps + 1):
        value = step.update(k / fps, 0.0 if k == 0 else 1.0)
    assert value == pytest.approx(1 - np.exp(-2 * np.pi * 0.5), abs=0.02)


class SevenDots:
    """Each joint is one of seven dots of falling hue; the score grows with the dots' size."""

    name, skeleton, input_size, framing = "dots", UPPER7, 192, Framing.RECTANGLE

    def __init__(self):
        self.looks = 0

    def predict(self, images, flip_test=False):
        self.looks += 1
        image = images[0].transpose(1, 2, 0).astype(int)
        keypoints, scores = np.zeros((7, 2)), np.zeros(7)
        for k, colour in enumerate(COLOURS):
            rows, columns = np.nonzero(np.abs(image - colour).max(-1) < 25)
            if len(rows):
                keypoints[k] = columns.mean(), rows.mean()
                scores[k] = min(1.0, len(rows) / 60)
        return keypoints[None], scores[None], None


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
    tracker = RegionTracker(SevenDots(), region=Region(refresh_s=1e9))
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
    tracker = RegionTracker(SevenDots(), region=Region(refresh_s=0.5, enlarge=2.0))
    mean_score(tracker, [half] * 10)
    both = np.maximum(half, person((450, 250), scale=2))
    heads = [tracker.track(both, (10 + k) / 30).keypoints_frame[3] for k in range(30)]
    np.testing.assert_allclose(heads[0], OFFSETS[3] + [100, 100], atol=3)
    np.testing.assert_allclose(heads[-1], 2 * OFFSETS[3] + [450, 250], atol=3)


def test_tracking_costs_one_look_a_frame_and_a_refresh_a_second():
    model = SevenDots()
    mean_score(RegionTracker(model, region=Region(refresh_s=1.0)), [person((300, 200))] * 90)
    assert 90 < model.looks <= 94


def test_a_person_who_fills_the_frame_needs_no_region():
    tracker = RegionTracker(SevenDots())
    frames = [person((320, 240), scale=8)] * 3
    assert [tracker.track(f, k / 30).box_xyxy for k, f in enumerate(frames)] == [None] * 3


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet_384", "classifier"])
def test_what_the_app_uses_ships_ready_to_run(name):
    file = shipped()[name]
    assert exported(file) == file.with_suffix(".onnx"), f"run: pushup export {name} {name}.onnx"


def test_a_classifier_is_asked_ten_times_a_second():
    asked = []
    sampled = SampledClassifier(lambda frame, pose: asked.append(frame) or float(len(asked)))
    scores = [sampled(k, None, k / 30) for k in range(13)]
    assert asked == [0, 3, 6, 9, 12]
    assert scores == [1.0] * 3 + [2.0] * 3 + [3.0] * 3 + [4.0] * 3 + [5.0]
    sampled.reset()
    assert sampled(0, None, 0.0) == 6.0


def test_a_score_that_comes_with_the_pose_is_always_taken():
    sampled = SampledClassifier(shared)
    poses = [Pose(np.zeros((7, 2)), np.ones(7), pushing_up=score) for score in (0.1, 0.9)]
    assert [sampled(None, pose, 0.01) for pose in poses] == [0.1, 0.9]
