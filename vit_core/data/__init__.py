"""What ships with the model: the bundled weights with their cards and snapshots (`models/`, listed in `bundled.py`), and the table of
published models."""

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files(__package__)))
MODELS = FOLDER / "models"
SPECS = FOLDER / "vit_specs.csv"
