"""A page with nothing but the likeness of tokens, fed random rows of the size in the address (`?grid=32&dim=768`); with `&of=pair` nothing
but the best matches of two pictures."""

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
dice = np.random.default_rng(0)


def rows(count: int) -> np.ndarray:
    """Random ones of length 1."""
    found = dice.standard_normal((count, dim), dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


buffer = io.BytesIO()
Image.new("RGB", (16 * grid, 16 * grid), (120, 110, 90)).save(buffer, "JPEG")
picture = np.frombuffer(buffer.getvalue(), np.uint8)
shown = {"of": "random", "layer": 11, "rows": "stream", "content": False, "pictures": 12}
layout = {"grid": [grid, grid], "prefix": ["[CLS]"], "imageSize": [16 * grid] * 2, "patchSize": 16, "dim": dim, "depth": 12, "heads": 12}
lone_strip()
if st.query_params.get("of") == "pair":
    one, other = rows(grid * grid), rows(grid * grid)
    cosines = one @ other.T
    arrays = {"rows": one.astype(np.float16), "others": other.astype(np.float16), "picture": picture, "other": picture}
    arrays |= {"there": cosines.argmax(1).astype(np.int32), "back": cosines.argmax(0).astype(np.int32), "cosines": cosines.max(1)}
    component("features_pair")(key="features_pair", data=pack(arrays, subject=1, titles=["One", "Other"], **shown, **layout))
else:
    arrays = {"rows": rows(grid * grid + 1).astype(np.float16), "picture": picture}
    component("features")(key="features", data=pack(arrays, **shown, **layout))
