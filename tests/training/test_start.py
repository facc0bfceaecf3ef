"""Training that starts from a file of weights."""

import functools

import pytest
import torch
from omegaconf import OmegaConf

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap, OffsetHeatmap
from pushup.models import BlazePose, EncoderDecoder, KeypointModel, PushUpClassifier, weights
from pushup.skeleton import BODY16, UPPER7

MOBILENET = functools.partial(EncoderDecoder, encoder="mobilenetv2_100")
SHORT = ("data.length=8", "data.batch_size=4", "optimizer.lr=0")


@pytest.fixture
def file(tmp_path):
    """A network that no default of ours describes."""
    torch.manual_seed(0)
    network = functools.partial(MOBILENET, same_padding=True)
    codec = GaussianHeatmap(96, 5.0, score_scale=2.0)
    model = KeypointModel("mine", network, codec, BODY16, (0.1,) * 3, (0.3,) * 3, "rectangle")
    weights.save(model, model.spec(), tmp_path / "mine.safetensors")
    return tmp_path / "mine.safetensors"


def test_the_file_says_what_the_network_is(trained, file):
    metrics, folder = trained(*SHORT[:2], f"init_from={file}", "optimizer.lr=0")
    last = folder / "checkpoints" / "last.ckpt"
    before, after = weights.read(file)[0], weights.read(last)[0]
    assert after["codec"] == {**before["codec"], "score_scale": 1.0}  # weights that now change
    for key in ("name", "network", "skeleton", "mean", "std", "framing"):
        assert after[key] == before[key], key
    assert OmegaConf.load(folder / "config.yaml").codec.input_size == 96
    old, new = weights.load(file).network, weights.load(last).network
    assert all(map(torch.equal, old.parameters(), new.parameters()))
    assert "val/pcks" in metrics


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "model=mobilenet model.same_padding=false",
            "model.same_padding=True: leave out model.same_padding=False",
        ),
        ("model.mean=[0,0,0]", r"model.mean=\[0.1, 0.1, 0.1\]: leave out"),
        ("model=blazepose", "holds model 'mine': leave out model=blazepose"),
        ("experiment=shufflenet", "holds model 'mine': leave out"),
        ("codec=published_offset", "has maps of gaussian_heatmap"),
        ("model.pretrained=true", "leave out model.pretrained"),
    ],
)
def test_a_conflict_is_refused_by_name(trained, file, tmp_path, override, told):
    with pytest.raises(InputError, match=told):
        trained(*override.split(), f"init_from={file}")
    assert not (tmp_path / "run").exists()


def test_joints_that_both_skeletons_know_go_on(trained, file, capsys):
    _, folder = trained(*SHORT, f"init_from={file}", "skeleton=upper7")
    assert "7 joints go on, 0 begin anew" in capsys.readouterr().out
    seven, sixteen = weights.load(folder / "checkpoints" / "last.ckpt"), weights.load(file)
    assert torch.equal(seven.network.head.weight, sixteen.network.head.weight[UPPER7.mpii])
    assert torch.equal(seven.network.head.bias, sixteen.network.head.bias[UPPER7.mpii])


def test_joints_that_are_new_begin_anew(trained, file, tmp_path, capsys):
    _, folder = trained(*SHORT, f"init_from={file}", "skeleton=upper7")
    start = folder / "checkpoints" / "last.ckpt"
    _, folder = trained(*SHORT, f"init_from={start}", "skeleton=body16", name="wider")
    assert "7 joints go on, 9 begin anew" in capsys.readouterr().out
    old, new = weights.load(start), weights.load(folder / "checkpoints" / "last.ckpt")
    head = new.network.head.weight[UPPER7.mpii]
    assert torch.equal(head, old.network.head.weight)
    assert new.skeleton == BODY16


def test_blazepose_takes_another_skeleton_as_well(trained, tmp_path):
    model = KeypointModel("blazepose", BlazePose, GaussianHeatmap(64, 4.0), UPPER7)
    weights.save(model, model.spec(), tmp_path / "b.safetensors")
    _, folder = trained(*SHORT, f"init_from={tmp_path}/b.safetensors", "skeleton=body16")
    new = weights.load(folder / "checkpoints" / "last.ckpt").network.head.weight
    torch.testing.assert_close(new[UPPER7.mpii], model.network.head.weight, atol=1e-3, rtol=0)


def test_a_network_without_a_head_keeps_its_skeleton():
    def network(out_channels):
        bare = torch.nn.Conv2d(3, out_channels, 4, 4)
        bare.stride = 4
        return bare

    seven, sixteen = (KeypointModel("x", network, GaussianHeatmap(64), s) for s in (UPPER7, BODY16))
    with pytest.raises(InputError, match="leave out skeleton=body16"):
        sixteen.start_from(seven)


def test_what_may_change_is_told(trained, file, capsys):
    stated = ("codec.input_size=64", "model.framing=square", "codec.sigma_px=4")
    _, folder = trained(*SHORT, f"init_from={file}", *stated)
    told = capsys.readouterr().out
    assert "codec.input_size=64 in place of 96" in told
    assert "model.framing=square in place of rectangle" in told
    model = weights.load(folder / "checkpoints" / "last.ckpt")
    assert (model.input_size, model.framing, model.codec.sigma_px) == (64, "square", 4.0)


def test_an_experiment_states_what_it_sets(trained, file):
    """Also where it sets what is the default anyway."""
    _, folder = trained(
        *("experiment=distilled", "trainer=cpu", "trainer.max_epochs=1", "model.framing=square"),
        *(
            f"teacher.ckpt_path={file}",
            f"init_from={file}",
            *SHORT,
            "codec.input_size=64",
            "data.cache=null",
        ),
        "trainer.precision=32-true",
    )
    codec = weights.load(folder / "checkpoints" / "last.ckpt").codec
    assert codec == GaussianHeatmap(64, 6.4)


def test_the_task_of_the_file_has_to_be_that_of_the_model(trained, tmp_path):
    model = PushUpClassifier(encoder="test_efficientnet", input_size=64)
    weights.save(model, model.spec(), tmp_path / "c.safetensors")
    with pytest.raises(InputError, match="add model=classifier"):
        trained(f"init_from={tmp_path}/c.safetensors")


def test_a_loss_is_for_the_maps_of_its_codec(trained):
    with pytest.raises(Exception, match="OffsetHeatmapLoss is no loss for GaussianHeatmap"):
        trained("data.length=8", "loss=published_offset")


def test_offsets_start_from_offsets(trained, tmp_path):
    model = KeypointModel("blazepose", BlazePose, OffsetHeatmap(64), UPPER7)
    weights.save(model, model.spec(), tmp_path / "o.safetensors")
    start = f"init_from={tmp_path}/o.safetensors"
    with pytest.raises(InputError, match="codec=gaussian"):
        trained(start)
    trained("data.length=8", "codec=published_offset", "model=blazepose", start, name="b")
