"""How the bundled weights were made: `python -m vit_core.train --data DIR --out DIR --budget-minutes 100`."""
