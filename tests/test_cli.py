import pytest
from omegaconf import OmegaConf

from pushup.cli import InputError, command, make_output_dir


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
