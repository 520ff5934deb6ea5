"""What ships with the model: the bundled weights with their card and snapshots (`models/`), and the table of published models."""

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files(__package__)))
MODELS = FOLDER / "models"
SNAPSHOTS = MODELS / "snapshots"
SPECS = FOLDER / "vit_specs.csv"
