"""The theme is read once from the configuration, and told as Streamlit tells it."""

from collections.abc import Iterator

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import NewSession
from streamlit.runtime import app_session

from vit_explainer import theme

SECTIONS = "", ".light", ".dark", ".sidebar", ".light.sidebar", ".dark.sidebar"


@pytest.fixture(autouse=True)
def usual(monkeypatch) -> Iterator[None]:
    """Streamlit's own way is back afterwards, and nobody listens any more."""
    real, ends = config.on_config_parsed, []
    monkeypatch.setattr(app_session, "_populate_theme_msg", app_session._populate_theme_msg)
    monkeypatch.setattr(config, "on_config_parsed", lambda *given, **named: ends.append(real(*given, **named)))
    yield
    for end in ends:
        end()


def told() -> NewSession:
    """A message as Streamlit fills it for a run."""
    message = NewSession()
    for section in SECTIONS:
        place = message.custom_theme
        for name in section.split(".")[1:]:
            place = getattr(place, name)
        app_session._populate_theme_msg(place, f"theme{section}")
    return message


def test_what_is_told_is_what_streamlit_tells_and_nothing_is_read_again(monkeypatch) -> None:
    own = told()
    assert own.custom_theme.light.primary_color != own.custom_theme.dark.primary_color  # the configuration has both
    theme.keep()
    assert told() == own
    monkeypatch.setattr(config, "get_options_for_section", None)
    assert told() == own and told().SerializeToString() == own.SerializeToString()


def test_a_configuration_that_is_read_again_is_told(monkeypatch) -> None:
    theme.keep()
    before = told().custom_theme.dark.primary_color
    monkeypatch.setattr(config, "get_options_for_section", lambda section: {"primaryColor": "#123456"} if section == "theme.dark" else {})
    assert told().custom_theme.dark.primary_color == before
    config._on_config_parsed.send()  # as when its file has changed while the server runs
    assert told().custom_theme.dark.primary_color == "#123456" and not told().custom_theme.HasField("light")
