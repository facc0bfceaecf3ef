"""The picture of a window of any shape."""

import numpy as np
import pytest

from pushup.video import overlay, words

ROOMS = [(300, 200), (300, 600), (1920, 1080), (640, 500)]
BUSY = {
    "goal": 50,
    "below": ("set 2: 12", "experimental", words.MORE_PEOPLE),
    "lines": ["30 fps", "2.5 s a rep", "12 ms", words.RECORDING],
    "hint": words.TWO_PEOPLE,
}


@pytest.mark.parametrize("room_wh", ROOMS)
@pytest.mark.parametrize("size_wh", [(426, 240), (240, 426)])
def test_a_frame_keeps_its_proportions_and_fills_what_it_can(room_wh, size_wh):
    frame = np.full((size_wh[1], size_wh[0], 3), 255, np.uint8)
    canvas = overlay.draw(frame, overlay.OverlayState(0), room_wh=room_wh)
    assert canvas.shape == (room_wh[1], room_wh[0], 3)
    white = (canvas == 255).all(2)
    rows, columns = np.flatnonzero(white.any(1)), np.flatnonzero(white.any(0))
    wide, high = np.ptp(columns) + 1, rows[-1] + 1  # of what no panel hides at the bottom right
    scale = min(room_wh[0] / size_wh[0], 0.84 * room_wh[1] / size_wh[1])
    assert wide >= 0.7 * scale * size_wh[0]
    bottom = white[rows[-1]]
    assert np.ptp(np.flatnonzero(bottom)) + 1 == pytest.approx(
        size_wh[0] * min(room_wh[0] / size_wh[0], high / size_wh[1]), rel=0.05
    )


@pytest.mark.parametrize("room_wh", ROOMS)
@pytest.mark.parametrize("panel", [words.KEYS, ("today: 40, best set 20",) * 3])
def test_writing_stays_inside_and_legible(room_wh, panel):
    frame = np.full((240, 426, 3), 90, np.uint8)
    plain = overlay.draw(frame, overlay.OverlayState(12, **BUSY), room_wh=room_wh)
    shown = overlay.draw(frame, overlay.OverlayState(12, **BUSY, help=panel), room_wh=room_wh)
    letters = (shown > 180).all(2) & (plain != shown).any(2)
    assert letters.any()
    assert not letters[:, -2:].any()
    rows = np.flatnonzero(letters.any(1))
    gaps = np.flatnonzero(np.diff(rows) > 1)
    tallest = max(np.diff(np.concatenate(([-1], gaps, [len(rows) - 1]))))
    assert tallest >= 7


def test_joints_lie_on_the_body_in_any_room():
    frame = np.full((240, 426, 3), 60, np.uint8)
    frame[150:156, 300:306] = 255
    scene = overlay.OverlayState(
        0, keypoints_frame=np.array([[302.5, 152.5], [100.0, 200.0]]), scores=np.ones(2), edges=()
    )
    for mirror in (False, True):
        bare = overlay.draw(frame, overlay.OverlayState(0), mirror, (900, 900))
        drawn = overlay.draw(frame, scene, mirror, (900, 900))
        middle = slice(350, 700)
        mark = np.argwhere((bare[middle] == 255).all(2)).mean(0)
        changed = np.argwhere((bare[middle] != drawn[middle]).any(2))
        nearest = np.abs(changed - mark).max(1).min()
        assert nearest < 6


def test_big_words_stand_in_the_middle():
    frame = np.full((480, 640, 3), 60, np.uint8)
    canvas = overlay.draw(frame, overlay.OverlayState(0, big="goal reached"))[:480]
    white = np.argwhere((canvas[120:] == 255).all(2)) + np.array((120, 0))
    np.testing.assert_allclose(white.mean(0), (240, 320), atol=25)
    assert np.ptp(white[:, 1]) < 0.82 * 640


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("", ""),
        ("no body seen", ""),
        ("height unseen", "not counted: I can't see your hands or shoulders"),
        ("not in position", "not counted: not in position"),
        ("duration_s 0.10 is out of bounds", "not counted: too slow or too fast"),
        (
            "not like the exercise: pushing_up_min 0.02",
            "not counted: it did not look like a push-up",
        ),
    ],
)
def test_a_counters_note_is_told_in_words(note, told):
    assert words.reason(note) == told
