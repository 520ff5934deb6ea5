"""Where the app lies."""

from pathlib import Path

APP = "app.py"


def home() -> Path:
    """The folder of `app.py`: this one in an installed package, the one above in a clone."""
    here = Path(__file__).resolve().parent
    return here if (here / APP).is_file() else here.parent
