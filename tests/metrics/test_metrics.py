import math

import numpy as np
import pytest
import torch

from pushup.metrics import keypoints as metrics
from pushup.metrics.bootstrap import group_interval
from pushup.metrics.torchmetrics_keypoints import BboxPCK, KeypointMAE, PCKs
from pushup.skeleton import BODY16, UPPER7


def person(**positions):
    """(1, 7, 2) joints and (1, 7) labelled from named positions; the rest are unlabelled."""
    true, labelled = torch.zeros(1, 7, 2), torch.zeros(1, 7, dtype=torch.bool)
    for joint, position in positions.items():
        true[0, UPPER7.index(joint)] = torch.tensor(position)
        labelled[0, UPPER7.index(joint)] = True
    return true, labelled


def random_batch(seed=0, images=60, skeleton=UPPER7):
    generator = torch.Generator().manual_seed(seed)
    shape = (images, len(skeleton))
    true = torch.rand(*shape, 2, generator=generator)
    pred = true + 0.1 * torch.randn(*shape, 2, generator=generator)
    labelled = torch.rand(*shape, generator=generator) > 0.25
    return pred, torch.where(labelled[..., None], true, 0), labelled


# An independent, straightforward implementation: plain loops over plain floats.
def loop_pck(pred, true, labelled, length_of, threshold):
    hits = counted = 0
    for p, t, known in zip(pred.tolist(), true.tolist(), labelled.tolist(), strict=True):
        length = length_of(t, known)
        if length is None:
            continue
        for (px, py), (tx, ty), here in zip(p, t, known, strict=True):
            if here:
                counted += 1
                hits += math.hypot(px - tx, py - ty) < threshold * length
    return hits / counted


def loop_distance(a, b):
    return lambda t, known: math.dist(t[a], t[b]) if known[a] and known[b] else None


def loop_box(t, known):
    points = [xy for xy, here in zip(t, known, strict=True) if here]
    if len(points) < 2:
        return None
    xs, ys = zip(*points, strict=True)
    return max(max(xs) - min(xs), max(ys) - min(ys))


def test_pcks_of_a_hand_checked_person():
    # Shoulders 0.4 apart, so a joint is right within 0.1. The left wrist is unlabelled.
    true, labelled = person(
        right_wrist=(0.1, 0.9),
        right_elbow=(0.2, 0.7),
        right_shoulder=(0.3, 0.5),
        head=(0.5, 0.3),
        left_shoulder=(0.7, 0.5),
        left_elbow=(0.8, 0.7),
    )
    pred = true.clone()
    pred[0, UPPER7.index("right_wrist")] += torch.tensor([0.06, 0.07])  # 0.0922: right
    pred[0, UPPER7.index("right_elbow")] += torch.tensor([0.08, 0.07])  # 0.1063: wrong
    pred[0, UPPER7.index("head")] += torch.tensor([0.0, -0.2])  # wrong
    pred[0, UPPER7.index("left_wrist")] += 0.9  # unlabelled: nothing
    scores = metrics.pcks(pred, true, labelled, UPPER7)
    assert scores.mean() == pytest.approx(4 / 6)
    assert scores.per_joint().tolist() == pytest.approx([1, 0, 1, 0, 1, 1, math.nan], nan_ok=True)
    # Coordinates of the six labelled joints: 0.06 + 0.07 + 0.08 + 0.07 + 0.2 over 12.
    assert metrics.mae(pred, true, labelled).mean() == pytest.approx(0.48 / 12, rel=1e-5)


def test_pcks_is_strict():
    true, labelled = person(right_shoulder=(0.0, 0.0), left_shoulder=(1.0, 0.0), head=(0.5, 0.5))
    pred = true.clone()
    pred[0, UPPER7.index("head"), 0] += 0.25  # exact in binary
    assert metrics.pcks(pred, true, labelled, UPPER7).mean() == pytest.approx(2 / 3)
    pred[0, UPPER7.index("head"), 0] -= 1e-6
    assert metrics.pcks(pred, true, labelled, UPPER7).mean() == 1


def test_pcks_uses_the_true_reference_not_the_predicted_one():
    true, labelled = person(right_shoulder=(0.4, 0.5), left_shoulder=(0.6, 0.5), head=(0.5, 0.5))
    pred = true.clone()
    pred[0, UPPER7.index("right_shoulder"), 0] = -9.0
    pred[0, UPPER7.index("head"), 1] += 0.1
    assert metrics.pcks(pred, true, labelled, UPPER7).mean() == pytest.approx(1 / 3)


def test_side_view_with_coincident_shoulders_counts_as_wrong():
    true, labelled = person(right_shoulder=(0.4, 0.5), left_shoulder=(0.4, 0.5))
    scores = metrics.pcks(true, true, labelled, UPPER7)
    assert (scores.mean(), int(scores.counted.sum())) == (0, 2)


@pytest.mark.parametrize("reference", ["shoulders", "wrists"])
@pytest.mark.parametrize("seed", range(3))
def test_pcks_agrees_with_plain_loops(reference, seed):
    pred, true, labelled = random_batch(seed)
    a, b = UPPER7.pair(reference[:-1])
    expected = loop_pck(pred, true, labelled, loop_distance(a, b), 0.25)
    scores = metrics.pcks(pred, true, labelled, UPPER7, reference)
    assert scores.mean() == pytest.approx(expected, abs=1e-9)
    length = metrics.reference_length(true, labelled, UPPER7, reference)
    left_out = (~(labelled[:, a] & labelled[:, b])).sum()
    assert length.isnan().sum() == left_out > 0
    assert not scores.counted[length.isnan()].any()


def test_masked_metrics_never_read_unlabelled_positions():
    pred, true, labelled = random_batch(3)
    poisoned = torch.where(labelled[..., None], true, torch.nan)
    for function in (metrics.mae, metrics.pck_bbox):
        assert function(pred, true, labelled).mean() == function(pred, poisoned, labelled).mean()
    clean, dirty = (metrics.pcks(pred, t, labelled, UPPER7).mean() for t in (true, poisoned))
    assert clean == dirty


def test_body_pck_and_mae_agree_with_plain_loops():
    pred, true, labelled = random_batch(4)
    labelled[:3] = False  # no joint, one joint, two joints
    labelled[1, 0] = labelled[2, :2] = True
    assert metrics.pck_bbox(pred, true, labelled).mean() == pytest.approx(
        loop_pck(pred, true, labelled, loop_box, 0.1), abs=1e-9
    )
    coordinates = [
        abs(float(pred[n, k, axis] - true[n, k, axis]))
        for n, k in labelled.nonzero().tolist()
        for axis in range(2)
    ]
    assert metrics.mae(pred, true, labelled).mean() == pytest.approx(np.mean(coordinates), rel=1e-5)


def test_unmasked_counts_unlabelled_joints_at_the_frame_corner():
    # A landscape frame of 200 x 100 in a square of 100: half scale, 25 rows of padding.
    matrix = torch.tensor([[[0.5, 0, -0.25], [0, 0.5, 24.75], [0, 0, 1]]], dtype=torch.float64)
    true, labelled = person(right_shoulder=(0.2, 0.5), left_shoulder=(0.6, 0.5), head=(0.4, 0.4))
    placed = metrics.place_unlabelled(true, labelled, matrix, 100)
    assert torch.equal(placed[labelled], true[labelled])
    # (-1, -1) lands at (-0.75, 24.25), and x is clipped to the first column.
    assert placed[~labelled].tolist() == [pytest.approx([0, 0.2425])] * 4
    # A model that is right wherever there is a label is wrong on the four others.
    pred = torch.where(labelled[..., None], true, 0.9)
    assert metrics.pcks(pred, true, labelled, UPPER7).mean() == 1
    assert metrics.pcks_unmasked(pred, placed, UPPER7).mean() == pytest.approx(3 / 7)
    assert metrics.pcks_unmasked(placed, placed, UPPER7).mean() == 1
    expected = 4 * (0.9 + 0.9 - 0.2425) / 14
    assert metrics.mae_unmasked(pred, placed).mean() == pytest.approx(expected, rel=1e-5)


def test_unmasked_leaves_no_image_out():
    true, labelled = person(head=(0.4, 0.4))  # no shoulders: the reference is zero, all are wrong
    placed = metrics.place_unlabelled(true, labelled, torch.eye(3)[None], 100)
    scores = metrics.pcks_unmasked(placed, placed, UPPER7)
    assert (scores.mean(), int(scores.counted.sum())) == (0, 7)
    assert math.isnan(metrics.pcks(placed, true, labelled, UPPER7).mean())


def test_pckh_is_inclusive_and_leaves_out_pelvis_thorax_and_unknown_heads():
    _, true, _ = random_batch(images=2, skeleton=BODY16)
    labelled = torch.ones(2, 16, dtype=torch.bool)
    pred = true.clone()
    pred[:, BODY16.index("pelvis")] += 0.5
    pred[:, BODY16.index("thorax")] += 0.5
    true[:, BODY16.index("head")] = 0.0
    pred[:, BODY16.index("head")] = torch.tensor([0.25, 0.0])
    scores = metrics.pckh(pred, true, labelled, BODY16, torch.tensor([0.5, torch.nan]))
    assert (scores.mean(), int(scores.counted.sum())) == (1, 14)
    pred[:, BODY16.index("head"), 0] += 1e-4
    scores = metrics.pckh(pred, true, labelled, BODY16, torch.tensor([0.5, torch.nan]))
    assert scores.mean() == pytest.approx(13 / 14)


def test_curve_rises_to_one_and_passes_through_pcks():
    pred, true, labelled = random_batch(5)
    length = metrics.reference_length(true, labelled, UPPER7)
    curve = metrics.pck_curve(pred, true, labelled, length, [0.0, 0.25, 0.5, 1e9])
    assert curve[0] == 0
    assert curve == sorted(curve)
    assert curve[-1] == 1
    assert curve[1] == metrics.pcks(pred, true, labelled, UPPER7).mean()


def test_a_length_on_a_bound_belongs_to_the_shorter_third():
    third, bounds = metrics.terciles(torch.tensor([4.0, 1.0, 3.0, 2.0]))
    assert bounds == (2.0, 3.0)
    assert third.tolist() == [2, 0, 1, 0]


def test_the_corner_of_unlabelled_joints_stays_within_the_input():
    true, labelled = torch.full((1, 2, 2), 0.5), torch.tensor([[True, False]])

    def corner(scale: float, shift: tuple[float, float]) -> list[float]:
        matrix = torch.diag(torch.tensor([scale, scale, 1.0]).double())[None]
        matrix[0, :2, 2] = torch.tensor(shift)
        placed = metrics.place_unlabelled(true, labelled, matrix, side=64)
        assert placed[0, 0].tolist() == [0.5, 0.5]
        return (placed[0, 1] * 64).tolist()

    assert corner(1.0, (0.0, 0.0)) == [0, 0]  # (-1, -1), clipped
    assert corner(0.5, (0.0, 16.0)) == [0, 15.5]
    assert corner(1.0, (200.0, 64.5)) == [63, 63]  # beyond the far edge
    assert corner(2.0, (-3.0, 12.0)) == [0, 10]


def test_terciles_split_evenly_and_mark_unknown_lengths():
    length = torch.tensor([0.9, 0.1, torch.nan, 0.5, 0.2, 0.6, 0.8])
    third, bounds = metrics.terciles(length)
    assert third.tolist() == [2, 0, -1, 1, 0, 1, 2]
    assert 0.2 < bounds[0] < 0.5
    assert 0.6 < bounds[1] < 0.8
    third, bounds = metrics.terciles(torch.tensor([torch.nan]))
    assert third.tolist() == [-1]
    assert math.isnan(bounds[0])


def test_unknown_reference_is_refused():
    pred, true, labelled = random_batch()
    with pytest.raises(ValueError, match="shoulders or wrists"):
        metrics.pcks(pred, true, labelled, UPPER7, "hips")


@pytest.mark.parametrize(
    ("kind", "function"),
    [
        (PCKs, lambda *batch: metrics.pcks(*batch, UPPER7)),
        (BboxPCK, metrics.pck_bbox),
        (KeypointMAE, metrics.mae),
    ],
)
def test_processes_with_uneven_shards_agree_with_one_pass(kind, function):
    pred, true, labelled = random_batch(6)
    pred[40:] = true[40:] + 0.3 * (pred[40:] - true[40:])  # the shards differ in size and quality
    whole = function(pred, true, labelled)

    def gather(state, group=None):  # what an all-gather between the two processes returns
        name = next(name for name in ("total", "counted") if getattr(first, name) is state)
        return [getattr(process, name).clone() for process in (first, second)]

    first = kind(UPPER7, dist_sync_fn=gather, distributed_available_fn=lambda: True)
    second = kind(UPPER7)
    for process, (start, stop) in [(first, (0, 40)), (second, (40, 60))]:
        for image in range(start, stop, 7):
            part = slice(image, min(image + 7, stop))
            process.update(pred[part], true[part], labelled[part])
    alone = [float(process.total.sum() / process.counted.sum()) for process in (first, second)]
    assert np.mean(alone) != pytest.approx(whole.mean(), rel=1e-3)
    assert float(first.compute()) == pytest.approx(whole.mean(), rel=1e-5)
    first.merge_state(second)
    assert float(first.total.sum() / first.counted.sum()) == pytest.approx(whole.mean(), rel=1e-5)


def test_running_metric_resets():
    pred, true, labelled = random_batch(7)
    metric = PCKs(UPPER7)
    metric.update(pred + 1, true, labelled)
    metric.reset()
    metric.update(true, true, labelled)
    assert metric.compute() == 1


def test_bootstrap_resamples_groups_not_images():
    # Ten scenes, each wholly right or wholly wrong: the ten decide the width, not the 1,000 frames.
    totals = np.repeat([1, 0] * 5, 100).astype(float)
    counts, groups = np.ones(1000), np.repeat([f"scene {i}" for i in range(10)], 100)
    low, high = group_interval(totals, counts, groups)
    assert low < 0.25
    assert high > 0.75
    low, high = group_interval(totals, counts, [str(i) for i in range(1000)])
    assert 0.45 < low < 0.5 < high < 0.55


def test_bootstrap_agrees_with_drawing_one_group_at_a_time():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 12, 90).astype(str)
    counts = rng.integers(0, 8, 90)
    totals = rng.binomial(counts, 0.7)
    names = np.unique(groups[counts > 0])
    ratios = []
    for _ in range(4000):
        drawn = rng.choice(names, len(names))
        picked = np.concatenate([np.flatnonzero(groups == name) for name in drawn])
        ratios.append(totals[picked].sum() / counts[picked].sum())
    expected = np.quantile(ratios, [0.025, 0.975])
    assert group_interval(totals, counts, groups) == pytest.approx(expected, abs=0.012)


def test_bootstrap_is_seeded_and_admits_what_it_cannot_know():
    totals, counts, groups = np.array([1.0, 0, 1]), np.ones(3), ["a", "b", "c"]
    assert group_interval(totals, counts, groups) == group_interval(totals, counts, groups)
    assert all(math.isnan(v) for v in group_interval(totals, counts, ["a"] * 3))
    assert all(math.isnan(v) for v in group_interval(totals, np.zeros(3), groups))
