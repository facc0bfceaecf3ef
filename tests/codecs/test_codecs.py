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
