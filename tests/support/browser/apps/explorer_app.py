"""A page with nothing but the attention explorer, fed random q and k of the size in the address (`?grid=32&dim=768`)."""

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
rng = np.random.default_rng(0)
tokens, layers, heads = grid * grid + 1, 12, 12
q, k = (rng.standard_normal((layers, tokens, dim), dtype=np.float32).astype(np.float16) for _ in range(2))
buffer = io.BytesIO()
Image.new("RGB", (16 * grid, 16 * grid), (120, 110, 90)).save(buffer, "JPEG")
scores_scale = (dim // heads) ** -0.5
lse = np.empty((layers, heads, tokens), dtype=np.float32)
for layer in range(layers):
    for head in range(heads):
        cut = slice(head * dim // heads, (head + 1) * dim // heads)
        scores = q[layer, :, cut].astype(np.float32) @ k[layer, :, cut].astype(np.float32).T * scores_scale
        top = scores.max(1)
        lse[layer, head] = top + np.log(np.exp(scores - top[:, None]).sum(1))
facts = {
    "grid": [grid, grid],
    "prefix": ["[CLS]"],
    "imageSize": [16 * grid] * 2,
    "patchSize": 16,
    "dim": dim,
    "depth": layers,
    "heads": heads,
    "opening": [layers - 1, 0],
    "text": [5, 2],
}
arrays = {"q": q, "k": k, "lse": lse, "picture": np.frombuffer(buffer.getvalue(), np.uint8)}
lone_strip()
component("attention")(key="attention", data=pack(arrays, **facts), on_check_change=lambda: None)
