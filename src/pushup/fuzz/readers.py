"""Every reader of files that come from elsewhere, with a small whole file for each."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from scipy.io import savemat

from pushup.app import log
from pushup.codecs import GaussianHeatmap
from pushup.counting.signal_counter import count_signal, read_signal
from pushup.counting.trace import Trace, load_trace, save_trace
from pushup.data import clips, coco, hard_examples, mpii, pseudo_labels, recognition, seven_point
from pushup.data.benchmarks import read_countix, read_repcount
from pushup.data.pictures import header, read_rgb
from pushup.fuzz.mutations import (
    Mutation,
    damage_bytes,
    damage_json,
    damage_npz,
    damage_onnx,
    damage_safetensors,
    damage_text,
)
from pushup.inference.backends import open_session
from pushup.inference.networks import PoseNetwork
from pushup.inference.onnx_export import to_onnx
from pushup.models import EncoderDecoder, KeypointModel, movenet, weights
from pushup.skeleton import UPPER7
from pushup.specs import SPEC_KEY


@dataclass(frozen=True)
class Reader:
    """A reader to be fuzzed.

    Attributes:
        name: What it reads.
        make: Writes a whole file, and what lies beside it, into a folder; returns its path.
        read: Reads it, far enough to meet all that is in it.
        mutations: Ways to damage the file, each as often as the others.
        cost: How much dearer a file is than others; fewer are read of dear ones.
    """

    name: str
    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    mutations: Sequence[Mutation]
    cost: int = 1


TEXT = (damage_text, damage_bytes)
JSON = (damage_json, damage_json, damage_text, damage_bytes)


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def _picture(folder: Path, name: str = "a.png") -> Path:
    image = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    cv2.imwrite(str(folder / name), image)
    return folder / name


def _trace(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    trace = Trace(np.arange(40) / 10, rng.uniform(0, 99, (40, 7, 2)), np.ones((40, 7)), (99, 99))
    save_trace(folder / "a.npz", trace)
    return folder / "a.npz"


def _votes(folder: Path) -> Path:
    votes = np.random.default_rng(0).uniform(0, 99, (2, 4, 33, 3)).astype("f4")
    np.savez_compressed(folder / "a.npz", names=["a.png", "b.png"], votes=votes)
    return folder / "a.npz"


def _model() -> KeypointModel:
    torch.manual_seed(0)
    network = EncoderDecoder("test_efficientnet", 7, [16, 16, 16], [1, 1, 1])
    return KeypointModel("small", network, GaussianHeatmap(64), UPPER7).eval()  # type: ignore


def _safetensors(folder: Path) -> Path:
    model = _model()
    weights.save(model, model.spec(), folder / "a.safetensors")
    return folder / "a.safetensors"


def _checkpoint(folder: Path) -> Path:
    model = _model()
    state = {weights.MODEL_PREFIX + key: value for key, value in model.state_dict().items()}
    torch.save({"state_dict": state, SPEC_KEY: model.spec()}, folder / "a.ckpt")
    return folder / "a.ckpt"


def _onnx(folder: Path) -> Path:
    (folder / "a.onnx").write_bytes(to_onnx(_model()))
    return folder / "a.onnx"


def _read_onnx(runtime: str) -> Callable[[Path], Any]:
    return lambda path: PoseNetwork(open_session(path, runtime, threads=1), None, path)


def _community(folder: Path) -> Path:
    _picture(folder)
    joints = np.random.default_rng(0).uniform(0, 20, (16, 2))
    person = mpii.MpiiPerson(
        "a.png", joints, np.ones(16, bool), np.ones(16, bool), np.array([9.0, 9]), 0.1
    )
    mpii.write_community_json(folder / "train.json", [person, person])
    return folder / "train.json"


def _seven_point(folder: Path) -> Path:
    _picture(folder)
    row = {"image": "a.png", "points": [[3.0, 4.0]] * 7, "visibility": [1] * 7}
    row |= {"bbox": [[1, 1], [9, 9]], "is_pushing_up": 1}
    return _written(folder / "train.json", json.dumps([row, row]))


def _coco(folder: Path) -> Path:
    _picture(folder)
    names = ["nose", "left_shoulder", "right_shoulder", "left_elbow", "right_wrist"]
    person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 20, 20]}
    person["keypoints"] = [3, 4, 2] * len(names)
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 32, "height": 24}],
        "annotations": [person, person | {"id": 2}],
        "categories": [{"id": 1, "name": "person", "keypoints": names}],
    }
    return _written(folder / "train.json", json.dumps(content))


def _split(read: Callable[[Path, str], Any]) -> Callable[[Path], Any]:
    return lambda path: read(path.parent, path.stem)


def _mat(folder: Path) -> Path:
    point = {"x": 3.0, "y": 4.0, "id": 9, "is_visible": 1}
    rect = {"x1": 1, "y1": 1, "x2": 9, "y2": 9, "scale": 1.0, "annopoints": {"point": point}}
    image = {"image": {"name": "a.png"}, "annorect": rect}
    savemat(folder / "a.mat", {"RELEASE": {"annolist": image, "img_train": 1}})
    return folder / "a.mat"


def _counts(folder: Path) -> Path:
    _written(folder / "reps.csv", "video,bottom_s\na.mp4,1.5\na.mp4,2.5\n")
    text = "video,count,split,view,scene\na.mp4,2,train,side,s1\nb.mp4,0,train,front,s2\n"
    return _written(folder / "counts.csv", text)


def _repcount(folder: Path) -> Path:
    _written(folder / "video" / "train" / "a.mp4", "")
    text = "type,name,count,L1,L2,L3,L4\npush_up,a.mp4,3,2,9,9,16\nsquat,b.mp4,1,2,9,,\n"
    return _written(folder / "annotation" / "train.csv", text)


def _countix(folder: Path) -> Path:
    _written(folder / "a_000010_000020.mp4", "")
    columns = "video_id,class,kinetics_start,kinetics_end,repetition_start,repetition_end,count"
    return _written(folder / "countix_train.csv", f"{columns}\na,push up,10,20,11.5,18,4\n")


def _recognition(folder: Path) -> Path:
    text = "image,label,group,split,source\na.png,1,g1,train,s\nb.png,0,g2,train,s\n"
    return _written(folder / "train.csv", text)


def _images_csv(folder: Path) -> Path:
    text = "image,source,group,error,pcks,confidence\na.png,s,g,0.25,0.5,0.7\nb.png,s,g,,,0.1\n"
    return _written(folder / "images.csv", text)


def _read_images_csv(path: Path) -> Any:
    record = mpii.Record(
        Path("a.png"), np.full((16, 2), np.nan), np.zeros(16, bool), np.zeros(16, bool)
    )
    return hard_examples.draw_weights(path, [record])


def _log(folder: Path) -> Path:
    with (folder / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(log.COLUMNS)
        writer.writerow(("2026-03-02 18:00:00.000", "camera 0", 2, 30, 20, 60.0, 2.0, "depth=4"))
        writer.writerow(("2026-03-03 18:00:00.000", "camera 0", 1, 10, 10, "", 2.5, "none"))
    return folder / "log.csv"


def _read_log(path: Path) -> Any:
    from pushup.app import history
    from pushup.app.report_page import page

    sessions = history.sessions_of(log.read(path))
    return page(sessions) if sessions else None


def _settings(folder: Path) -> Path:
    text = "source: '0'\nexercise: push_up\nmirror: true\ngoal: 50\npause_s: null\n"
    return _written(folder / "live.yaml", text)


def _read_settings(path: Path) -> Any:
    from pushup.app import remembered

    return remembered.read(path)


def _signal(folder: Path) -> Path:
    times = np.arange(0, 9, 0.25)
    rows = [f"{t:.2f},{np.sin(2 * t):.3f}" for t in times]
    return _written(folder / "a.csv", "time,value\n" + "\n".join(rows) + "\n")


def _movenet(folder: Path) -> Path:
    entry = {"name": "model/Conv1/weights", "shape": [3, 3, 3, 2], "dtype": "float32"}
    (folder / "a.bin").write_bytes(np.zeros(54, "f4").tobytes())
    content = {"weightsManifest": [{"paths": ["a.bin"], "weights": [entry]}]}
    return _written(folder / "a.json", json.dumps(content))


def _read_movenet(path: Path) -> Any:
    try:
        return movenet.read_convolutions(path)
    except ValueError as error:
        if "no MobileNetV2 trunk" in str(error):  # as the whole file is told as well
            return None
        raise


READERS = (
    Reader("keypoint trace", _trace, load_trace, (damage_npz, damage_bytes)),
    Reader("votes", _votes, pseudo_labels.read_votes, (damage_npz, damage_bytes)),
    Reader("safetensors", _safetensors, weights.load, (damage_safetensors, damage_bytes), 4),
    Reader("checkpoint", _checkpoint, weights.load, (damage_bytes,), 4),
    Reader("ONNX", _onnx, _read_onnx("onnxruntime"), (damage_onnx, damage_bytes), 4),
    Reader("ONNX, OpenVINO", _onnx, _read_onnx("openvino"), (damage_onnx, damage_bytes), 10),
    Reader("community JSON", _community, _split(mpii.read_community_json), JSON),
    Reader("seven-point JSON", _seven_point, _split(seven_point.read), JSON),
    Reader("COCO JSON", _coco, _split(coco.read), JSON),
    Reader("MATLAB", _mat, mpii.read_release_people, (damage_bytes,), 20),
    Reader("counts.csv", _counts, lambda p: clips.read_clips(p.parent, "train"), TEXT),
    Reader("RepCount-A", _repcount, lambda p: read_repcount(p.parents[1], "train"), TEXT),
    Reader("Countix", _countix, lambda p: read_countix(p.parent, "train"), TEXT),
    Reader("recognition CSV", _recognition, _split(recognition.read), TEXT),
    Reader("images.csv", _images_csv, _read_images_csv, TEXT),
    Reader("log.csv", _log, _read_log, TEXT),
    Reader("live.yaml", _settings, _read_settings, TEXT),
    Reader("signal CSV", _signal, lambda p: count_signal(*read_signal(p)), TEXT),
    Reader("picture", _picture, lambda p: (header(p), read_rgb(p)), (damage_bytes,)),
    Reader("MoveNet JSON", _movenet, _read_movenet, JSON),
)
