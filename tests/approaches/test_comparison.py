"""The table of all approaches, and the rendered experiments on the post's claims."""

import json
import math

import numpy as np
import pytest

from pushup.engines.process import ProcessEngine
from pushup.evaluation.counting import claims
from pushup.evaluation.counting.claims import Film
from pushup.evaluation.counting.comparison import against, compare
from support.block_clips import write_block_clips


def figures_of(predicted: dict[str, int]) -> dict:
    clips = {
        name: {"count": 2, "nearest": 2, "predicted": count, "scene": name[0]}
        for name, count in predicted.items()
    }
    return {"clips": clips}


def test_differences_are_paired_by_clip() -> None:
    counters = {
        "a": figures_of({"a1": 2, "a2": 2, "b1": 4}),
        "b": figures_of({"a1": 2, "a2": 3, "b1": 2}),
    }
    found = against(counters, "b", "a")
    assert found["mae_less_base"] == pytest.approx((0 + 0.5 - 1) / 3)
    assert found["exact_less_base"] == pytest.approx((0 - 1 + 1) / 3)
    low, high = found["mae_less_base_ci"]
    assert low == pytest.approx(-1)  # only scene b was drawn
    assert high == pytest.approx(0.25)
    assert against(counters, "a", "a")["mae_less_base"] == 0
    counters["b"]["clips"]["a2"]["nearest"] = 3  # counted by eye as "2|3"
    assert against(counters, "b", "a")["exact_less_base"] == pytest.approx(1 / 3)


def test_the_table_of_picture_counters(tmp_path) -> None:
    root = write_block_clips(tmp_path / "clips", (2, 3, 0))
    out = tmp_path / "out"
    counters = ["moving_pixels", "flow_position"]
    settings = {"gate": {}, "tracker": {}, "engine": ProcessEngine(1)}
    found = compare(root, ["val"], out, counters, base="moving_pixels", **settings)
    row = found["splits"]["val"]["flow_position"]
    assert (row["exact"], row["exact_less_base"]) == (1.0, 0.0)
    assert found["cost"]["flow_position"]["ms"] > found["cost"]["moving_pixels"]["ms"] > 0
    assert found["cost"]["flow_position"]["parameters"] == 0
    text = (out / "comparison.md").read_text()
    assert "| flow_position" in text
    assert "| always 2" in text
    assert (out / "exact_against_ms.png").stat().st_size > 5000
    assert json.loads((out / "comparison.json").read_text())["timed_on"] in ("block0", "block1")


@pytest.fixture
def film(monkeypatch) -> Film:
    """Ten seconds of grey, four repetitions."""
    grey = [np.full((40, 60, 3), 100, np.uint8)] * 300
    one = Film(grey, np.arange(300) / 30, 4, np.array([2.0, 4.0, 6.0, 8.0]))
    monkeypatch.setattr(claims, "push_ups", lambda seed: one)
    return one


def test_a_film_is_shown_at_a_steady_rate(film) -> None:
    frames = list(film.frames())
    assert len(frames) == pytest.approx(150, abs=1)
    assert np.allclose(np.diff([f.time_s for f in frames]), 1 / 15)


def test_each_factor_varies_one_thing(film) -> None:
    assert claims.faster(0, 2.0).time_s == pytest.approx(film.time_s / 2)
    assert claims.unsteady(0, 0.0).time_s == pytest.approx(film.time_s)
    paces = np.diff(claims.unsteady(0, 0.8).time_s)
    assert len(np.unique(paces.round(6))) == 5  # one a repetition, and the rest
    assert (paces > 0).all()
    lit = claims.flickering(0, 0.3)
    means = [frame.mean() for frame in lit.frames_rgb]
    assert (min(means), max(means)) == (pytest.approx(70, abs=1.5), pytest.approx(130, abs=1.5))
    assert claims.with_a_ball(0, 0.0) is film
    ball = claims.with_a_ball(0, 0.25)
    changed = np.mean([(f != 100).any(-1).mean() for f in ball.frames_rgb])
    assert changed == pytest.approx(math.pi * 25 / 2400, rel=0.2)
    assert (ball.frames_rgb[0][:, 20:] == 100).all()
    assert (film.frames_rgb[0] == 100).all()


def test_errors_by_hand_and_their_tables(tmp_path) -> None:
    films = [
        {"true": 4, "minutes": 0.5, "counted": {"x": 2}},
        {"true": 2, "minutes": 0.5, "counted": {"x": 2}},
    ]
    assert claims.error(films, "x") == 0.25
    none = [{"true": 0, "minutes": 0.5, "counted": {"x": 3}}] * 2
    assert claims.error(none, "x") == 6.0
    figures = {
        key: {str(level): none if key == "other" else films for level in factor.levels}
        for key, factor in claims.FACTORS.items()
    }
    text = claims.table(figures, ["x"])
    assert text.count("0.25") == 13 + 1  # every level, and a ball of that size
    claims.plot(figures, ["x"], tmp_path / "claims.png")
    assert (tmp_path / "claims.png").stat().st_size > 5000


@pytest.mark.slow
def test_rendered_films_hold_what_they_say() -> None:
    film = claims.push_ups(11)
    assert film.count >= 4
    assert claims.doing(11, "squat").count == 0
