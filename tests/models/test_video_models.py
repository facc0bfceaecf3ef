"""Video networks: published sizes, causality, and the files that hold their weights."""

import pytest
import torch

from pushup.cli import InputError
from pushup.models import weights
from pushup.models.repnet import RepNet, ResNet50V2Trunk, ShuffleNetTrunk
from pushup.models.video_model import VideoModel, count_parameters
from pushup.models.video_networks import Cnn3d, CnnLstm, FlowClassifier, grey_and_change


def small_model(kind: str, **options) -> VideoModel:
    """A network of a few thousand weights, or RepNet on our encoder."""
    small = {
        "repnet": {"encoder": "shufflenet", "embed": 8, "width": 8, "frames": 16},
        "flow_classifier": {"widths": [4, 4]},
        "cnn_lstm": {"widths": [4, 4], "hidden": 8},
        "cnn3d": {"widths": [4, 4], "dilations": [1, 2]},
    }[kind]
    return VideoModel(kind, {"kind": kind, **small, **options}, 64, 7.5)


def test_repnet_has_the_published_parameters_layer_by_layer() -> None:
    net = RepNet()
    trunk = net.encoder
    assert isinstance(trunk, ResNet50V2Trunk)
    groups = {
        "conv1": count_parameters(trunk.conv1)[0],
        "conv2": count_parameters(trunk.conv2)[0],
        "conv3": count_parameters(trunk.conv3)[0],
        "conv4, three blocks": count_parameters(trunk.conv4)[0],
        "3D convolution": count_parameters(net.temporal)[0],
        "batch norm": count_parameters(net.norm)[0],
        "similarity convolution": count_parameters(net.similarity_conv)[0],
        "period head": count_parameters(net.period)[0],
        "periodicity head": count_parameters(net.periodicity)[0],
    }
    assert groups == {
        "conv1": 9_472,
        "conv2": 217_856,
        "conv3": 1_226_240,
        "conv4, three blocks": 3_756_032,
        "3D convolution": 14_156_288,
        "batch norm": 2_048,
        "similarity convolution": 320,
        "period head": 3_217_984,
        "periodicity head": 3_185_665,
    }
    assert count_parameters(net) == (25_771_905, 25_755_137)
    head = net.period
    parts = (head.project, head.layer, head.fc1, head.fc2, head.out)
    assert [count_parameters(part)[0] for part in parts] == [
        1_049_088,
        1_577_984,
        262_656,
        262_656,
        32_832,
    ]
    assert head.positions.shape == (64, 512)


@pytest.mark.parametrize(("trunk", "channels"), [(ResNet50V2Trunk, 1024), (ShuffleNetTrunk, 232)])
def test_the_trunks_see_seven_by_seven_cells(trunk, channels) -> None:
    with torch.no_grad():
        assert trunk()(torch.zeros(1, 3, 112, 112)).shape == (1, channels, 7, 7)


@pytest.mark.slow
def test_the_full_repnet_trains_two_steps() -> None:
    torch.manual_seed(0)
    net = RepNet(dropout=0.0).train()
    # every fifth frame alike
    frames = torch.randn(1, 5, 3, 112, 112).repeat(1, 13, 1, 1, 1)[:, :64]
    optimizer = torch.optim.Adam(net.parameters(), 1e-4)
    losses = []
    for _ in range(2):
        period, periodicity = net(frames)
        assert (period.shape, periodicity.shape) == ((1, 64, 64), (1, 64))
        target = torch.full((1, 64), 4)
        loss = torch.nn.functional.cross_entropy(period.transpose(1, 2), target)
        loss = loss - torch.nn.functional.logsigmoid(periodicity).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[1] < losses[0]


def test_similarities_are_the_softmax_of_negative_squared_distances() -> None:
    net = small_model("repnet").network
    x = torch.tensor([[[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]])
    rows = torch.softmax(-torch.tensor([[0.0, 25, 1], [25, 0, 18], [1, 18, 0]]) / 13.544, -1)
    torch.testing.assert_close(net.similarities(x)[0], rows)


def test_near_frames_keep_their_distance_in_half_precision() -> None:
    net = small_model("repnet").network
    x = 20 + 0.1 * torch.randn(1, 16, 64, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        half = net.similarities(x)
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, net.similarities(x))


def test_repnet_by_lag_learns_periods_in_a_few_steps() -> None:
    torch.manual_seed(0)
    rng, time = torch.Generator().manual_seed(1), 24
    periods = torch.arange(3, 11)
    # eight windows of one repeated stretch each, that differ in the stretch and in its length
    cycles = torch.randn(8, 10, 232, 1, 1, generator=rng)
    at = torch.arange(time)[None] % periods[:, None]
    features = cycles[torch.arange(8)[:, None], at].expand(-1, -1, -1, 2, 2)
    net = RepNet("shufflenet", 16, 32, time, dropout=0.0, squeeze=16, by_lag=True).train()
    optimizer = torch.optim.AdamW(net.parameters(), 2e-3)
    target = (periods - 1)[:, None].expand(-1, time)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(net.periods(features)[0].transpose(1, 2), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1


def test_a_frozen_encoder_does_not_move() -> None:
    net = small_model("repnet", freeze_encoder=True).network.train()
    before = {k: v.clone() for k, v in net.encoder.state_dict().items()}
    net(torch.randn(1, 16, 3, 64, 64))[0].sum().backward()
    assert all(torch.equal(before[k], v) for k, v in net.encoder.state_dict().items())
    assert not any(p.grad is not None for p in net.encoder.parameters())
    assert net.temporal.weight.grad is not None


def test_the_encoder_starts_from_a_keypoint_model() -> None:
    options = {"encoder": "shufflenet", "embed": 8, "width": 8, "freeze_encoder": True}
    model = VideoModel("r", {"kind": "repnet", **options}, 112, 15.0, start_from="shufflenet")
    shipped = weights.load("shufflenet").network.encoder.state_dict()
    own = model.network.encoder.state_dict()
    assert all(torch.equal(own[key], shipped[key]) for key in own)
    assert model.started


@pytest.mark.parametrize("net", [Cnn3d(), CnnLstm()])
def test_no_frame_changes_what_was_said_before_it(net) -> None:
    frames = torch.randn(1, 30, 3, 32, 32)
    other = frames.clone()
    other[:, 20:] = torch.randn(1, 10, 3, 32, 32)
    with torch.inference_mode():
        first, second = net.eval()(frames), net(other)
    torch.testing.assert_close(first[:, :20], second[:, :20])
    assert (first[:, 20:] - second[:, 20:]).abs().max() > 0


def test_a_window_of_its_span_is_all_that_the_3d_network_sees() -> None:
    net, frames = Cnn3d().eval(), torch.randn(1, 40, 3, 32, 32)
    with torch.inference_mode():
        # one frame more, for the change of the first
        window = net(frames[:, -net.span - 1 :])[:, -1]
        torch.testing.assert_close(window, net(frames)[:, -1], atol=1e-5, rtol=1e-4)


def test_the_lstm_goes_on_from_its_memory() -> None:
    net, frames = CnnLstm().eval(), torch.randn(1, 6, 3, 32, 32)
    with torch.inference_mode():
        whole, memory = net(frames)[0], None
        for i in range(6):
            step, memory = net.step(frames[:, max(i - 1, 0) : i + 1], memory)
            torch.testing.assert_close(step, whole[i], atol=1e-5, rtol=1e-4)


def test_grey_and_change_by_hand() -> None:
    frames = torch.zeros(1, 2, 3, 1, 1)
    frames[0, 1] = 0.5
    assert grey_and_change(frames).flatten().tolist() == pytest.approx([0, 0, 0.5, 2.0])


@pytest.mark.parametrize("kind", ["repnet", "flow_classifier", "cnn_lstm", "cnn3d"])
def test_a_file_brings_the_model_back(kind, tmp_path) -> None:
    model = small_model(kind).eval()
    path = tmp_path / "model.safetensors"
    weights.save(model, model.spec(), path)
    again = weights.load(path, None)
    assert isinstance(again, VideoModel)
    assert (again.kind, again.rate_hz, again.input_size) == (kind, 7.5, 64)
    assert again.spec() == model.spec()
    for key, value in again.state_dict().items():
        torch.testing.assert_close(value.float(), model.state_dict()[key].half().float())


def test_an_unknown_network_is_told() -> None:
    with pytest.raises(InputError, match="repnet, flow_classifier"):
        VideoModel("x", {"kind": "transformer"}, 64, 15.0)
    assert FlowClassifier.classes == ("down", "still", "up")
