import pytest

from target_app.settings import SettingsError, load_settings


def test_without_anything_the_reference_redis_is_used() -> None:
    settings, warnings = load_settings({}, {})
    assert settings.redis_url == "redis://localhost:6379/7"
    assert warnings == []


def test_the_environment_is_read_and_an_argument_wins_over_it() -> None:
    environ = {"JOBLOAD_TARGET_PORT": "81", "JOBLOAD_TARGET_WORKERS": "3", "PATH": "/bin"}
    settings, warnings = load_settings(environ, {"port": 82, "workers": None})
    assert (settings.port, settings.workers, warnings) == (82, 3, [])


def test_a_name_nobody_knows_is_a_warning_with_the_nearest_one() -> None:
    _, warnings = load_settings({"JOBLOAD_TARGET_REDISURL": "x"}, {})
    assert warnings == [
        "JOBLOAD_TARGET_REDISURL is not a setting of the target;"
        " did you mean JOBLOAD_TARGET_REDIS_URL?"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "no"),
        ("PORT", "65536"),
        ("WORKERS", "0"),
        ("REDIS_URL", "http://secret@x"),
        ("JOB_TTL_S", "0"),
        ("REDIS_TIMEOUT_S", "5"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_but_not_shown(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({"JOBLOAD_TARGET_" + name: value}, {})
    assert f"JOBLOAD_TARGET_{name} can't be used" in str(error.value)
    assert "secret" not in str(error.value)


def test_all_wrong_settings_are_reported_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        load_settings({"JOBLOAD_TARGET_PORT": "x", "JOBLOAD_TARGET_WORKERS": "x"}, {})
    assert len(str(error.value).splitlines()) == 2
