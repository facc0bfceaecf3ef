import numpy as np
import pytest
import torch

from pushup.cli import InputError
from pushup.codecs import GaussianHeatmap, OffsetHeatmap, build_codec
from pushup.skeleton import UPPER7

ALL = torch.ones(64, 7, dtype=torch.bool)
GAUSSIAN = [(GaussianHeatmap(224), 4), (GaussianHeatmap(256, 8.0), 2), (GaussianHeatmap(160), 4)]


def logits(targets: torch.Tensor, codec) -> np.ndarray:
    """Maps of a network that learned the targets perfectly."""
    maps = targets.clone()
    heat = maps[:, :7]
    heat.copy_(torch.logit(heat.clamp(1e-30, 1 - 1e-6)))
    return maps.numpy()


def keypoints_in(input_size: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(64, 7, 2, generator=generator) * input_size - 0.5


@pytest.mark.parametrize(("codec", "stride"), GAUSSIAN)
def test_gaussian_round_trip_is_sub_pixel(codec, stride):
    keypoints = keypoints_in(codec.input_size)
    decoded, scores = codec.decode(logits(codec.encode(keypoints, ALL, ALL, stride), codec))
    assert np.linalg.norm(decoded - keypoints.numpy(), axis=-1).max() < 0.5
    assert scores.min() > 0.5


@pytest.mark.parametrize("codec", [GaussianHeatmap(224), OffsetHeatmap(224)])
@pytest.mark.parametrize(("axis", "moved"), [(2, (0, 32)), (3, (32, 0))])
def test_maps_of_a_rectangle_are_read_as_those_of_the_square(codec, axis, moved):
    """Without its first 8 rows or columns of 4 pixels; the stride is that of the longer side."""
    keypoints = keypoints_in(224) / 2 + 40  # cells 10 to 38
    maps = logits(codec.encode(keypoints, ALL, ALL, 4), codec)
    square, _ = codec.decode(maps)
    found, _ = codec.decode(maps.take(range(8, 40), axis))
    np.testing.assert_allclose(found, square - moved, atol=1e-3)


def test_without_refinement_the_cell_is_found():
    codec = GaussianHeatmap(224, refine=False)
    keypoints = keypoints_in(224)
    decoded, _ = codec.decode(logits(codec.encode(keypoints, ALL, ALL, 4), codec))
    assert np.abs(decoded - keypoints.numpy()).max() <= 2.0 + 1e-4


def test_offset_round_trip_is_within_a_pixel():
    codec = OffsetHeatmap(224)
    keypoints = keypoints_in(224)
    decoded, _ = codec.decode(logits(codec.encode(keypoints, ALL, ALL, 4), codec))
    # keypoints are rounded to whole pixels, of which the last is 223
    assert np.abs(decoded - keypoints.numpy()).max() <= 0.5 + 1e-4


def test_offset_targets_by_hand():
    """Pixel (10, 7) at stride 4: cell (2, 1), place (2, 3) inside it, divided by the side of 56."""
    codec = OffsetHeatmap(224)
    one = torch.ones(1, 1, dtype=torch.bool)
    targets = codec.encode(torch.tensor([[[10.0, 7.0]]]), one, one, 4)
    assert targets.shape == (1, 3, 56, 56)
    assert torch.nonzero(targets[0, 0]).tolist() == [[1, 2]]
    assert targets[0, 1, 1, 2] == pytest.approx(2 / 56)
    assert targets[0, 2, 1, 2] == pytest.approx(3 / 56)


def test_published_gaussian_by_hand():
    """Sigma is 4 cells, the peak 1, and 0.5 where the joint is known to be hidden."""
    codec = GaussianHeatmap(256, 8.0, 0.5, refine=False)
    labelled = torch.ones(1, 2, dtype=torch.bool)
    visible = torch.tensor([[True, False]])
    keypoints = torch.full((1, 2, 2), 100.5)  # the centre of cell 50
    targets = codec.encode(keypoints, labelled, visible, 2)
    assert targets.shape == (1, 2, 128, 128)
    assert targets[0, :, 50, 50].tolist() == [1.0, 0.5]
    assert targets[0, 0, 50, 54] == pytest.approx(np.exp(-0.5))


@pytest.mark.parametrize(("codec", "stride"), [*GAUSSIAN, (OffsetHeatmap(224), 4)])
def test_unlabelled_and_outside_joints_have_empty_heatmaps(codec, stride):
    keypoints = torch.tensor([[[50.0, 50.0], [-3.0, 50.0], [50.0, 50.0]]])
    labelled = torch.tensor([[True, True, False]])
    targets = codec.encode(keypoints, labelled, labelled, stride)[:, :3]
    assert targets.flatten(2).amax(-1).gt(0).tolist() == [[True, False, False]]


@pytest.mark.parametrize(("codec", "stride"), [*GAUSSIAN, (OffsetHeatmap(224), 4)])
def test_mirror_undoes_a_mirrored_input(codec, stride):
    flip = torch.from_numpy(UPPER7.flip)
    keypoints = keypoints_in(codec.input_size).round()
    mirrored = keypoints.clone()
    mirrored[..., 0] = codec.input_size - 1 - mirrored[..., 0]
    maps = logits(codec.encode(mirrored[:, flip], ALL, ALL, stride), codec)
    decoded, _ = codec.decode(codec.mirror(maps, UPPER7.flip))
    assert np.linalg.norm(decoded - keypoints.numpy(), axis=-1).max() < 0.5


def test_refinement_stays_in_the_neighbourhood_on_flat_maps():
    codec = GaussianHeatmap(224)
    decoded, scores = codec.decode(np.zeros((1, 7, 56, 56), np.float32))
    assert np.isfinite(decoded).all()
    assert ((decoded > -4) & (decoded < 228)).all()
    np.testing.assert_allclose(scores, 0.5)


def test_unknown_codec_is_named():
    with pytest.raises(InputError, match="simcc"):
        build_codec("simcc")


def from_log(log_heat: np.ndarray) -> np.ndarray:
    """Logits whose probabilities have these logarithms, below 0."""
    return (log_heat - np.log(-np.expm1(log_heat)))[None, None].astype(np.float32)


@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.6])
def test_the_refinement_is_exact_for_a_correlated_peak(correlation):
    """A Gaussian that lies askew: the cross term of the Newton step decides."""
    x, y = np.meshgrid(np.arange(16.0), np.arange(16.0))
    dx, dy = x - 7.3, y - 8.4
    precision = 0.2 * np.linalg.inv([[1, correlation], [correlation, 1]])
    askew = precision[0, 0] * dx**2 + 2 * precision[0, 1] * dx * dy + precision[1, 1] * dy**2
    (found,), _ = GaussianHeatmap(64).decode(from_log(-0.05 - askew / 2))
    np.testing.assert_allclose((found[0] + 0.5) / 4 - 0.5, (7.3, 8.4), atol=1e-3)


def test_a_step_of_more_than_a_cell_is_not_taken():
    """A ridge so flat that the step from its highest cell leads two cells away."""
    log_heat = np.full((16, 16), -2.0)
    log_heat[7:10, 7:10] = np.array(
        [[-0.09, -0.17, -0.45], [-0.17, -0.05, -0.13], [-0.45, -0.13, -0.05]]
    )
    log_heat[8, 8] = -0.049
    (found,), _ = GaussianHeatmap(64).decode(from_log(log_heat))
    np.testing.assert_array_equal((found[0] + 0.5) / 4 - 0.5, (8, 8))


@pytest.mark.parametrize("codec", [GaussianHeatmap(64), OffsetHeatmap(64)])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_input_ends_where_its_pixels_end(codec, axis):
    """Pixels are centred on integers: 64 of them reach from -0.5 to, not with, 63.5."""
    for place, inside in ((-0.51, False), (-0.5, True), (63.49, True), (63.5, False)):
        keypoints = torch.full((1, 1, 2), 30.0)
        keypoints[..., axis] = place
        yes = torch.ones(1, 1, dtype=torch.bool)
        heat = codec.encode(keypoints, yes, yes, 4)[:, :1]
        assert bool(heat.max() > 0.5) == inside, place


def test_a_rectangle_has_its_own_end():
    yes = torch.ones(1, 1, dtype=torch.bool)
    for codec in (GaussianHeatmap(64), OffsetHeatmap(64)):
        for y, inside in ((31.4, True), (31.6, False)):
            heat = codec.encode(torch.tensor([[[40.0, y]]]), yes, yes, 4, (64, 32))
            assert heat.shape[-2:] == (8, 16)
            assert bool(heat.max() > 0.5) == inside


@pytest.mark.parametrize(("offset", "within"), [(9.0, 3.5), (-9.0, -0.5), (0.125, 2.0)])
def test_an_offset_stays_in_its_cell(offset, within):
    maps = np.full((1, 3, 16, 16), -5.0, np.float32)
    maps[0, 0, 6, 5] = 5.0
    maps[0, 1:] = offset
    (found,), _ = OffsetHeatmap(64).decode(maps)
    np.testing.assert_allclose(found[0], (5 * 4 + within, 6 * 4 + within))
