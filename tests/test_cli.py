import os
import subprocess
import sys
import types
from collections.abc import Sequence
from importlib.util import find_spec

import pytest
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pushup.__main__ import main as pushup
from pushup.cli import InputError, build, command, make_output_dir
from pushup.paths import CONF


def failing(error):
    @command
    def run(folder):
        make_output_dir(folder, OmegaConf.create({"a": 1}))
        raise error

    return run


def test_an_input_error_is_one_line_and_exit_code_1(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        failing(InputError("x.json is empty: fill it"))(tmp_path / "out")
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "error: x.json is empty: fill it\n"


def test_a_name_with_line_ends_is_shown_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit):
        failing(InputError("a\r\nb.json: no such file; check the path"))(tmp_path / "out")
    assert capsys.readouterr().err == "error: a\\r\\nb.json: no such file; check the path\n"


def test_a_wrapped_input_error_is_found(tmp_path, capsys):
    outer = RuntimeError("Error in call to target")
    outer.__cause__ = InputError("inner line")
    with pytest.raises(SystemExit):
        failing(outer)(tmp_path / "out")
    assert capsys.readouterr().err == "error: inner line\n"


def test_other_errors_keep_their_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())(tmp_path / "out")


def test_a_failed_command_leaves_nothing_half_written(tmp_path):
    with pytest.raises(SystemExit):
        failing(InputError("no"))(tmp_path / "fresh")
    assert not (tmp_path / "fresh").exists()
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "results.json").write_text("{}")
    with pytest.raises(SystemExit):
        failing(InputError("no"))(tmp_path / "used")
    assert (tmp_path / "used" / "results.json").exists()


def test_an_unwritable_output_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="output_dir=DIR"):
        make_output_dir(tmp_path / "file" / "out")


def test_the_configuration_is_recorded(tmp_path):
    folder = make_output_dir(tmp_path / "a" / "b", OmegaConf.create({"x": 1, "y": "${x}"}))
    assert OmegaConf.load(folder / "config.yaml").y == 1


def test_a_missing_setting_is_named(tmp_path, capsys):
    @command
    def run():
        make_output_dir(tmp_path / "out", OmegaConf.create({"a": "${b}", "b": "???"}))

    with pytest.raises(SystemExit):
        run()
    assert "b" in capsys.readouterr().err


class Holder:
    """Something that a configuration describes."""

    def __init__(
        self,
        floor: float,
        name: str | None = None,
        on: bool = False,
        inner=None,
        strides: Sequence[int] = (1,),
    ):
        if floor <= 0:
            raise ValueError("need floor > 0,\nnothing else")
        self.floor, self.inner = floor, inner


def described(**settings) -> DictConfig:
    return OmegaConf.create({"_target_": f"{__name__}.Holder", **settings})


@pytest.fixture
def findable(monkeypatch):
    """Makes this file's classes importable by name, as those of the package are."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or _this_module())


def _this_module():
    module = types.ModuleType(__name__)
    module.Holder = Holder
    return module


def test_what_a_configuration_describes_is_built(findable):
    inner = described(floor=2)
    assert build(described(floor=1, inner=inner)).inner.floor == 2
    assert build(described(floor=1.5, name=None, on=True, strides=[1, 2])).floor == 1.5


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"floor": 0}, r"Holder refuses its settings: need floor > 0,$"),
        ({"floor": "a"}, r"floor=a of .*Holder: give a value of type float"),
        ({"floor": True, "on": 7}, r"on=7 of .*: give a value of type bool"),
        ({"floor": None}, r"floor=None of .*: give a value of type float"),
        ({"floor": 1, "name": 3}, r"name=3 of .*: give a value of type str"),
        ({"floor": 1, "nosuch": 3}, r"Holder refuses its settings: .*nosuch"),
        ({}, r"Holder refuses its settings: .*floor"),
    ],
)
def test_settings_that_a_class_refuses_are_one_line(findable, settings, message):
    with pytest.raises(InputError, match=message):
        build(described(**settings))
    with pytest.raises(InputError, match=message):
        build(described(floor=1, inner=described(**settings)))


def test_settings_that_hydra_meets_first_are_one_line_as_well(findable, capsys):
    @command
    def run():
        instantiate(described(floor=0))

    with pytest.raises(SystemExit):
        run()
    assert capsys.readouterr().err == (
        "error: configuration: Holder refuses its settings: need floor > 0,\n"
    )


@pytest.mark.parametrize("arguments", [("--help",), ("infer", "--help"), ("weights", "--help")])
def test_a_reader_that_went_away_ends_no_command(arguments):
    """As `head -1` does; the run goes on, so that its records are kept."""
    read, write = os.pipe()
    os.close(read)
    line = [sys.executable, "-m", "pushup", *arguments]
    done = subprocess.run(line, stdout=write, stderr=subprocess.PIPE, timeout=300, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("name", "setting", "told"),
    [
        ("infer", "nosuch=1", "nosuch"),
        pytest.param(
            *("train", "hydra/launcher=processes", "pip install 'pushup[launchers]'"),
            marks=pytest.mark.skipif(find_spec("joblib") is not None, reason="joblib is installed"),
        ),
    ],
)
def test_what_hydra_refuses_is_one_line_in_any_command(capsys, name, setting, told):
    @command
    def run():
        with initialize_config_dir(str(CONF), version_base="1.3"):
            compose(name, [setting])

    with pytest.raises(SystemExit, match="1"):
        run()
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1


def test_a_comparison_has_a_round(capsys) -> None:
    with pytest.raises(SystemExit, match="2"):
        pushup(["archive-speed", "clips", "--rounds", "0"])
    assert "0: give a whole number from 1 on" in capsys.readouterr().err
