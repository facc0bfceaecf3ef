import csv
import math
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import albumentations
import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from torch.nn import functional

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap, OffsetHeatmap
from pushup.commands.train import job_of_sweep
from pushup.data.augment import Augment, RandomCrop
from pushup.data.dataset import KeypointDataset
from pushup.data.hard_examples import MOST, draw_weights
from pushup.data.module import KeypointDataModule
from pushup.data.records import Record
from pushup.data.source import RecordSource
from pushup.models import BlazePose, EncoderDecoder, KeypointModel, weights
from pushup.skeleton import UPPER7
from pushup.training import run
from pushup.training.aspect_ratio import crop_aspect_ratio
from pushup.training.distillation import Teacher
from pushup.training.losses import HeatmapBCELoss, MaskedGaussianLoss, OffsetHeatmapLoss
from pushup.training.schedules import warmup_cosine
from pushup.training.summary import append_row, row_of
from support.dots import Dots


def test_offset_loss_by_hand():
    """4 x BCE(logit 0) = 4 ln 2; offset error 0.5 in x at one cell, / (2 x 7 x 1)."""
    maps, targets = torch.zeros(1, 21, 4, 4), torch.zeros(1, 21, 4, 4)
    targets[0, 0, 1, 2] = 1.0
    maps[0, 7, 1, 2] = 0.5
    maps[0, 7, 0, 0] = 9.0  # away from the joint: does not count
    loss = OffsetHeatmapLoss()(maps, targets, torch.ones(1, 7, dtype=torch.bool))
    assert loss.item() == pytest.approx(4 * math.log(2) + 0.25 / 14, rel=1e-6)


def test_bce_loss_by_hand():
    loss = HeatmapBCELoss()(torch.zeros(2, 7, 4, 4), torch.zeros(2, 7, 4, 4), torch.ones(2, 7))
    assert loss.item() == pytest.approx(math.log(2), rel=1e-6)


def test_masked_loss_ignores_unlabelled_joints_and_ends_at_zero():
    targets = torch.rand(2, 7, 8, 8) * 0.98 + 0.01
    labelled = torch.ones(2, 7, dtype=torch.bool)
    perfect = torch.logit(targets)
    assert MaskedGaussianLoss()(perfect, targets, labelled).item() == pytest.approx(0, abs=1e-4)
    wrong = perfect.clone()
    wrong[0, 3] = 5.0
    assert MaskedGaussianLoss()(wrong, targets, labelled) > 1
    labelled[0, 3] = False
    assert MaskedGaussianLoss()(wrong, targets, labelled).item() == pytest.approx(0, abs=1e-4)


def test_only_the_hardest_joints_count():
    targets, labelled = torch.zeros(1, 3, 4, 4), torch.tensor([[True, True, False]])
    maps = torch.full((1, 3, 4, 4), -20.0)
    maps[0, 1, 0, 0], maps[0, 2] = 3.0, 20.0  # one wrong cell; an unlabelled joint all wrong
    whole, hard = (MaskedGaussianLoss(k)(maps, targets, labelled).item() for k in (None, 1))
    assert hard == pytest.approx(math.log1p(math.exp(3.0)), abs=1e-3)
    assert whole == pytest.approx(hard / 2, abs=1e-3)
    assert MaskedGaussianLoss(7)(maps, targets, labelled).item() == pytest.approx(whole)
    with pytest.raises(InputError, match="hardest=0"):
        MaskedGaussianLoss(0)


def test_warmup_cosine_rises_then_falls():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    schedule = warmup_cosine(optimizer, total_steps=100, warmup=0.1)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[0] == pytest.approx(0.2)
    assert max(rates) == rates[10] == pytest.approx(2.0)
    assert rates[55] == pytest.approx(1.0)
    assert rates[-1] < 0.01


def test_random_crop_draws_what_it_says():
    rng = np.random.default_rng(0)
    crop = RandomCrop(rotation_deg=10, scale=(0.5, 2.0), flip=0.5)
    scales, flips = [], 0
    for _ in range(300):
        transform, flip = crop.draw((0, 0, 100, 100), None, 64, rng)
        linear = transform.matrix[:2, :2]
        scales.append(0.64 / transform.scale)
        flips += flip
        assert (np.linalg.det(linear) < 0) == flip
        angle = math.degrees(math.atan2(linear[1, 0], linear[1, 1]))
        assert abs(angle) <= 10 + 1e-6
    assert 0.5 <= min(scales) < 0.55
    assert 1.8 < max(scales) <= 2.0
    assert 110 < flips < 190


def test_quarter_turns_come_on_top_of_small_rotations():
    rng = np.random.default_rng(0)
    crop = RandomCrop(rotation_deg=10, quarter_turn=0.5)
    turns = []
    for _ in range(300):
        linear = crop.draw((0, 0, 100, 100), None, 64, rng)[0].matrix[:2, :2]
        angle = math.degrees(math.atan2(linear[1, 0], linear[1, 1]))
        turns.append(round(angle / 90) % 4)
        assert abs((angle + 45) % 90 - 45) <= 10 + 1e-6
    counts = np.bincount(turns, minlength=4)
    assert 120 < counts[0] < 180
    assert counts[1:].min() > 30


def test_changes_of_pixels_are_drawn_apart_from_each_other():
    invert = [albumentations.InvertImg(p=0.5), albumentations.ToGray(p=0.5)]
    augment = Augment(RandomCrop(), albumentations.Compose(invert))
    rng = np.random.default_rng(0)
    image = np.full((8, 8, 3), (200, 100, 50), np.uint8)
    seen = Counter()
    for _ in range(400):
        changed = augment.change_pixels(image, rng)[0, 0].astype(int)
        seen[len(set(changed)) == 1, changed.mean() > 130] += 1
    assert len(seen) == 4
    assert min(seen.values()) > 60  # 100 of each are expected


def test_flipped_samples_swap_left_and_right():
    class Asymmetric(Dots):
        def __getitem__(self, index):
            image, record = super().__getitem__(index)
            record.keypoints[10] = (5, 30)  # right wrist
            record.keypoints[15] = (50, 30)  # left wrist
            return image, record

    plain = KeypointDataset(Asymmetric(1), UPPER7, 64)[0]["keypoints"]
    always = Augment(RandomCrop(flip=1.0))
    flipped = KeypointDataset(Asymmetric(1), UPPER7, 64, augment=always)[0]["keypoints"]
    assert plain[0].tolist() == [5, 30]
    assert flipped[0].tolist() == [63 - 50, 30]  # the mirrored left wrist is a right wrist
    assert flipped[6].tolist() == [63 - 5, 30]


def test_training_learns_and_its_checkpoint_is_safe(configured):
    config, folder = configured(
        "data.length=160",
        "trainer.max_epochs=5",
        "optimizer.lr=3e-3",
        "codec.sigma_px=3",
        "augment=none",
    )
    metrics = run.train(config, folder)
    assert metrics["val/mae"] < 0.06  # chance is about 0.2
    model = weights.load(folder / "checkpoints" / "best.ckpt", name="blazepose")
    assert model.input_size == 64
    torch.load(folder / "checkpoints" / "last.ckpt", weights_only=True)
    assert (folder / "previews" / "epoch_004.png").stat().st_size > 1000
    rows = list(csv.DictReader((folder / "metrics.csv").open()))
    assert any(row["val/pcks"] for row in rows)


def test_a_named_run_resumes_and_refuses_to_be_overwritten(configured):
    config, folder = configured("data.length=16")
    run.train(config, folder)
    with pytest.raises(InputError, match="resume=true"):
        run.train(config, folder)
    config, folder = configured("data.length=16", "trainer.max_epochs=2", "resume=true")
    run.train(config, folder)
    spec, _ = weights.read(folder / "checkpoints" / "last.ckpt")
    assert spec["training"]["steps"] == 4
    assert (folder / "metrics_part_1.csv").exists()
    config, folder = configured("model=mobilenet", "resume=true")
    with pytest.raises(InputError, match="holds model 'blazepose'"):
        run.train(config, folder, ["model=mobilenet"])
    config, folder = configured("resume=true", name="never")
    with pytest.raises(InputError, match="nothing to resume"):
        run.train(config, folder)


def test_the_last_checkpoint_is_that_of_the_last_epoch_the_best_is_not(configured):
    """A rate of 1e-9 changes nothing that is seen: the first epoch stays the best."""
    config, folder = configured(
        *("data.length=8", "optimizer.lr=1e-9", "trainer.max_epochs=3", "callbacks=every_epoch"),
        "monitor.metric=val/pcks",
    )
    run.train(config, folder)
    epochs = {
        path.stem: weights.read(path)[0]["training"]["epoch"]
        for path in (folder / "checkpoints").glob("*.ckpt")
    }
    assert epochs == {"best": 0, "last": 2, "epoch=0": 0, "epoch=1": 1, "epoch=2": 2}


def test_a_seed_repeats_a_training(configured):
    states = []
    for name in ("a", "b"):
        config, folder = configured("data.length=16", name=name)
        run.train(config, folder)
        states.append(weights.read(folder / "checkpoints" / "last.ckpt")[1])
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.mark.parametrize(
    "overrides",
    [
        ["codec=published_offset", "model=mobilenet", "callbacks=ema", "optimizer=muon"],
        ["codec=published_gaussian", "scheduler=plateau"],
        ["skeleton=body16", "scheduler=step", "optimizer=adam"],
        ["logger=wandb", "callbacks=early_stopping"],
    ],
    ids=lambda overrides: overrides[0],
)
def test_every_choice_trains(configured, overrides):
    config, folder = configured("data.length=8", *overrides)
    metrics = run.train(config, folder)
    assert math.isfinite(metrics["val/loss"])
    weights.load(folder / "checkpoints" / "last.ckpt")


def test_start_from_another_training(configured, tmp_path):
    config, folder = configured("data.length=8")
    run.train(config, folder)
    first = folder / "checkpoints" / "last.ckpt"
    config, folder = configured(
        "data.length=8", f"init_from={first}", "optimizer.lr=0.0", name="second"
    )
    run.train(config, folder)
    before = weights.read(first)[1]
    after = weights.read(folder / "checkpoints" / "last.ckpt")[1]
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_batch_norm_returns_to_weights_that_shipped_without(configured, tmp_path):
    config, folder = configured("model=blazepose", "model.batch_norm=true", "data.length=8")
    run.train(config, folder)
    shipped = tmp_path / "shipped.safetensors"
    weights.export(folder / "checkpoints" / "last.ckpt", shipped)
    config, folder = configured(
        *("model=blazepose", "model.batch_norm=true", "data.length=8", "optimizer.lr=0.0"),
        *(f"init_from={shipped}", "trainer.max_epochs=1"),
        name="second",
    )
    run.train(config, folder, ["model.batch_norm=true"])
    last = folder / "checkpoints" / "last.ckpt"
    assert weights.load(last).network.config["batch_norm"]
    before = weights.load(shipped).network.conv6.residuals[0][0].weight
    assert torch.equal(before, weights.load(last).network.conv6.residuals[0][0].weight)


def test_a_pretrained_start_learns_at_its_own_rate(configured, tmp_path):
    encoder = EncoderDecoder("mobilenetv2_100", 7).encoder
    path = tmp_path / "trunk.pth"
    torch.save(encoder.net.state_dict(), path)
    config, folder = configured(
        *("model=mobilenet", "data.length=8", "data.batch_size=4"),
        *(f"model.pretrained={path}", "model.pretrained_lr_scale=0", "trainer.max_epochs=1"),
    )
    run.train(config, folder)
    trained = weights.load(folder / "checkpoints" / "last.ckpt").network
    assert all(map(torch.equal, encoder.parameters(), trained.encoder.parameters()))
    assert trained.head.weight.abs().max() > 0


@pytest.mark.parametrize("tall", [0.0, 1.0])
def test_a_band_keeps_the_middle_and_the_joints_in_it(tall):
    codec, size = GaussianHeatmap(128, sigma_px=3), set()
    keypoints = torch.rand(4, 7, 2) * 128 - 0.5
    everything = torch.ones(4, 7, dtype=torch.bool)
    images = torch.randint(0, 256, (4, 3, 128, 128), dtype=torch.uint8)
    for seed in range(20):
        torch.manual_seed(seed)
        cut, moved = crop_aspect_ratio(images, keypoints, tall)
        maps = codec.encode(moved, everything, everything, 4, tuple(cut.shape[:1:-1]))
        shape = cut.shape[2:] if tall else cut.shape[:1:-1]  # the cut side last
        assert shape[0] == 128
        size.add(shape[1])
        start = (128 - shape[1]) // 2
        middle = slice(start, start + shape[1])
        assert torch.equal(cut, images[..., middle] if tall else images[:, :, middle])
        along = keypoints[..., 0 if tall else 1]
        kept = (along >= start - 0.5) & (along < start + shape[1] - 0.5)
        assert torch.equal(maps.flatten(2).amax(-1) > 0, kept)
        found, _ = codec.decode(maps.logit(1e-6).numpy())
        assert np.abs(found - moved.numpy())[kept].max() < 0.5
    assert size == {64, 96, 128}


def test_a_model_of_rectangles_trains_on_them_and_says_so(configured, monkeypatch):
    config, folder = configured("model.framing=rectangle", "data.length=80")
    shapes, look = set(), KeypointModel.forward
    monkeypatch.setattr(
        KeypointModel, "forward", lambda m, x: shapes.add(tuple(x.shape[2:])) or look(m, x)
    )
    run.train(config, folder)
    assert {(64, 64), (32, 64)} <= shapes
    assert weights.load(folder / "checkpoints" / "last.ckpt").framing == "rectangle"


def test_a_teacher_mixes_its_heatmaps_into_the_targets(tmp_path):
    torch.manual_seed(0)
    model = KeypointModel("m", BlazePose(7), GaussianHeatmap(64, 4.0), UPPER7).eval()
    weights.save(model, model.spec(), tmp_path / "teacher.safetensors")
    teacher = Teacher(str(tmp_path / "teacher.safetensors"), weight=0.25)
    images = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    soft = teacher.model(images).sigmoid()
    targets = torch.rand(1, 7, 32, 32)
    labelled = torch.tensor([[True] * 6 + [False]])
    mixed = teacher.mix(images, targets, labelled)
    assert torch.allclose(mixed[:, :6], 0.75 * targets[:, :6] + 0.25 * soft[:, :6])
    assert torch.allclose(mixed[:, 6], soft[:, 6])
    coarse = teacher.mix(images, torch.zeros(1, 7, 16, 16), torch.zeros(1, 7, dtype=torch.bool))
    assert torch.allclose(coarse, functional.avg_pool2d(soft, 2), atol=1e-6)


def test_a_student_trains_and_its_checkpoint_holds_no_teacher(configured):
    config, folder = configured("data.length=8")
    run.train(config, folder)
    teacher = folder / "checkpoints" / "last.ckpt"
    config, folder = configured(
        *("data.length=8", "teacher=network", f"teacher.ckpt_path={teacher}"),
        *("model=mobilenet", "data.batch_size=4"),
        name="student",
    )
    assert math.isfinite(run.train(config, folder)["train/loss"])
    _, state = weights.read(folder / "checkpoints" / "last.ckpt")
    student = weights.load(folder / "checkpoints" / "last.ckpt")
    assert state.keys() == student.state_dict().keys()


def test_a_teacher_needs_gaussian_heatmaps(tmp_path):
    model = KeypointModel("m", BlazePose(21), OffsetHeatmap(64), UPPER7)
    weights.save(model, model.spec(), tmp_path / "offsets.safetensors")
    with pytest.raises(InputError, match="no Gaussian heatmaps"):
        Teacher(str(tmp_path / "offsets.safetensors"))


def test_source_weights_draw_a_source_more_often():
    records = [Dots(40)[i][1] for i in range(40)]
    rare = [
        Record(Path(), r.keypoints, r.labelled, r.visible, source="rare" if i < 4 else "common")
        for i, r in enumerate(records)
    ]
    data = KeypointDataModule(
        lambda split: RecordSource(rare), UPPER7, 64, source_weights={"rare": 9.0}, num_workers=0
    )
    sampler = data.train_dataloader().sampler
    drawn = []
    for epoch in range(40):
        sampler.set_epoch(epoch)
        drawn += [index for index, _ in sampler]
    drawn = np.array(drawn)
    assert 0.42 < (drawn < 4).mean() < 0.58  # 4 x 9 of 4 x 9 + 36


def test_hard_examples_are_drawn_more_often(tmp_path):
    (tmp_path / "images.csv").write_text(
        "image,error\neasy.jpg,0.1\nmiddle.jpg,0.2\nhard.jpg,9\nof_two.jpg,0.1\nof_two.jpg,0.7\n"
        "unmeasured.jpg,\n"
    )
    names = ("easy", "middle", "middle", "hard", "of_two", "unmeasured", "absent")
    point, none = np.zeros((16, 2)), np.zeros(16, bool)
    records = [Record(Path(f"{name}.jpg"), point, none, none) for name in names]
    weights_of = partial(draw_weights, tmp_path / "images.csv")
    assert weights_of(records) == pytest.approx([0.5, 1, 1, MOST, 2, 1, 1])
    data = KeypointDataModule(
        lambda split: RecordSource(records),
        *(UPPER7, 64),
        num_workers=0,
        batch_size=2,
        source_weights={"unknown": 2.0},
        hard_examples=str(tmp_path / "images.csv"),
        extra_train=RecordSource(records[3:4]),
    )
    drawn_by = data.train_dataloader().sampler.weights.tolist()
    assert drawn_by == pytest.approx([1, 2, 2, 2 * MOST, 4, 2, 2, 2])


def test_hard_examples_need_errors_of_the_training_images(tmp_path, configured):
    record = Record(Path("a.jpg"), np.zeros((16, 2)), np.zeros(16, bool), np.zeros(16, bool))
    path = tmp_path / "images.csv"
    with pytest.raises(InputError, match=r"(?i)no such file"):
        draw_weights(path, [record])
    path.write_text("image,pcks\na.jpg,1\n")
    with pytest.raises(InputError, match="cannot be used"):
        draw_weights(path, [record])
    path.write_text("image,error\nb.jpg,1\n")
    with pytest.raises(InputError, match="split=train"):
        draw_weights(path, [record])
    config, _ = configured(f"data.hard_examples={path}")
    with pytest.raises(InputError, match="rendered"):
        instantiate(config.data.module).train_dataloader()


@pytest.mark.skipif(sys.platform != "linux", reason="no GNU C library")
def test_memory_that_was_freed_is_used_again():
    """Page faults of a block of 64 MB that is made and freed again and again."""
    program = (
        "import resource, torch\nfrom pushup.training.memory import keep_freed_memory\n"
        "def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "assert {before}\n"
        "for _ in range(20): torch.ones(2**24)\n"
        "begin = faults()\n"
        "for _ in range(10): torch.ones(2**24)\n"
        "print(faults() - begin)"
    )

    def faults(before: str) -> int:
        command = [sys.executable, "-c", program.format(before=before)]
        return int(subprocess.check_output(command, text=True))

    assert faults("keep_freed_memory()") < faults("True") / 4


def test_sweep_rows_keep_every_column(tmp_path):
    path = tmp_path / "summary.csv"
    append_row(path, row_of("0", ["a=1"], {"val/pcks": 0.1}))
    append_row(path, row_of("1", ["a=2"], {"val/mae": 0.2}, "no"))
    rows = list(csv.DictReader(path.open()))
    assert [row["run"] for row in rows] == ["0", "1"]
    assert rows[1] == {"run": "1", "a": "2", "val/pcks": "", "val/mae": "0.2", "error": "no"}


def test_jobs_that_end_at_once_lose_no_row(tmp_path):
    path = tmp_path / "summary.csv"
    with ThreadPoolExecutor(10) as jobs:
        list(jobs.map(lambda i: append_row(path, row_of(str(i), [f"a{i}={i}"], {})), range(20)))
    rows = list(csv.DictReader(path.open()))
    assert sorted(int(row["run"]) for row in rows) == list(range(20))
    assert all(row[f"a{row['run']}"] == row["run"] for row in rows)


def test_a_job_that_fails_leaves_a_row_with_its_error(configured, tmp_path):
    config, _ = configured("data.length=8", "data.batch_size=64")
    with pytest.raises(InputError):
        job_of_sweep(config, ["data.batch_size=64"], tmp_path / "summary.csv")
    (row,) = csv.DictReader((tmp_path / "summary.csv").open())
    assert (row["run"], row["data.batch_size"]) == ("run", "64")
    assert row["error"].startswith("data.batch_size=64 is more than the 8 training pictures")


def test_an_unknown_framing_is_refused(configured):
    config, folder = configured("model.framing=circle")
    with pytest.raises(Exception, match="square, rectangle, crop"):
        run.train(config, folder)
