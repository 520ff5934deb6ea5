"""What ships with the model: the bundled weights with their cards and snapshots (`models/`, listed in `bundled.py`), and the tables
of published models and of ImageNet's class names."""

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files(__package__)))
MODELS = FOLDER / "models"
SPECS = FOLDER / "vit_specs.csv"
IMAGENET = FOLDER / "imagenet_1k.txt"
"""The names of the 1,000 classes of ILSVRC 2012, one a line."""
SHELF = FOLDER / "shelf.json"
"""Published models that can be had by a short name."""
