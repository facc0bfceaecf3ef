import csv
import json
import math
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import hydra
import numpy as np
import pytest
import torch
from torch import nn

from pushup.cli import InputError, command
from pushup.codecs import GaussianHeatmap
from pushup.commands.evaluate import evaluate
from pushup.data.module import KeypointDataModule
from pushup.data.records import Record
from pushup.evaluation import pictures
from pushup.evaluation.keypoints.coco_results import coco_results
from pushup.evaluation.keypoints.evaluate import evaluate_keypoints, mean_pose
from pushup.evaluation.keypoints.label_errors import MIN_ERROR, suspected_label_errors
from pushup.evaluation.keypoints.predictions import predict
from pushup.evaluation.keypoints.summary import body_error, summarise
from pushup.evaluation.report import latex_table, markdown_table, with_interval
from pushup.files import write_json
from pushup.foreign import read_csv
from pushup.inference.predictor import KeypointPredictor
from pushup.metrics.bootstrap import group_means
from pushup.models import BlazePose, KeypointModel, weights
from pushup.skeleton import UPPER7
from support.networks import in_torch

REPOSITORY = Path(__file__).parents[2]

SIZE_WH = (64, 48)
SIDE = 64


def make_record(index: int, source: str = "clip", group: str = "") -> Record:
    rng = np.random.default_rng(index)
    keypoints = rng.uniform((4, 4), (SIZE_WH[0] - 5, SIZE_WH[1] - 5), (16, 2))
    labelled = rng.random(16) > 0.2
    keypoints[~labelled] = np.nan
    return Record(
        Path(f"{index}.png"),
        keypoints,
        labelled,
        labelled,
        head_size=8.0,
        source=source,
        group=group,
    )


class Pictures:
    """A source of grey pictures with the records of `make_record`."""

    def __init__(self, records: list[Record]):
        self.records = records

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int):
        return np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8), self.records[index]


class Answers(nn.Module):
    """A model that has been told what to say: `answer(index)` for the images in their order."""

    skeleton, input_size, name = UPPER7, SIDE, "answers"

    def __init__(self, answers: torch.Tensor):
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))
        self.answers, self.next = answers, 0

    def predict(self, images, flip_test=False):
        chosen = self.answers[self.next : self.next + len(images)]
        self.next += len(images)
        return chosen.numpy(), np.full(chosen.shape[:2], 0.75), None


def make_module(records: dict[str, list[Record]], **options) -> KeypointDataModule:
    def open_split(split: str):
        if split not in records:
            raise InputError(f"no split {split}")
        return Pictures(records[split])

    options = {"skeleton": UPPER7, "input_size": SIDE, "batch_size": 4, "num_workers": 0} | options
    return KeypointDataModule(open_split, **options)


def run(answer, records, reference="shoulders"):
    """Predictions of `answer(keypoints)` and their summary."""
    module = make_module({"val": records})
    dataset = module.eval_dataset("val")
    told = torch.stack([answer(dataset[i]["keypoints"]) for i in range(len(dataset))])
    predictions = predict(Answers(told), module.eval_loader("val"))  # type: ignore
    return predictions, summarise(predictions, reference)


@pytest.mark.parametrize("reference", ["shoulders", "wrists"])
def test_a_perfect_model_reaches_the_best_of_every_figure(reference):
    records = [make_record(i) for i in range(30)]
    _, figures = run(lambda truth: truth, records, reference)
    pair = UPPER7.mpii[list(UPPER7.pair(reference[:-1]))]
    without = sum(not r.labelled[pair].all() for r in records)
    assert figures["images"] == 30
    assert figures["left_out"] == without > 0
    assert figures["pcks"] == figures["pck_bbox"] == figures["pckh"] == 1
    assert figures["pcks_ci"] == (1, 1)
    assert figures["mae"] == 0
    assert sum(t["images"] for t in figures["pcks_terciles"]) == 30 - without
    assert [b["joints"] for b in figures["by_confidence"]] == [
        int(sum(r.labelled[UPPER7.mpii].sum() for r in records))
    ]
    assert [b["pck_bbox"] for b in figures["by_confidence"]] == [1]
    # Right on every label, yet the released code's variant asks for the frame's corner elsewhere.
    assert figures["pcks_unmasked"] < 1
    assert figures["mae_unmasked"] > 0


def test_figures_of_a_model_that_is_off_by_a_known_distance():
    records = [make_record(i) for i in range(30)]
    shift = torch.tensor([3.0, 4.0])  # 5 pixels of the input, which is the frame padded, unscaled
    predictions, figures = run(lambda truth: truth + shift, records)
    assert figures["mae"] == pytest.approx(3.5 / SIDE)
    right, left = UPPER7.mpii[list(UPPER7.pair("shoulder"))]
    hits = counted = 0
    for record in records:
        if record.labelled[right] and record.labelled[left]:
            joints = int(record.labelled[UPPER7.mpii].sum())
            counted += joints
            distance = np.linalg.norm(record.keypoints[right] - record.keypoints[left])
            hits += joints * bool(0.25 * distance > 5)
    assert 0 < hits < counted
    assert figures["pcks"] == pytest.approx(hits / counted)
    assert figures["pckh"] == 0  # 5 pixels are more than half of 8
    assert predictions.head_size.tolist() == pytest.approx([8 / SIDE] * 30)
    curve = figures["pcks_curve"]
    assert curve["pcks"][curve["thresholds"].index(0.25)] == figures["pcks"]
    boxes = [np.ptp(r.keypoints[UPPER7.mpii][r.labelled[UPPER7.mpii]], 0).max() for r in records]
    assert body_error(predictions).tolist() == pytest.approx([5 / box for box in boxes], rel=1e-5)


def test_what_was_seen_in_rectangles_is_placed_in_the_square():
    model = Answers(torch.zeros(6, 7, 2))
    model.input_size = 192
    places = {}
    for framing in ("square", "rectangle"):
        module = make_module(
            {"val": [make_record(i) for i in range(6)]}, input_size=192, framing=framing
        )
        model.next = 0
        places[framing] = predict(model, module.eval_loader("val"))  # type: ignore
        pose, _ = mean_pose(module, "val")
        assert pose.isfinite().all()
    square, fitted = places["square"], places["rectangle"]
    known = square.labelled
    torch.testing.assert_close(fitted.true[known], square.true[known])
    torch.testing.assert_close(fitted.frame_to_input, square.frame_to_input)
    beside = torch.tensor([0.0, 16.0]).double() / 192  # 160 rows of 192
    torch.testing.assert_close(fitted.pred, square.pred + beside)


def test_sources_are_measured_apart_and_together():
    records = [make_record(i, "good" if i % 2 else "bad", f"scene {i // 4}") for i in range(20)]
    module = make_module({"val": records})
    dataset = module.eval_dataset("val")
    told = torch.stack([dataset[i]["keypoints"] + (0 if i % 2 else 40) for i in range(20)])
    predictions = predict(Answers(told), module.eval_loader("val"))  # type: ignore
    parts = {name: summarise(part) for name, part in predictions.by_source()}
    assert list(parts) == ["all", "bad", "good"]
    assert (parts["good"]["pcks"], parts["bad"]["pcks"]) == (1, 0)
    assert 0 < parts["all"]["pcks_ci"][0] < parts["all"]["pcks"] < parts["all"]["pcks_ci"][1] < 1
    assert predictions.groups.tolist() == [r.group for r in records]


def test_suspects_are_confident_joints_far_from_their_labels():
    records = [make_record(i, f"clip{i}") for i in range(6)]
    module = make_module({"val": records})
    dataset = module.eval_dataset("val")
    told = torch.stack([dataset[i]["keypoints"] for i in range(6)])
    wrong = int(dataset[2]["labelled"].nonzero()[0])
    told[2, wrong] += 200
    told[4] = told[4, UPPER7.flip]
    predictions = predict(Answers(told), module.eval_loader("val"))  # type: ignore
    sure = replace(predictions, scores=torch.ones_like(predictions.scores))
    first, second = suspected_label_errors(sure)
    assert (first["name"], first["joints"], first["swapped"]) == (
        "2.png",
        [UPPER7.joints[wrong]],
        False,
    )
    assert (second["name"], second["source"], second["swapped"]) == ("4.png", "clip4", True)
    assert first["error"] > second["error"] > MIN_ERROR
    unsure = replace(predictions, scores=torch.full_like(predictions.scores, 0.3))
    assert suspected_label_errors(unsure) == []


def test_predictions_are_in_pixels_of_the_picture_for_other_tools():
    records = [replace(make_record(i), image_id=100 + i) for i in range(3)]
    module = make_module({"val": records}, input_size=192)
    dataset = module.eval_dataset("val")
    told = torch.stack([dataset[i]["keypoints"] for i in range(3)])
    model = Answers(told)
    model.input_size = 192
    p = predict(model, module.eval_loader("val"))  # type: ignore
    results = coco_results(p, records)
    assert [r["image_id"] for r in results] == [100, 101, 102]
    for result, record in zip(results, records, strict=True):
        found = np.array(result["keypoints"]).reshape(7, 3)
        known = record.labelled[UPPER7.mpii]
        expected = record.keypoints[UPPER7.mpii][known]
        np.testing.assert_allclose(found[known, :2], expected, atol=1e-3)
        assert found[:, 2].tolist() == [0.75] * 7
        assert result["score"] == 0.75
    assert [r["image_id"] for r in coco_results(p, None)] == ["0.png", "1.png", "2.png"]


def test_images_without_a_group_are_groups_of_their_own():
    predictions, _ = run(lambda truth: truth, [make_record(i) for i in range(5)])
    assert len(set(predictions.groups)) == 5


def test_mean_pose_is_that_of_the_training_split_or_says_otherwise(capsys):
    train, val = [make_record(i) for i in range(8)], [make_record(i) for i in range(8, 12)]
    pose, name = mean_pose(make_module({"train": train, "val": val}), "val")
    padding = np.array([0, (SIZE_WH[0] - SIZE_WH[1]) / 2])
    positions = np.stack([r.keypoints[UPPER7.mpii] for r in train]) + padding
    assert name == "train"
    assert pose.numpy() == pytest.approx(np.nanmean(positions, 0) / SIDE, abs=1e-6)
    _, name = mean_pose(make_module({"val": val}), "val")
    assert name == "val"
    assert "no split train" in capsys.readouterr().out


def test_nothing_to_evaluate_is_an_input_error():
    with pytest.raises(InputError, match="no images"):
        predict(Answers(torch.zeros(0, 7, 2)), [])  # type: ignore


def test_worst_and_best_show_each_image_once_and_few_of_a_scene():
    shown = []

    def draw(i: int) -> np.ndarray:
        shown.append(i)
        return np.zeros((10, 400, 3), np.uint8)

    error = np.array([0.5, 0.1, np.nan, 0.9, 0.3, 0.2, 0.8, 0.7, 0.05])
    groups = list("aabbbcbbc")
    sheet = pictures.worst_and_best(error, groups, draw, "title", each=3, per_group=2)
    assert shown == [3, 6, 0, 8, 1, 5]  # 7 is a third of scene b
    assert sheet.ndim == 3
    with pytest.raises(InputError, match="two labelled joints"):
        pictures.worst_and_best(np.array([np.nan]), ["a"], draw, "title")


def test_skeletons_are_drawn_where_they_are():
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    true, pred = np.full((7, 2), 0.25), np.full((7, 2), 0.75)
    tile = pictures.draw_case(image, true, np.ones(7, bool), pred, UPPER7, "caption")
    at = round(0.25 * pictures.TILE), round(0.75 * pictures.TILE)
    assert tuple(tile[at[0], at[0]]) == pictures.TRUE_RGB
    assert tuple(tile[at[1], at[1]]) == pictures.PREDICTED_RGB
    tile = pictures.draw_case(image, true, np.zeros(7, bool), pred, UPPER7, "caption")
    assert not tile[at[0], at[0]].any()


def test_reports_have_no_nan_and_are_whole_or_absent(tmp_path):
    write_json(tmp_path / "a.json", {"a": math.nan, "b": [1.5, (math.inf, "x")], "c": {"d": 2}})
    assert json.loads((tmp_path / "a.json").read_text()) == {
        "a": None,
        "b": [1.5, [None, "x"]],
        "c": {"d": 2},
    }
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(InputError, match="output_dir=DIR"):
        write_json(tmp_path / "a.json" / "b.json", {})
    assert with_interval(0.5, (0.4, 0.6)) == "0.500 [0.400, 0.600]"
    assert with_interval(0.5, (math.nan, math.nan)) == "0.500"
    assert (
        markdown_table(("a", "b"), [("xx", "1")]) == "| a   |   b |\n|-----|----:|\n| xx  |   1 |"
    )


# End to end, from files.


def write_split(root: Path, split: str, indices: range) -> None:
    """MPII's community JSON with grey pictures; even images of one source, odd ones of another."""
    (root / "images").mkdir(parents=True, exist_ok=True)
    entries = []
    for i in indices:
        record = make_record(i)
        cv2.imwrite(
            str(root / "images" / f"{i}.png"), np.full((SIZE_WH[1], SIZE_WH[0], 3), 9 * i, np.uint8)
        )
        joints = np.where(record.labelled[:, None], record.keypoints + 1, -1)
        entries.append(
            {
                "image": f"{i}.png",
                "joints": joints.tolist(),
                "joints_vis": record.labelled.astype(int).tolist(),
                "center": [32.0, 24.0],
                "scale": 0.3,
                "source": "even" if i % 2 == 0 else "odd",
                "group": f"scene {i // 3}",
            }
        )
    (root / f"{split}.json").write_text(json.dumps(entries))


@pytest.fixture(scope="module")
def data_root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("keypoints")
    write_split(root, "train", range(6))
    write_split(root, "check", range(6, 18))
    return root


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    return save_model(tmp_path_factory.mktemp("weights") / "tiny.safetensors", "tiny")


def save_model(path: Path, name: str, side: int = SIDE, framing: str = "square") -> Path:
    torch.manual_seed(0)
    codec = GaussianHeatmap(input_size=side, sigma_px=4.0)
    model = KeypointModel(name, BlazePose, codec, UPPER7, framing=framing)
    weights.save(model, model.spec(), path)
    return path


def run_command(output_dir: Path, *overrides: str) -> object:
    with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        config = hydra.compose("evaluate", [f"output_dir='{output_dir}'", *overrides])
    return command(evaluate)(config)


def on(root: Path, split: str = "check") -> list[str]:
    return ["data=mpii", f"data.root='{root}'", f"split={split}", "data.num_workers=0"]


def test_evaluate_writes_every_figure_and_picture(data_root, checkpoint, tmp_path, capsys):
    arguments = [f"ckpt_path='{checkpoint}'", "flip_test=true", "batch_size=5", *on(data_root)]
    run_command(tmp_path, *arguments)
    results = json.loads((tmp_path / "results.json").read_text())
    assert (results["model"], results["split"], results["framing"]) == ("tiny", "check", "square")
    assert results["params"] == 885_559
    assert list(results["sources"]) == ["all", "even", "odd"]
    assert [results["sources"][s]["images"] for s in ("all", "even", "odd")] == [12, 6, 6]
    assert list(results["beside"]) == ["without flip test", "mean pose of train"]
    for key in ("pcks", "pcks_ci", "pck_bbox", "mae", "pcks_unmasked", "mae_unmasked", "per_joint"):
        assert key in results["sources"]["all"]
    assert results["images_per_s"] > 0
    # The same, straight from the model.
    model = weights.load(checkpoint)
    module = KeypointDataModule(
        lambda split: Pictures([make_record(i) for i in range(6, 18)]), UPPER7, SIDE, num_workers=0
    )
    dataset = module.eval_dataset("check")
    flat = torch.stack([torch.full((3, SIDE, SIDE), 9 * i) for i in range(6, 18)]).byte()
    flat[:, :, :8] = flat[:, :, 56:] = 0
    pred, *_ = in_torch(model).predict(flat.numpy(), flip_test=True)
    errors = [
        abs(float(pred[i, k, axis] - dataset[i]["keypoints"][k, axis])) / SIDE
        for i in range(12)
        for k in range(7)
        for axis in range(2)
        if dataset[i]["labelled"][k]
    ]
    assert results["sources"]["all"]["mae"] == pytest.approx(np.mean(errors), abs=2e-3)
    for name in ("worst_and_best", "worst_and_best_even", "worst_and_best_odd", "curves"):
        assert cv2.imread(str(tmp_path / f"{name}.png")) is not None
    report = (tmp_path / "results.md").read_text()
    assert report.strip() in capsys.readouterr().out
    assert "mean pose of train" in report
    rows = list(csv.DictReader((tmp_path / "images.csv").open()))
    assert [row["image"] for row in rows] == [f"{i}.png" for i in range(6, 18)]
    for i, row in enumerate(rows):
        labelled = dataset[i]["labelled"]
        true = dataset[i]["keypoints"][labelled].numpy()
        length = np.ptp(true, axis=0).max()
        error = np.linalg.norm(pred[i, labelled.numpy()] - true, axis=-1).mean() / length
        assert float(row["error"]) == pytest.approx(float(error), rel=1e-3)
    scenes = results["sources"]["all"]["scenes"]
    for name in ("pcks", "pck_bbox"):
        of_scenes = group_means(
            np.array([float(row[name] or "nan") for row in rows]), [row["group"] for row in rows]
        )
        assert scenes[name] == pytest.approx(of_scenes.mean(), abs=1e-5)
        assert scenes[f"{name}_ci"][0] <= scenes[name] <= scenes[f"{name}_ci"][1]
    assert scenes["number"] == len({row["group"] for row in rows})
    assert not list(tmp_path.glob(".partial-*"))


def test_a_model_of_rectangles_is_measured_as_the_predictor_looks(data_root, tmp_path):
    """64 x 48 pixels at a side of 192 are 192 x 144: with black for a margin, 192 x 160."""
    file = save_model(tmp_path / "wide.safetensors", "wide", side=192, framing="rectangle")
    run_command(tmp_path, f"ckpt_path='{file}'", *on(data_root))
    results = json.loads((tmp_path / "results.json").read_text())
    assert results["framing"] == "rectangle"
    assert "framing=rectangle (one by one)" in (tmp_path / "results.md").read_text()
    predictor = KeypointPredictor(in_torch(weights.load(file)))
    shapes, look = set(), predictor.model.predict
    predictor.model.predict = lambda x, *a: shapes.add(tuple(x.shape)) or look(x, *a)
    errors = []
    for i in range(6, 18):
        found = predictor(cv2.imread(str(data_root / "images" / f"{i}.png"))).keypoints_frame
        true = make_record(i).keypoints[UPPER7.mpii]
        errors.append(np.abs(found - true)[~np.isnan(true)] / SIZE_WH[0])
    assert shapes == {(1, 3, 160, 192)}
    run_command(tmp_path, f"ckpt_path='{file}'", "framing=crop", *on(data_root))
    assert json.loads((tmp_path / "results.json").read_text())["framing"] == "crop"
    assert results["sources"]["all"]["mae"] == pytest.approx(np.concatenate(errors).mean())
    assert cv2.imread(str(tmp_path / "worst_and_best.png")) is not None


def test_shipped_weights_are_found_by_name(data_root, tmp_path, monkeypatch):
    save_model(tmp_path / "blazepose.safetensors", "blazepose")
    monkeypatch.setattr("pushup.specs.WEIGHTS", tmp_path)
    run_command(tmp_path / "out", "model=blazepose", *on(data_root))
    assert json.loads((tmp_path / "out" / "results.json").read_text())["model"] == "blazepose"


def test_table_puts_published_and_measured_side_by_side(data_root, checkpoint, tmp_path):
    blazepose = save_model(tmp_path / "blazepose.safetensors", "blazepose")
    run_command(
        tmp_path / "out",
        "mode=table",
        f"ckpts={{blazepose: '{blazepose}', tiny: '{checkpoint}'}}",
        *on(data_root),
    )
    models = json.loads((tmp_path / "out" / "results.json").read_text())["models"]
    assert models["blazepose"]["published"] == {"pcks": 0.76, "mae": 0.032, "params": 885_559}
    assert models["tiny"]["published"] == {}
    assert models["blazepose"]["sources"]["odd"] == models["tiny"]["sources"]["odd"]
    report = (tmp_path / "out" / "results.md").read_text()
    assert report.count("| blazepose |") == 3  # all, even, odd
    assert cv2.imread(str(tmp_path / "out" / "pcks_against_ms.png")) is not None


def test_table_compares_two_checkpoints_of_one_model_under_free_labels(data_root, tmp_path):
    old = save_model(tmp_path / "old.safetensors", "blazepose")
    new = save_model(tmp_path / "new.safetensors", "blazepose", side=96)
    ckpts = f"ckpts={{before-50%: '{old}', after_1: '{new}'}}"
    run_command(tmp_path / "out", "mode=table", ckpts, *on(data_root))
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [m["input_size"] for m in results["models"].values()] == [SIDE, 96]
    rows = [row for _, row in read_csv(tmp_path / "out" / "results.csv")]
    assert [(row["label"], row["source"]) for row in rows] == [
        (label, source) for label in ("before-50%", "after_1") for source in ("all", "even", "odd")
    ]
    for row in rows:
        model = results["models"][row["label"]]
        figures = model["sources"][row["source"]]
        assert (row["model"], row["file"]) == ("blazepose", model["file"])
        assert float(row["pcks"]) == pytest.approx(figures["pcks"], rel=1e-5)
        assert float(row["mae_high"]) == pytest.approx(figures["mae_ci"][1], rel=1e-5)
        assert int(row["images"]) == figures["images"]
    text = (tmp_path / "out" / "results.tex").read_text()
    assert text.count(r"\begin{tabular}") == 3
    assert r"before-50\% & " in text
    assert r"after\_1 & " in text
    report = (tmp_path / "out" / "results.md").read_text()
    assert report.count("| before-50% |") == 3


def test_no_cell_breaks_a_table():
    table = markdown_table(("a", "b"), [("x|y", "1\n2"), ("back\\slash", "|")])
    lines = table.splitlines()
    assert len(lines) == 4
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in lines)
    assert r"x\|y" in lines[2]
    text = latex_table(("a & b", "c"), [(r"\input{x}", "5_%$#~^")], "one\ntwo")
    assert r"\caption{one two}" in text
    assert r"a \& b & c \\" in text
    assert r"\textbackslash{}input\{x\} & 5\_\%\$\#\textasciitilde{}\textasciicircum{} \\" in text


def test_table_shows_what_ships_other_sizes_included(data_root, tmp_path, monkeypatch):
    folder = tmp_path / "weights"
    for name in ("mobilenet", "mobilenet_384", "blazepose"):
        save_model(folder / f"{name}.safetensors", name)
    monkeypatch.setattr("pushup.specs.WEIGHTS", folder)
    run_command(tmp_path / "out", "mode=table", *on(data_root))
    models = json.loads((tmp_path / "out" / "results.json").read_text())["models"]
    assert list(models) == ["mobilenet", "mobilenet_384", "blazepose"]
    assert {model["input_size"] for model in models.values()} == {SIDE}


def test_params_need_no_checkpoint(tmp_path):
    run_command(tmp_path, "mode=params")
    models = json.loads((tmp_path / "results.json").read_text())["models"]
    assert {name: (m["live"], m["published"], m["equal"]) for name, m in models.items()} == {
        "resnest": (10_563_989, 10_563_989, True),
        "shufflenet": (1_080_259, 1_557_443, True),
        "mobilenet": (1_910_437, 1_910_437, True),
        "blazepose": (885_559, 885_559, True),
    }


def fails(capsys, output_dir: Path, *overrides: str) -> str:
    """The one line that a command prints before it exits with 1; nothing else may be written."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        run_command(output_dir, *overrides)
    line = capsys.readouterr().err.split("\r")[-1].strip()
    assert stop.value.code == 1
    assert line.startswith("error: ")
    assert "\n" not in line
    assert [p.name for p in output_dir.glob("*")] in ([], ["config.yaml"])
    return line


def test_bad_input_is_one_line(data_root, checkpoint, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("pushup.specs.WEIGHTS", tmp_path / "empty")
    ckpt = f"ckpt_path='{checkpoint}'"
    cases = {
        "give ckpt_path=FILE": on(data_root),
        "no weights in": ["model=mobilenet", *on(data_root)],
        "no checkpoint": ["ckpt_path=absent.ckpt", *on(data_root)],
        "model=tiny": [ckpt, "model=mobilenet", *on(data_root)],
        "data.root=DIR": [ckpt, "data=mpii"],
        "choose a split": [ckpt, *on(data_root, "absent")],
        "shoulders or wrists": [ckpt, "reference=hips", *on(data_root)],
        "no keypoints": [ckpt, "data.open_split=null", *on(data_root)],
        "unknown framing 'face'": [ckpt, "framing=face", *on(data_root)],
        "ckpts=": ["mode=table", *on(data_root)],
    }
    for number, (remedy, overrides) in enumerate(cases.items()):
        assert remedy in fails(capsys, tmp_path / str(number), *overrides)


def test_a_picture_that_does_not_decode_is_one_line_even_in_a_loader(checkpoint, tmp_path, capsys):
    write_split(tmp_path / "data", "check", range(4))
    broken = tmp_path / "data" / "images" / "2.png"
    broken.write_bytes(b"not a picture")
    overrides = [f"ckpt_path='{checkpoint}'", *on(tmp_path / "data"), "data.num_workers=1"]
    assert str(broken) in fails(capsys, tmp_path / "out", *overrides)


@pytest.mark.realdata
def test_real_annotations_leave_out_the_images_that_lack_a_shoulder(shared_data):
    from pushup.data.mpii import read_community_json
    from pushup.data.source import RecordSource

    root = shared_data / "keypoints"
    entries = json.loads((root / "val.json").read_text())
    module = KeypointDataModule(
        lambda split: RecordSource.open(split, read_community_json, root),
        UPPER7,
        SIDE,
        num_workers=0,
    )
    dataset = module.eval_dataset("val")
    told = torch.zeros(len(dataset), 7, 2)
    predictions = predict(Answers(told), module.eval_loader("val"))  # type: ignore
    for name, part in predictions.by_source():
        mine = [e for e in entries if name in ("all", e["source"])]
        figures = summarise(part)
        assert figures["images"] == len(mine)
        assert figures["left_out"] == sum(
            e["joints_vis"][12] * e["joints_vis"][13] == 0 for e in mine
        )
        assert len(set(part.groups)) == len({e["group"] for e in mine})


def test_unknown_reference_is_refused_before_any_work(checkpoint):
    with pytest.raises(InputError, match="reference"):
        evaluate_keypoints(
            str(checkpoint),
            None,
            partial(pytest.fail, "opened"),
            "val",
            "",
            "hips",  # type: ignore
        )
