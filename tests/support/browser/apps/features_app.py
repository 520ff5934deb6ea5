"""A page with nothing but the likeness of tokens, fed random rows of the size in the address (`?grid=32&dim=768`)."""

import io
import sys
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from tests.support.browser.apps.lone_strip import lone_strip
from ui.kit.components import component
from ui.kit.payload import pack

grid, dim = int(st.query_params.get("grid", 14)), int(st.query_params.get("dim", 192))
rows = np.random.default_rng(0).standard_normal((grid * grid + 1, dim), dtype=np.float32)
rows /= np.linalg.norm(rows, axis=1, keepdims=True)
buffer = io.BytesIO()
Image.new("RGB", (16 * grid, 16 * grid), (120, 110, 90)).save(buffer, "JPEG")
shown = {"of": "random", "layer": 11, "rows": "stream", "content": False, "pictures": 12}
layout = {"grid": [grid, grid], "prefix": ["[CLS]"], "imageSize": [16 * grid] * 2, "patchSize": 16, "dim": dim, "depth": 12, "heads": 12}
lone_strip()
arrays = {"rows": rows.astype(np.float16), "picture": np.frombuffer(buffer.getvalue(), np.uint8)}
component("features")(key="features", data=pack(arrays, **shown, **layout))
