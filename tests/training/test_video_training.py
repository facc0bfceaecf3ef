"""Video networks learn: clips at a steady rate, labels by hand, windows, and train.py itself."""

import hydra
import numpy as np
import pytest
import torch

from pushup.cli import InputError
from pushup.data.clips import read_clips
from pushup.data.video_clips import VideoClip, read_video_clip
from pushup.data.video_windows import (
    LabelledWindows,
    PeriodicWindows,
    VideoDataModule,
    vary_look,
    wander,
)
from pushup.models import weights
from pushup.paths import CONF
from pushup.training import run
from support.block_clips import write_block_clips

SMALL = {
    "repnet_small": ["model.network.embed=8", "model.network.width=8", "model.start_from=null"],
    "flow_classifier": ["model.network.widths=[4,4]"],
    "cnn_lstm": ["model.network.widths=[4,4]", "model.network.hidden=8"],
    "cnn3d": ["model.network.widths=[4,4]", "model.network.dilations=[1,2]"],
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return write_block_clips(folder, (2, 3, 0))


def clip(frames=60, bottoms=(15.0, 25.0, 50.0), rate_hz=10.0) -> VideoClip:
    pictures = np.arange(frames, dtype=np.uint8)[:, None, None, None].repeat(8, 1).repeat(8, 2)
    return VideoClip("x", pictures.repeat(3, 3), rate_hz, len(bottoms), np.array(bottoms))


def test_a_clip_at_a_steady_rate_is_read_once(root, tmp_path) -> None:
    labelled = read_clips(root, "val")[0]
    first = read_video_clip(labelled, 32, 30.0, tmp_path)
    assert first.frames.shape == (len(first), 32, 32, 3)
    # 15 frames a second shown at 30: each twice, but for the compression all alike
    assert len(first) == pytest.approx(2 * 3.6 * 15, abs=2)
    assert (first.frames[0] == first.frames[1]).all()
    assert first.bottoms == pytest.approx(30 * np.array([1.2, 2.4]))
    [kept] = tmp_path.glob("*.npz")
    written = kept.stat().st_mtime_ns
    again = read_video_clip(labelled, 32, 30.0, tmp_path)
    assert (again.frames == first.frames).all()
    assert kept.stat().st_mtime_ns == written


def test_labels_by_hand() -> None:
    one = clip()
    # halfway to a neighbour, at most a second (10 frames) away
    assert one.edges.tolist() == [[5, 20], [20, 35], [40, 59]]
    labels = one.labels()
    ended = [*range(17, 21), *range(32, 36), *range(56, 60)]
    assert np.flatnonzero(labels["finished"]).tolist() == ended
    assert labels["low"][15]
    assert not labels["low"][[5, 20, 37]].any()
    assert labels["phase"][[10, 18, 37, 45, 55]].tolist() == [0, 2, 1, 0, 2]
    nothing = clip(bottoms=()).labels()
    assert not nothing["finished"].any()
    assert (nothing["phase"] == 1).all()


def test_a_labelled_window_is_padded_and_says_so() -> None:
    [item] = LabelledWindows([clip(20, (10.0,))], frames=24, step=2, length=1, varied=False)
    assert item["frames"].shape == (24, 8, 8, 3)
    assert item["valid"].sum() == 10
    assert item["frames"][5, 0, 0, 0] == 10  # every second frame


def test_a_varied_window_is_drawn_by_its_seed() -> None:
    windows = LabelledWindows([clip()], frames=16, step=1, length=4, varied=True)
    first, second = windows[0, 5], windows[0, 6]
    assert torch.equal(windows[0, 5]["frames"], first["frames"])
    assert not torch.equal(first["frames"], second["frames"])


@pytest.mark.parametrize("kind", ["labelled", "periodic"])
def test_each_epoch_draws_anew_and_a_resumed_one_goes_on(kind, root, tmp_path) -> None:
    def drawn(epoch: int, **options) -> torch.Tensor:
        module = VideoDataModule(
            *(kind, str(root), str(tmp_path), 16, 15.0, 8, 1, ["val"], ["val"]),
            **{"batch_size": 2, "length": 4, "seed": 3, **options},
        )
        loader = module.train_dataloader()
        loader.sampler.set_epoch(epoch)
        return torch.cat([batch["frames"] for batch in loader])

    first, second = drawn(0), drawn(1)
    assert not torch.equal(first, second)
    assert not torch.equal(first, drawn(0, seed=4))
    torch.manual_seed(99)  # what a process drew before does not matter, nor how many there are
    assert torch.equal(drawn(1), second)
    assert torch.equal(drawn(1, num_workers=1), second)


def test_a_clip_as_it_is_carries_the_periods_of_its_repetitions() -> None:
    source = clip(300, (100.0, 120.0))  # ten frames a second: from 90 to 110, and to 130
    windows = PeriodicWindows([source], 64, 1)
    whole = 0
    for seed in range(30):
        at, period = windows._own(source, np.random.default_rng(seed))
        inside = (at > 90) & (at <= 130)
        assert ((period > 0) == inside).all()
        step = np.diff(at).max()
        assert period[inside] == pytest.approx(20 / step)
        assert (np.diff(at) >= 0).all()
        if at[0] < 90 and at[-1] > 130:  # the shares of all frames add up to the count
            whole += 1
            assert (1 / period[inside]).sum() == pytest.approx(2, abs=0.2)
    assert whole > 3


def test_periodic_windows_repeat_as_they_say() -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (60, 8, 8, 3), dtype=np.uint8)
    source = VideoClip("x", pictures, 10.0, 3, np.array([15.0, 25.0, 50.0]))
    windows = PeriodicWindows([source], 64, 40)
    seen = 0
    for index in range(40):
        at, period = windows._made(source, np.random.default_rng(index))
        steady = period > 0
        if not steady.all() or np.ptp(period) > 1:
            continue
        seen += 1
        lag = round(float(period.mean()))
        shown = at[:-lag] - at[lag:]
        wraps = np.abs(np.abs(shown) - (at.max() - at.min())) < 4
        assert ((np.abs(shown) < 4) | wraps).mean() > 0.8
    assert seen >= 3
    item = windows[0]
    assert item["frames"].shape == (64, 8, 8, 3)
    assert ((item["period"] >= 0) & (item["period"] < 64)).all()
    assert torch.equal(windows[3]["frames"], windows[3]["frames"])


def test_a_varied_look_is_one_for_the_window() -> None:
    frames = np.full((4, 16, 16, 3), 100, np.uint8)
    varied = vary_look(frames, np.random.default_rng(1))
    assert varied.shape == frames.shape
    assert (varied == varied[0]).all()
    assert varied[0, 8, 8, 0] != 100


def test_features_wander_as_pictures_do() -> None:
    rng = np.random.default_rng(0)
    rows = np.broadcast_to(np.arange(6.0)[:, None], (40, 2, 6, 6)).astype(np.float16)
    seen = wander(rows, rng, cells=0.5)
    assert seen.shape == rows.shape
    shift = seen[:, 0, 2:4, 3] - torch.tensor([2.0, 3.0])
    # the whole picture moves, no farther than said, and differently in each frame
    torch.testing.assert_close(shift[:, 0], shift[:, 1])
    assert 0.05 < shift.abs().max() <= 0.5
    assert shift[:, 0].diff().abs().max() > 0


@pytest.mark.parametrize("name", [*SMALL, "repnet_small data.looks=2"])
def test_train_py_trains_it(name, root, tmp_path) -> None:
    name, *options = name.split()
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        config = hydra.compose(
            "train",
            overrides=[
                *(f"model={name}", "data=video", f"data.root={root}", *SMALL[name]),
                *("data.train_splits=[val]", f"data.cache={tmp_path / 'cache'}"),
                *("data.batch_size=2", "data.length=4", "model.window_frames=16"),
                *("trainer=debug", "trainer.check_val_every_n_epoch=1", "model.input_size=64"),
                *(f"output_dir={tmp_path}", *options),
            ],
        )
    metrics = run.train(config, tmp_path)
    assert metrics["train/loss"] > 0
    assert metrics["val/loss"] > 0
    model = weights.load(tmp_path / "checkpoints" / "best.ckpt", None)
    assert model.name == name


def test_what_does_not_fit_is_told(root, tmp_path) -> None:
    with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
        keypoints = hydra.compose("train", overrides=["data=video", f"data.root={root}"])
        rootless = hydra.compose("train", overrides=["model=cnn3d", "data=video"])
    with pytest.raises(Exception, match="data=video is for video networks"):
        hydra.utils.instantiate(keypoints.data.module)
    with pytest.raises(Exception, match="give the folder of counts"):
        hydra.utils.instantiate(rootless.data.module)
    free = ("model=repnet_small", "model.network.freeze_encoder=false", *SMALL["repnet_small"])
    for wrong in (("model=cnn3d",), free):
        with hydra.initialize_config_dir(str(CONF), version_base="1.3"):
            config = hydra.compose(
                "train",
                overrides=[
                    *(*wrong, "data=video", f"data.root={root}", "data.looks=1"),
                    *("data.train_splits=[val]", f"data.cache={tmp_path / 'cache'}"),
                    *("data.batch_size=2", "trainer=debug", f"output_dir={tmp_path}"),
                ],
            )
        with pytest.raises(
            (InputError, hydra.errors.InstantiationException),
            match=r"leave it out|data\.looks=0 is needed",
        ):
            run.train(config, tmp_path)
    assert issubclass(InputError, ValueError)
