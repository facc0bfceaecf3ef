"""Going round the exercises."""

from pathlib import Path

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from pushup.app.exercises import configured, exercises, following
from pushup.app.sessions import Sessions
from pushup.cli import keep_model_name
from pushup.paths import CONF


def config(*overrides):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("infer", ["source=0", *overrides])


def test_push_ups_come_first_and_after_the_last():
    names = exercises()
    assert names[0] == "push_up"
    assert {"squat", "pull_up", "sit_up"} < set(names)
    assert following(names[-1]) == "push_up"
    assert [following(name) for name in names] == [*names[1:], "push_up"]


def test_another_exercise_changes_what_it_sets_and_nothing_else():
    mine = config("goal=30", "counter.min_depth=0.3")
    squat = configured(mine, "squat")
    direct = config("goal=30", "exercise=squat")
    for part in ("counter", "form", "classifier", "activity", "exercise_name", "experimental"):
        assert (
            OmegaConf.to_container(squat, resolve=False)[part]
            == OmegaConf.to_container(direct, resolve=False)[part]
        )
    assert (squat.goal, squat.log) == (30, mine.log)
    assert mine.exercise_name == "push_up"


def test_every_experimental_exercise_says_how_well_it_is_counted():
    for name in exercises():
        told = config(f"exercise={name}").experimental
        assert (told is None) == (name == "push_up")


def test_going_round_leads_back_to_the_settings_that_were_given():
    first = Sessions(config("counter.min_depth=0.3"))
    sessions = first
    for _ in exercises():
        sessions = sessions.next_exercise()
    assert sessions is first


def test_an_exercise_has_a_log_of_its_own(tmp_path):
    from pushup.app.exercises import log_beside

    log = Path("outputs/mine.csv")
    assert log_beside(log, "squat", "squat") == log
    assert log_beside(log, "squat", "push_up") == Path("outputs/log.csv")


def test_the_files_of_a_counter_are_part_of_what_it_is_at_any_depth(tmp_path):
    file = tmp_path / "mine.json"
    for overrides in (
        ("counter=learned", f"counter.weights={file}"),
        (f"+counter.cycle_classifier.file={file}",),
        ("counter=ensemble", f"+counter.members.learned.weights={file}"),
    ):
        found = []
        for content in ("one", "another", "one"):
            file.write_text(content)
            settings = config(*overrides)
            keep_model_name(settings)
            found.append(Sessions(settings).weights)
        assert found[0] == found[2] != found[1], overrides
