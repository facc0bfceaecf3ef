"""What the browser's page has of its own is held to the package: framing, decoding, the bridge."""

import json
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from web.bridge import PageCounter

from pushup.codecs import GaussianHeatmap
from pushup.counting.types import Observation
from pushup.geometry import Framing
from support.counters import push_up_counter
from support.stick_figures import count, film, push_ups
from web import build

WEB = Path(__file__).parents[2] / "web"
SETTINGS = build.settings()


def node(program: str, given: object) -> list:
    """What a program of JavaScript prints, given a value as `given`."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    imports = f'import {{ decode, frameInput, planes }} from "{(WEB / "pose.js").as_uri()}";'
    reading = 'import { readFileSync } from "node:fs";const given = JSON.parse(readFileSync(0));'
    run = subprocess.run(
        ["node", "--input-type=module", "-e", imports + reading + program],
        input=json.dumps(given), capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


FRAMES = [
    ("square", (640, 480), None),
    ("rectangle", (640, 360), None),
    ("rectangle", (351, 640), None),
    ("square", (640, 480), (100.25, 50.5, 300.25, 250.5)),
    ("rectangle", (320, 240), (-40.0, -10.0, 60.0, 90.0)),
]


def test_the_page_looks_where_the_package_does():
    program = """console.log(JSON.stringify(given.map(([spec, [w, h], box]) => {
        const { scale, left, top, width, height } = frameInput(spec, w, h, box);
        return [scale, left, top, width, height];
    })));"""
    specs = [{**SETTINGS["pose"], "framing": framing} for framing, *_ in FRAMES]
    asked = [[spec, size, box] for spec, (_, size, box) in zip(specs, FRAMES, strict=True)]
    for row, (framing, size, box) in zip(node(program, asked), FRAMES, strict=True):
        truth = Framing(framing).transform(size, SETTINGS["pose"]["input_size"], box)
        left, top = truth.matrix[:2, 2] + 0.5 - 0.5 * truth.scale  # of edges, not of centres
        np.testing.assert_allclose(row, [truth.scale, left, top, *truth.input_wh], atol=1e-9)


def test_the_page_reads_maps_as_the_package_does():
    codec = GaussianHeatmap(**{**SETTINGS["pose"]["codec"], "score_scale": 0.9, "score_shift": 0.2})
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :48]
    places = [*rng.uniform(2, 46, (8, 2)), (0.2, 30.3), (47.0, 63.0)]  # also at the very edge
    maps = np.stack([6 - ((x - px) ** 2 + (y - py) ** 2) / 5 for px, py in places])
    maps = (maps + rng.normal(0, 0.3, maps.shape)).astype("f4")
    input_ = {"scale": 0.4, "left": 12.0, "top": -7.5}
    program = """console.log(JSON.stringify(decode(
        Float32Array.from(given.maps), given.shape, given.codec, given.input)));"""
    given = {
        "maps": maps.ravel().tolist(),
        "shape": maps.shape,
        "codec": asdict(codec),
        "input": input_,
    }  # fmt: skip
    found = np.array(node(program, given))
    [keypoints], [scores] = codec.decode(maps[None])
    frame = (keypoints + 0.5 - (12.0, -7.5)) / 0.4 - 0.5
    np.testing.assert_allclose(found[:, :2], frame, atol=2e-3)
    np.testing.assert_allclose(found[:, 2], scores, atol=1e-6)


def test_pixels_become_planes_in_the_order_of_the_network():
    rgba = np.arange(24).reshape(2, 3, 4)
    found = node("console.log(JSON.stringify([...planes(given)]));", rgba.ravel().tolist())
    assert found == rgba[..., :3].transpose(2, 0, 1).ravel().tolist()


def shown(page: PageCounter, frame: Observation, score: float) -> dict:
    """One frame to the page's counter, whose looks all show the same person."""
    box = json.loads(page.begin(frame.time_s, *frame.frame_size_wh))
    told = {"box": box}
    while "taken" not in told:
        joints = [
            [*p, s] for p, s in zip(frame.keypoints.tolist(), frame.scores.tolist(), strict=True)
        ]
        told = json.loads(page.look(json.dumps(joints)))
    return json.loads(page.count(score if told["ask"] else None))


def test_the_bridge_counts_what_the_counter_counts():
    frames = film(*push_ups(4, 1.5), fps=20, noise=0.01)
    page = PageCounter(json.dumps(SETTINGS))
    told = [shown(page, frame, 0.9) for frame in frames]
    reps = [row["rep"] for row in told if row["rep"]]
    asked = [Observation(f.keypoints, f.scores, f.time_s, 0.9, f.frame_size_wh) for f in frames]
    truth = count(push_up_counter(), asked)
    assert [rep["bottom_s"] for rep in reps] == [rep.bottom_s for rep in truth]
    assert len(truth) == told[-1]["count"] == 4
    assert told[-1]["seen"]
    assert told[-1]["in_position"]
    page.reset()
    assert shown(page, frames[0], 0.9)["count"] == 0


def test_the_bridge_asks_the_classifier_ten_times_a_second():
    page = PageCounter(json.dumps(SETTINGS))
    asked = 0
    for frame in film(*push_ups(2, 1.0), fps=30):
        page.begin(frame.time_s, 400, 300)
        joints = [[*p, 0.9] for p in frame.keypoints.tolist()]
        told = json.loads(page.look(json.dumps(joints)))
        if "box" in told:
            told = json.loads(page.look(json.dumps(joints)))
        asked += told["ask"]
        page.count(0.9 if told["ask"] else None)
    assert asked == 31  # in 3 s


def test_what_the_page_runs_is_found_and_imports_alone():
    names = {file.name for file in build.python_files(SETTINGS)}
    assert {"counter.py", "classifier.py", "region.py", "push_up_classifier.json"} <= names
    assert not names & {"published.py", "tracking.py", "geometry.py"}


def test_a_build_without_its_packages_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "VENDORED", {"nowhere": ("missing.mjs",)})
    with pytest.raises(build.InputError, match="run npm ci in web first"):
        build.build(tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_a_build_replaces_a_page_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "VENDORED", {})
    monkeypatch.setattr(build, "python_files", lambda told: [])
    page, mine = tmp_path / "page", tmp_path / "thesis"
    mine.mkdir()
    (mine / "chapter.tex").write_text("all of it")
    (mine / "index.html").touch()
    with pytest.raises(build.InputError, match="exists and is not empty"):
        build.build(mine)
    assert (mine / "chapter.tex").read_text() == "all of it"
    build.build(page)
    (page / "settings.json").unlink()
    build.build(page)
    assert {file.name for file in page.iterdir()} == {*build.PAGE, *build.WRITTEN}
    assert {file.name for file in tmp_path.iterdir()} == {"page", "thesis"}
