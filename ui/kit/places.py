"""Where things lie: what ships with the app, and with the model. Nothing here imports the model (and torch with it)."""

from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
COMPONENTS = ASSETS / "components"
SPEC = find_spec("vit_core")
assert SPEC is not None and SPEC.origin is not None, "The package vit_core is not installed."
MODELS = Path(SPEC.origin).parent / "data" / "models"
