"""Where the app's parts lie in the installed package: below `vit_explainer`, as they lie in a clone. All else is in `pyproject.toml`.

`ui` and `pages` are no names to take in everyone's environment, and `app.py` finds them beside itself.
"""

from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

APP = "vit_explainer"
PARTS = ("assets", "pages", "ui")
LOOSE = ("app.py", ".streamlit/config.toml")
DATA = {
    "vit_core.data": [
        "*.csv",
        "*.json",
        "*.txt",
        "README.md",
        "models/*",
        "models/snapshots/*",
        "models/distilled/*",
        "models/distilled/snapshots/*",
    ],
    "published.data": ["*.csv"],
    f"{APP}.ui.glossary": ["*.json"],
    f"{APP}.assets": ["icon.png", "images/*", "components/**/*.js", "components/**/*.css"],
}


class BuildApp(build_py):
    """Adds the files that belong to no package."""

    def run(self) -> None:
        super().run()
        for name in () if self.editable_mode else LOOSE:
            target = Path(self.build_lib) / APP / name
            self.mkpath(str(target.parent))
            self.copy_file(name, str(target))


parts = [name for part in PARTS for name in (part, *(f"{part}.{inner}" for inner in find_packages(part)))]
setup(
    packages=[*find_packages(include=["vit_core*", "vit_figures*", "published*", f"{APP}*"]), *(f"{APP}.{part}" for part in parts)],
    package_dir={f"{APP}.{part}": part for part in PARTS},
    package_data=DATA,
    cmdclass={"build_py": BuildApp},
)
