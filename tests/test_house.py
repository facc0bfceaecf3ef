"""The house itself: top level, committed text, and every configuration that a user can choose."""

import re
import subprocess
from pathlib import Path

import cv2
import hydra
import numpy as np
import pytest
from hydra.utils import get_object
from omegaconf import DictConfig, ListConfig, OmegaConf

from pushup.cli import keep_model_name
from pushup.codecs import GaussianHeatmap
from pushup.commands.evaluate import keep_evaluation
from pushup.data import mpii
from pushup.models import EncoderDecoder, KeypointModel, weights
from pushup.skeleton import UPPER7
from pushup.training import run

REPOSITORY = Path(__file__).parents[1]
CONF = REPOSITORY / "conf"

TOP_LEVEL = (
    *("src", "conf", "data", "notebooks", "tests"),
    *("train.py", "evaluate.py", "infer.py", "pyproject.toml", "README.md", "Makefile"),
    *("LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", "requirements.lock", ".ci/run"),
)
# written in two halves so that this file does not match itself
MACHINE_PATH = re.compile(r"(?<![\w.}*-])/" + r"(work|root|tmp|opt|home)/\w")


BASES = {"data=keypoints", "data=files", "model=keypoints", "model=video", "trainer=base"}
"""Options that only others build upon."""

NEEDED = {
    "model=timm": ("model.encoder=efficientnet_lite0",),
    "data=counting": ("mode=counting",),
    "data=countix": ("mode=counting",),
    "data=repcount": ("mode=counting",),
    "data=ucfrep": ("mode=counting",),
    "data=recognition": ("mode=recognition",),
    "data=video": ("mode=counting",),
    "data=traces": ("mode=counting",),
}
"""What an option cannot do without, where the command has it."""


def committed_files() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout: there is no list of committed files")
    return [f for n in listing.stdout.split("\0") if n and (f := REPOSITORY / n).is_file()]


@pytest.mark.parametrize("name", TOP_LEVEL)
def test_top_level_is_as_asked_for(name: str) -> None:
    assert (REPOSITORY / name).exists()


def test_no_committed_text_names_a_machine_path() -> None:
    found = []
    for file in committed_files():
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # not a text
        found += [f"{file.name}:{i}: {x}" for i, x in enumerate(lines, 1) if MACHINE_PATH.search(x)]
    assert found == []


@pytest.mark.parametrize("text", ['root="/' + 'tmp/x"', "open(/" + "home/me/clip.mp4)"])
def test_a_machine_path_is_noticed(text: str) -> None:
    assert MACHINE_PATH.search(text)


def choices() -> list[tuple[str, tuple[str, ...]]]:
    """Each root configuration with each option of each group in its defaults list, as overrides."""
    found = []
    for root in sorted(CONF.glob("*.yaml")):
        found.append((root.stem, ()))
        defaults = OmegaConf.to_container(OmegaConf.load(root), resolve=False)["defaults"]
        groups = [str(key) for item in defaults if isinstance(item, dict) for key in item]
        for group in (g.removeprefix("optional ") for g in groups):
            names = sorted(f.stem for f in (CONF / group).glob("*.yaml"))
            overrides = [f"{group}={name}" for name in names]
            found += [(root.stem, (o, *needed(o, defaults))) for o in overrides if o not in BASES]
    return found


def needed(override: str, defaults: list) -> tuple[str, ...]:
    """What has to be chosen with an option, as far as the defaults list has the group."""
    groups = {str(key) for item in defaults if isinstance(item, dict) for key in item}
    return tuple(o for o in NEEDED.get(override, ()) if "." in o or o.split("=")[0] in groups)


def compose(root: str, *overrides: str) -> DictConfig:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        return hydra.compose(root, overrides=list(overrides))


def targets(config: object) -> list[str]:
    """Every `_target_` in a configuration."""
    if isinstance(config, DictConfig):
        here = [config["_target_"]] if "_target_" in config else []
        return here + [t for key in config for t in targets(config._get_node(key))]
    if isinstance(config, ListConfig):
        return [t for i in range(len(config)) for t in targets(config._get_node(i))]
    return []


@pytest.mark.parametrize(
    ("root", "overrides"), [pytest.param(r, o, id=" ".join((r, *o))) for r, o in choices()]
)
def test_every_choice_composes_and_names_things_that_exist(
    root: str, overrides: tuple[str, ...]
) -> None:
    config = compose(root, *overrides)
    for target in targets(config):
        get_object(target)
    if root == "infer":
        keep_model_name(config)
    elif root in ("evaluate", "export"):
        keep_evaluation(config)
    OmegaConf.to_container(config, resolve=True)


def write_recognition_data(root: Path) -> None:
    """Four pictures a split in the layout of data=recognition: the positives are brighter."""
    rng = np.random.default_rng(0)
    for split in ("train", "val"):
        lines = ["image,label,group"]
        for i in range(4):
            picture = rng.integers(0, 128, (64, 64, 3), dtype=np.uint8) + 100 * (i % 2)
            cv2.imwrite(str(root / f"{split}{i}.png"), picture.astype(np.uint8))
            lines.append(f"{split}{i}.png,{i % 2},scene{i}")
        (root / f"{split}.csv").write_text("\n".join(lines) + "\n")


def write_labelled_pictures(root: Path) -> Path:
    """Two pictures with every joint in their middle, in MPII's layout."""
    joints, labelled = np.full((16, 2), 31.0), np.ones(16, bool)
    (root / "images").mkdir(parents=True)
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(root / "images" / name), np.full((64, 64, 3), 99, np.uint8))
    people = [mpii.MpiiPerson(n, joints, labelled, labelled) for n in ("a.png", "b.png")]
    mpii.write_community_json(root / "train.json", people)
    return root


def write_keypoint_model(path: Path) -> Path:
    """The smallest model that a classification head can be trained for."""
    network = EncoderDecoder("test_efficientnet", 7, [16, 16, 16], [1, 1, 1])
    model = KeypointModel("small", network, GaussianHeatmap(192), UPPER7)
    weights.save(model, model.spec(), path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(f.stem for f in (CONF / "experiment").glob("*.yaml")))
def test_every_experiment_trains(name: str, tmp_path: Path) -> None:
    experiment, start = f"experiment={name}", "null"
    small = write_keypoint_model(tmp_path / "start.safetensors")
    if name == "classification_head":
        start = small
    given = [f"teacher.ckpt_path={small}"] if name == "distilled" else []
    if name.startswith("pseudo_labels"):
        more = write_labelled_pictures(tmp_path / "more")
        given = ["model=blazepose", f"data.extra_train.root={more}"]
    if compose("train", experiment).data.module._target_.endswith(".RecognitionDataModule"):
        write_recognition_data(tmp_path)
        data = ["data=recognition", f"data.root={tmp_path}"]
    else:
        data = ["data=synthetic", "data.length=20"]
    config = compose(
        "train",
        *(experiment, *data, "data.num_workers=0", "data.batch_size=2"),
        *("trainer=debug", "trainer.max_epochs=1", "trainer.precision=32-true"),
        "trainer.check_val_every_n_epoch=1",
        *given,
        *("++model.pretrained=false", f"init_from={start}", f"output_dir={tmp_path}"),
    )
    metrics = run.train(config, tmp_path)
    assert metrics["train/loss"] > 0
    assert config.monitor.metric in metrics
    assert (tmp_path / "checkpoints" / "last.ckpt").is_file()
