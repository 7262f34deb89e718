from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.settings import Settings, load_settings


def test_argument_before_environment_before_file_before_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pullquote.toml").write_text('hits = 17\ncandidates = 30\nsite_name = "Notes"\n')
    monkeypatch.setenv("PULLQUOTE_HITS", "18")
    monkeypatch.setenv("PULLQUOTE_CANDIDATES", "40")
    settings = load_settings(hits=19, candidates=None)
    assert (settings.hits, settings.candidates, settings.site_name) == (19, 40, "Notes")
    assert settings.port == 7860


@pytest.mark.parametrize(
    ("name", "value"),
    [("hits", 0), ("port", "no"), ("min_support", 1.5)]
    + [(f"{model}_model", "") for model in ("chat", "judge", "rerank")],
)
def test_a_value_out_of_its_range_is_named(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=name):
        load_settings(**{name: value})


def test_unknown_names_are_refused_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="no setting colour"):
        load_settings(colour="red")
    (tmp_path / "pullquote.toml").write_text("colour = 1\n")
    with pytest.raises(ConfigError, match="no setting colour"):
        load_settings()
    (tmp_path / "pullquote.toml").unlink()
    monkeypatch.setenv("PULLQUOTE_COLOUR", "red")
    with pytest.raises(ConfigError, match="no setting PULLQUOTE_COLOUR"):
        load_settings()


def test_a_file_that_is_not_toml_is_said(tmp_path: Path) -> None:
    (tmp_path / "pullquote.toml").write_text("hits: 7\n")
    with pytest.raises(ConfigError, match=r"not valid TOML"):
        load_settings()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().hits = 3


SECRETS = [
    name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)
]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_does_not_fit_is_not_said_again(tmp_path: Path, name: str) -> None:
    (tmp_path / "pullquote.toml").write_text(f"{name} = 31415926\n")
    with pytest.raises(ConfigError, match=f"{name} = …") as caught:
        load_settings()
    assert "31415926" not in caught.value.problem
