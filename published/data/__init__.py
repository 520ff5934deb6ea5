"""Tables of published figures, claims and papers, each row with its source."""

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files(__package__)))
