import cv2
import numpy as np
import pytest

from pushup.geometry import FrameTransform, enlarge_box, heatmap_to_input, input_to_heatmap
from pushup.skeleton import BODY16, SKELETONS, UPPER7, get_skeleton


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_resizing_moves_a_blob_as_cv2_does():
    """An independent reference: where cv2 moves the centre of mass of a smooth blob."""
    frame = np.zeros((90, 120), np.float32)
    ys, xs = np.mgrid[:90, :120]
    frame += np.exp(-((xs - 40.3) ** 2 + (ys - 30.7) ** 2) / (2 * 6**2)).astype(np.float32)
    small = cv2.resize(frame, (60, 45), interpolation=cv2.INTER_AREA)
    ys, xs = np.mgrid[:45, :60]
    centre = np.array([(xs * small).sum(), (ys * small).sum()]) / small.sum()
    transform = FrameTransform.pad_square((120, 90), 60)
    expected = transform.to_input(np.array([40.3, 30.7]))
    padding = [0, (60 - 45) / 2]
    np.testing.assert_allclose(centre + padding, expected, atol=0.02)


def test_pad_square_keeps_corner_pixel_centres():
    transform = FrameTransform.pad_square((200, 100), 100)
    np.testing.assert_allclose(
        transform.to_input(np.array([[0, 0], [199, 99]])), [[-0.25, 24.75], [99.25, 74.25]]
    )


@pytest.mark.parametrize(
    ("size_wh", "expected"),
    [
        ((1280, 720), (384, 256)),  # 216 rows and at least 24 black ones
        ((720, 1280), (256, 384)),
        ((640, 480), (384, 320)),
        ((100, 100), (384, 384)),
        ((37, 2000), (32, 384)),
    ],
)
def test_a_fitted_input_is_the_square_without_most_of_its_black(rng, size_wh, expected):
    frame = rng.integers(0, 256, (size_wh[1], size_wh[0], 3), dtype=np.uint8)
    square = FrameTransform.pad_square(size_wh, 384)
    fitted = FrameTransform.pad_rectangle(size_wh, 384)
    assert fitted.input_wh == expected
    left, top = ((384 - side) // 2 for side in expected)
    picture = square.warp(frame)
    same = picture[top : top + expected[1], left : left + expected[0]]
    np.testing.assert_array_equal(fitted.warp(frame), same)
    assert picture.sum() == same.sum()  # nothing but black was cut off
    point = np.array([3.2, 17.0])
    np.testing.assert_allclose(fitted.to_input(point), square.to_input(point) - (left, top))
    np.testing.assert_allclose(fitted.to_frame(fitted.to_input(point)), point)


@pytest.mark.parametrize("rotation_deg", [0, 30, -135])
@pytest.mark.parametrize("flip", [False, True])
def test_inverse_is_exact(rng, rotation_deg, flip):
    transform = FrameTransform.crop((10.5, -20, 90, 150), 224, rotation_deg, flip)
    points = rng.uniform(-50, 300, (20, 2))
    np.testing.assert_allclose(transform.to_frame(transform.to_input(points)), points, atol=1e-9)


@pytest.mark.parametrize("size_wh", [(320, 240), (37, 211), (1000, 700)])
@pytest.mark.parametrize(("rotation_deg", "flip"), [(0, False), (25, True)])
def test_warp_moves_pixels_where_points_go(size_wh, rotation_deg, flip):
    """A blob drawn in the frame lands where `to_input` says, at any scale, rotation and mirror."""
    width, height = size_wh
    centre = np.array([0.6 * width, 0.4 * height])
    sigma = min(size_wh) / 14
    ys, xs = np.mgrid[:height, :width]
    blob = np.exp(-((xs - centre[0]) ** 2 + (ys - centre[1]) ** 2) / (2 * sigma**2))
    frame = np.repeat((255 * blob)[..., None], 3, 2).astype(np.uint8)
    box = (-0.5, -0.5, width - 0.5, height - 0.5)
    transform = FrameTransform.crop(box, 224, rotation_deg, flip)
    warped = transform.warp(frame)[..., 0].astype(float)
    ys, xs = np.mgrid[:224, :224]
    found = np.array([(xs * warped).sum(), (ys * warped).sum()]) / warped.sum()
    np.testing.assert_allclose(found, transform.to_input(centre), atol=0.15)


def test_flip_is_a_mirror_of_the_input():
    plain = FrameTransform.crop((0, 0, 100, 80), 64)
    mirrored = FrameTransform.crop((0, 0, 100, 80), 64, flip=True)
    point = np.array([12.0, 34.0])
    np.testing.assert_allclose(mirrored.to_input(point)[0], 63 - plain.to_input(point)[0])
    np.testing.assert_allclose(mirrored.to_input(point)[1], plain.to_input(point)[1])


def test_a_box_without_area_is_refused():
    with pytest.raises(ValueError, match="area"):
        FrameTransform.crop((5, 5, 5, 5), 224)


def test_enlarge_box_keeps_the_centre():
    assert enlarge_box((0, 0, 10, 20), 1.5) == (-2.5, -5.0, 12.5, 25.0)


def test_heatmap_space_round_trip():
    assert input_to_heatmap(1.5, 4) == 0  # the centre of the first cell of four pixels
    assert heatmap_to_input(input_to_heatmap(77.3, 4), 4) == pytest.approx(77.3)


def test_upper7_is_the_published_order():
    assert UPPER7.mpii.tolist() == [10, 11, 12, 9, 13, 14, 15]
    assert UPPER7.flip.tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert UPPER7.pair("shoulder") == (2, 4)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=SKELETONS)
def test_flipping_twice_changes_nothing(skeleton):
    assert skeleton.flip[skeleton.flip].tolist() == list(range(len(skeleton)))
    assert get_skeleton(skeleton.name) is skeleton


def test_body16_swaps_all_sides():
    assert BODY16.flip.tolist() == [5, 4, 3, 2, 1, 0, 6, 7, 8, 9, 15, 14, 13, 12, 11, 10]


def test_unknown_skeleton_names_the_known_ones():
    with pytest.raises(ValueError, match="upper7"):
        get_skeleton("hand21")
