"""The theme, told to every browser at every run of a page: read from the configuration once.

Streamlit reads some three hundred options anew for it each time, on the thread that serves everybody: with a crowd, a twentieth of all that
Python did.
"""

from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session


def keep() -> None:
    """From now on, what a section of the configuration fills is kept until the configuration is read again."""
    fill = app_session._populate_theme_msg
    kept: dict[str, bytes] = {}

    def filled(message: CustomThemeConfig, section: str = "theme") -> None:
        if section not in kept:
            found = CustomThemeConfig()
            fill(found, section)
            kept[section] = found.SerializeToString()
        if kept[section]:  # to fill in nothing would make it there
            message.MergeFromString(kept[section])

    config.on_config_parsed(kept.clear, force_connect=True)  # the next time: by now it has been read
    app_session._populate_theme_msg = filled
