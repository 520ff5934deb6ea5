"""Where things lie: what ships with the app, and with the model. Nothing here imports the model (and torch with it)."""

from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "assets"
COMPONENTS = ASSETS / "components"
MODELS = Path(find_spec("vit_core").origin).parent / "data" / "models"
