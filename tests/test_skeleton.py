"""Skeletons: ours, and any other that a file of conf/skeleton describes, from training to use."""

import json
from pathlib import Path

import cv2
import hydra
import numpy as np
import pytest
import torch

from pushup.cli import InputError, build
from pushup.codecs import GaussianHeatmap
from pushup.commands.evaluate import evaluate
from pushup.counting.build import build_counter
from pushup.data import coco
from pushup.data.dataset import KeypointDataset
from pushup.data.source import RecordSource
from pushup.inference.predictor import KeypointPredictor, load_model
from pushup.metrics import keypoints as metrics
from pushup.models import BlazePose, KeypointModel, weights
from pushup.skeleton import BODY16, UPPER7, Skeleton, get_skeleton
from pushup.training import run

REPOSITORY = Path(__file__).parents[1]
NAMES = ("nose", "ear_l", "ear_r", "tail_tip")
DOG = Skeleton(
    "dog",
    ("tail_tip", "nose", "left_ear", "right_ear"),
    edges=(("nose", "tail_tip"),),
    reference=("nose", "tail_tip"),
)
PLACES = {"nose": (40, 20), "ear_l": (46, 12), "ear_r": (34, 12), "tail_tip": (10, 50)}


def write_dogs(root: Path, splits=("train", "val"), number: int = 4) -> Path:
    (root / "images").mkdir(parents=True)
    for split in splits:
        images, annotations = [], []
        for i in range(number):
            name = f"{split}{i}.png"
            picture = np.random.default_rng(i).integers(0, 99, (64, 64, 3), dtype=np.uint8)
            for x, y in PLACES.values():
                cv2.circle(picture, (x, y), 4, (255, 255, 255), -1)
            cv2.imwrite(str(root / "images" / name), picture)
            images.append({"id": i, "file_name": name, "width": 64, "height": 64})
            flat = [v for name in NAMES for v in (*PLACES[name], 2)]
            annotations.append({"id": i, "image_id": i, "category_id": 1, "keypoints": flat})
        categories = [{"id": 1, "name": "dog", "keypoints": list(NAMES)}]
        content = {"images": images, "annotations": annotations, "categories": categories}
        (root / f"{split}.json").write_text(json.dumps(content))
    return root


def test_ours_are_described_by_their_names_and_others_in_full() -> None:
    for skeleton in (UPPER7, BODY16):
        assert skeleton.spec() == skeleton.name
        assert get_skeleton(skeleton.name) is skeleton
    described = json.loads(json.dumps(DOG.spec()))
    assert get_skeleton(described) == DOG
    assert Skeleton("upper7", ("a", "b")).spec() != "upper7"


def test_what_swaps_under_a_mirror_goes_by_name_or_as_it_is_said() -> None:
    assert DOG.flip.tolist() == [0, 1, 3, 2]
    said = Skeleton("x", ("a", "b", "left_c"), pairs=(("a", "b"),))
    assert said.flip.tolist() == [1, 0, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"joints": []}, "at least"),
        ({"joints": ["a", "a"]}, "named twice"),
        ({"joints": ["a", "b"], "edges": [["a", "c"]]}, "lacks c"),
        ({"joints": ["a", "b"], "pairs": [["a", "d"]]}, "lacks d"),
        ({"joints": ["a", "b"], "reference": ["a", "e"]}, "lacks e"),
        ({"joints": ["a", "b"], "reference": ["a"]}, "reference names two joints"),
        ({"joints": ["a"], "bones": []}, "no description of a skeleton"),
        ({}, "no description of a skeleton"),
    ],
)
def test_a_description_that_does_not_hold_together_is_refused(settings, message) -> None:
    with pytest.raises(InputError, match=message):
        get_skeleton({"name": "x", **settings})


def test_counters_say_which_joints_they_need() -> None:
    with pytest.raises(
        InputError, match=r"skeleton dog lacks right_wrist, .*; needed are right_wr"
    ):
        build_counter(skeleton=DOG)


def test_pcks_is_by_the_reference_that_a_skeleton_names() -> None:
    true = torch.tensor([[[0.0, 0.0], [0.4, 0.0], [0.5, 0.5], [0.6, 0.5]]])
    labelled = torch.ones(1, 4, dtype=torch.bool)
    pred = true + torch.tensor([0.0, 0.09])
    assert metrics.reference_length(true, labelled, DOG).item() == pytest.approx(0.4)
    assert metrics.pcks(pred, true, labelled, DOG).mean() == 1
    with pytest.raises(InputError, match="lacks right_wrist"):
        metrics.reference_length(true, labelled, DOG, "wrists")


def test_joints_are_read_by_name_and_a_skeleton_without_any_is_refused(tmp_path) -> None:
    source = RecordSource.open("val", coco.read, write_dogs(tmp_path, ("val",)))
    sample = KeypointDataset(source, DOG, 64)[0]
    assert sample["labelled"].all()
    expected = [PLACES[n] for n in ("tail_tip", "nose", "ear_l", "ear_r")]
    assert sample["keypoints"].tolist() == [list(place) for place in expected]
    partly = Skeleton("partly", ("nose", "paw"))
    assert KeypointDataset(source, partly, 64)[0]["labelled"].tolist() == [True, False]
    with pytest.raises(InputError, match=r"skeleton paws: the data have none .*but .*tail_tip"):
        KeypointDataset(source, Skeleton("paws", ("paw",)), 64)


def test_weights_carry_a_skeleton_of_their_own(tmp_path) -> None:
    model = KeypointModel("dog", BlazePose(4), GaussianHeatmap(64, 4.0), DOG)
    weights.save(model, model.spec(), tmp_path / "dog.safetensors")
    assert weights.load(tmp_path / "dog.safetensors").skeleton == DOG


@pytest.mark.slow
def test_other_joints_from_training_to_use(tmp_path) -> None:
    root = write_dogs(tmp_path / "data")
    settings = [
        "skeleton._target_=pushup.skeleton.Skeleton",
        "~skeleton.spec",
        "+skeleton.name=dog",
        f"+skeleton.joints=[{','.join(DOG.joints)}]",
        "+skeleton.edges=[[nose,tail_tip]]",
        "+skeleton.reference=[nose,tail_tip]",
    ]
    common = ["model=blazepose", "data=coco", f"data.root={root}", "data.num_workers=0"]
    with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        small = [
            "codec.input_size=64",
            "data.batch_size=2",
            "trainer=debug",
            f"output_dir={tmp_path}",
        ]
        config = hydra.compose("train", [*common, *settings, *small])
    metrics_found = run.train(config, tmp_path)
    assert metrics_found["val/pcks"] >= 0
    checkpoint = tmp_path / "checkpoints" / "last.ckpt"
    out = tmp_path / "evaluated"
    with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        given = [f"ckpt_path={checkpoint}", f"output_dir={out}", "split=val"]
        results = evaluate(hydra.compose("evaluate", [*common, *given]))
    assert set(results["sources"]["all"]["per_joint"]) == set(DOG.joints)  # type: ignore
    assert (out / "worst_and_best.png").is_file()
    predictions = json.loads((out / "predictions.json").read_text())
    assert [p["image_id"] for p in predictions] == [0, 1, 2, 3]
    assert len(predictions[0]["keypoints"]) == 3 * len(DOG)
    network = load_model(checkpoint)
    pose = KeypointPredictor(network)(np.zeros((48, 64, 3), np.uint8))
    assert pose.keypoints_frame.shape == (4, 2)
    with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        counter = hydra.compose("infer", ["source=x"]).counter
    with pytest.raises(InputError, match="skeleton dog lacks right_wrist"):
        build(counter, skeleton=network.skeleton)
