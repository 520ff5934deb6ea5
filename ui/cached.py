"""The only place with Streamlit caches. Keys are small ids; what they stand for is loaded here, once, and never modified."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    import vit_core

ASSETS = Path(__file__).resolve().parent.parent / "assets"
SNAPSHOTS = ASSETS / "models" / "snapshots"


@dataclass(frozen=True)
class GalleryPicture:
    """A picture that ships with the app."""

    id: str
    file: Path
    title: str
    alt: str


@dataclass(frozen=True, eq=False)
class Analysis:
    """One forward pass over one picture: `seconds` is its duration, `shown` the picture as the model saw it, `[H, W, 3]` in bytes."""

    trace: "vit_core.ViTTrace"
    seconds: float
    shown: "Image"


@dataclass(frozen=True, eq=False)
class Run:
    """What a forward pass answered. Its trace, which for thousands of tokens takes hundreds of megabytes, is let go."""

    images: "Tensor"
    layout: "vit_core.TokenLayout"
    patch_size: int
    seconds: float
    top: list[tuple[str, float]]
    shown: "Image"


@st.cache_resource(show_spinner=False)
def gallery() -> dict[str, GalleryPicture]:
    """The gallery in its order, by id."""
    rows = json.loads((ASSETS / "images" / "gallery.json").read_text())
    return {row["id"]: GalleryPicture(row["id"], ASSETS / "images" / row["file"], row["title"], row["alt"]) for row in rows}


@st.cache_resource(show_spinner=False)
def gallery_picture(picture: str) -> "Image":
    """A gallery picture, decoded."""
    import vit_core

    return vit_core.open_image(gallery()[picture].file)


@st.cache_resource(show_spinner=False)
def model_names() -> dict[str, str]:
    """Model ids and what a person calls them: the bundled model, then moments of its training."""
    from vit_core import snapshots

    return {"bundled": "Bundled ViT"} | {f"snapshot-{found.path.stem}": found.label for found in snapshots.available(SNAPSHOTS)}


@st.cache_resource(show_spinner=False, max_entries=4)
def model(name: str) -> "vit_core.VisionTransformer":
    """A model in memory, warmed up so that the first measured forward is not a cold one."""
    import torch

    import vit_core
    from vit_core import snapshots

    moments = {f"snapshot-{found.path.stem}": found.path for found in snapshots.available(SNAPSHOTS)}
    loaded = vit_core.load() if name == "bundled" else snapshots.load(moments[name])
    loaded(torch.zeros(1, loaded.config.in_chans, 224, 224))
    return loaded


@st.cache_resource(show_spinner=False, max_entries=12)
def analysis(model_name: str, picture: str, image_size: int, patch_size: int, _image: "Image") -> Analysis:
    """The model's trace of a picture at a setting. `picture` is the id of `_image`: a gallery name or a hash of the content."""
    import vit_core
    from vit_core import images

    vit = model(model_name)
    pixels = vit_core.preprocess(_image, vit, image_size=image_size)
    start = time.perf_counter()
    trace = vit(pixels, patch_size=patch_size)
    seconds = time.perf_counter() - start
    return Analysis(trace, seconds, images.to_image(pixels, vit.config.preprocessing))


@st.cache_resource(show_spinner=False, max_entries=12)
def run(model_name: str, picture: str, size: tuple[int, int], patch_size: int, fit: str, _image: "Image") -> Run:
    """The model's answer at any size (height, width) that it takes; `fit` is `vit_core.preprocess`'s. `picture` is the id of `_image`."""
    import vit_core
    from vit_core import images

    vit = model(model_name)
    pixels = vit_core.preprocess(_image, vit, image_size=size, fit=fit)
    start = time.perf_counter()
    trace = vit(pixels, patch_size=patch_size)
    seconds = time.perf_counter() - start
    return Run(pixels, trace.layout, patch_size, seconds, trace.top_k(5), images.to_image(pixels, vit.config.preprocessing))


@st.cache_resource(show_spinner=False, max_entries=12)
def payload(kind: str, model_name: str, picture: str, image_size: int, patch_size: int, _build) -> bytes:
    """Bytes for a browser component, built once for a picture and setting by `_build()`."""
    return _build()


@st.cache_resource(show_spinner=False, max_entries=64)
def thumbnail(picture: str, _image: "Image") -> str:
    """The central square of a picture at 96 pixels, as a `data:` address. `picture` is the id of `_image`."""
    from ui.components import data_uri

    short = min(_image.size)
    left, top = (_image.width - short) // 2, (_image.height - short) // 2
    return data_uri(_image.crop((left, top, left + short, top + short)), 96)


@st.cache_resource(show_spinner="Running the model with covered patches…", max_entries=12)
def occlusion(model_name: str, picture: str, image_size: int, patch_size: int, _analysis: Analysis) -> "vit_core.occlusion.OcclusionCurves":
    """What covering patches does to the prediction, in the order of the last layer's [CLS] attention (mean over heads)."""
    from vit_core.occlusion import occlusion_curves

    trace = _analysis.trace
    query = trace.layout.cls if trace.layout.cls is not None else trace.layout.num_prefix_tokens
    attention = trace.attn_weights(trace.depth - 1, query)[0, :, 0].mean(0)[trace.layout.patches]
    return occlusion_curves(trace, attention)
