"""The only place with Streamlit caches. Keys are small ids; what they stand for is loaded here, once, and never modified."""

import hashlib
import inspect
import json
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import streamlit as st

from ui.kit.places import ASSETS
from ui.state.selection import sizes_of
from ui.work import first, models, settings
from ui.work.analysis import Analysis, Answered, Recalled
from ui.work.counts import counts
from ui.work.job import counted_by_layer
from ui.work.store import Getter, Store, bytes_of
from ui.work.turns import turns

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    import vit_core
    from vit_core.images import Fit


@dataclass(frozen=True)
class GalleryPicture:
    """A picture that ships with the app. `classes`: names that data sets have for what it shows; any of them would be right."""

    id: str
    file: Path
    title: str
    alt: str
    classes: tuple[str, ...] = ()

    @cached_property
    def image(self) -> "Image":
        """It, decoded."""
        import vit_core

        return vit_core.open_image(self.file)


@dataclass(eq=False)
class Pace:
    """How fast a model is at a setting: the seconds of the fastest forward pass, of `runs`.

    The first ones are slow, as on a busy machine.
    """

    seconds: float = float("inf")
    runs: int = 0


paces: "WeakKeyDictionary[vit_core.VisionTransformer, dict[tuple[int, int, int], Pace]]" = WeakKeyDictionary()


@st.cache_resource(show_spinner=False)
def gallery() -> dict[str, GalleryPicture]:
    """The gallery in its order, by id."""
    rows = json.loads((ASSETS / "images" / "gallery.json").read_text())
    folder = ASSETS / "images"
    return {row["id"]: GalleryPicture(row["id"], folder / row["file"], row["title"], row["alt"], tuple(row["classes"])) for row in rows}


def gallery_picture(picture: str) -> "Image":
    """A gallery picture, decoded."""
    return gallery()[picture].image


@st.cache_resource(show_spinner=False)
def start_settings() -> settings.Settings:
    """What the operator decided, read once."""
    return settings.read()


@dataclass(frozen=True, eq=False)
class Stores:
    """What the server keeps in memory, each bounded in bytes. With a model go its traces, which hold on to it."""

    models: Store
    traces: Store
    payloads: Store


@st.cache_resource(show_spinner=False)
def stores() -> Stores:
    """The one set of stores of this server."""
    chosen = start_settings()
    traces = Store(chosen.keep_traces, turns=turns)

    def with_traces(name: Hashable) -> None:
        traces.drop(lambda key: cast(tuple, key)[1] == name)

    models = Store(chosen.keep_models, dropped=with_traces, one_at_a_time=True, turns=turns)
    return Stores(models, traces, Store(chosen.keep_payloads, turns=turns))


def kept(store: str, size: Callable[[Any], int], hand_out: Callable = lambda value, again: value) -> Callable[[Callable], Getter]:
    """Keep what a function returns in one of the stores, by its arguments but those whose names begin with an underscore.

    `hand_out(value, again)` is what callers get; `again()` finds the value anew, or makes it once more.
    """

    def keeping(function: Callable) -> Getter:
        named = [not name.startswith("_") for name in inspect.signature(function).parameters]

        @wraps(function)
        def get(*args: Any) -> Any:
            key = (function.__name__, *(arg for arg, counts in zip(args, named, strict=True) if counts))

            def again() -> Any:
                return getattr(stores(), store).get(key, lambda: function(*args), size)

            return hand_out(again(), again)

        def found(*args: Any) -> Any | None:
            return getattr(stores(), store).find((function.__name__, *args))

        getter = cast(Getter, get)
        getter.found = found
        return getter

    return keeping


@st.cache_resource(show_spinner=False)
def shared_sources() -> dict[str, models.Source]:
    """Models that every session can choose: shipped ones, the operator's folder, and what the hub has given (grows with downloads)."""
    chosen = start_settings()
    found = models.shipped()
    if chosen.models is not None:
        found += models.of_folder(chosen.models)
    found += models.downloaded(chosen.hub, chosen.shelf)
    return {source.id: source for source in found}


def sources() -> dict[str, models.Source]:
    """The models that this session can choose, by id."""
    return {**shared_sources(), **models.own()}


def model_names() -> dict[str, str]:
    """Model ids and what a person calls them."""
    return {source.id: source.title for source in sources().values()}


def model(name: str) -> "vit_core.VisionTransformer":
    """A model in memory, warmed up so that the first measured forward is not a cold one. One is loaded at a time.

    ValueError with one plain sentence if there is no such model, its files cannot be read, or it is larger than the server keeps.
    """
    source = shared_sources().get(name) or models.brought.get(name)
    if source is None:
        raise ValueError("There is no such model here.")
    return stores().models.get(name, lambda: load(source), weight_bytes, lambda: source.bytes)


def loaded(name: str) -> "vit_core.VisionTransformer | None":
    """A model, if it is in memory."""
    return stores().models.find(name)


def config(name: str) -> "vit_core.ViTConfig":
    """A model's configuration: of one that ships, read from its file without loading it. ValueError as for `model`."""
    source = shared_sources().get(name)
    if source is not None and source.kind == "bundled" and source.bundled is not None and loaded(name) is None:
        return source.bundled.config
    return model(name).config


def load(source: models.Source) -> "vit_core.VisionTransformer":
    """The model of a source, after a first run. ValueError says what is wrong with it."""
    models.whole_code()
    import torch

    bound = stores().models.bound
    check_room(source.title, source.bytes, bound)
    with turns.aside():  # reading takes no core
        loaded = source.load()
    config = loaded.config
    if not config.chans_agree:
        raise ValueError(f"{source.title} reads pictures of {config.in_chans} channels; the app shows models of 3 (colours) or 1 (grey).")
    check_room(source.title, weight_bytes(loaded), bound)
    size, patch = sizes_of(config).start
    loaded(torch.zeros(1, config.in_chans, size, size), patch)
    return loaded


def check_room(title: str, needed: int, bound: int) -> None:
    """ValueError if a model is larger than all that the server keeps."""
    if needed > bound:
        raise ValueError(
            f"{title} takes {needed / 1e9:.2g} GB, and this server keeps {bound / 1e9:.2g} GB of models: start it with a larger "
            "VIT_KEEP_MODELS."
        )


def weight_bytes(model: "vit_core.VisionTransformer") -> int:
    """Bytes of a model's weights."""
    return sum(
        tensor.untyped_storage().nbytes() for tensor in {tensor.data_ptr(): tensor for tensor in model.state_dict().values()}.values()
    )


def forward(vit: "vit_core.VisionTransformer", pixels: "Tensor", patch_size: int) -> "tuple[vit_core.ViTTrace, float]":
    """The trace of pixels `[1, C, H, W]`, and the seconds that it took, which `pace` remembers. A job that counts layers is told each."""
    job = counted_by_layer()

    def passed(resid_post: "Tensor") -> "Tensor":
        if job is not None:
            job.layer_passed()
        return resid_post

    start = time.perf_counter()
    trace = vit(pixels, patch_size, {(layer, "resid_post"): passed for layer in range(vit.config.depth)} if job else None)
    seconds = time.perf_counter() - start
    counts.add("forwards")
    counts.add("forward_seconds", seconds)
    known = paces.setdefault(vit, {}).setdefault((*pixels.shape[-2:], patch_size), Pace())
    known.seconds, known.runs = min(known.seconds, seconds), known.runs + 1
    return trace, seconds


def pace(vit: "vit_core.VisionTransformer", image_size: int, patch_size: int) -> Pace:
    """How fast a model is for square pictures; without a run yet, infinitely slow."""
    return paces.get(vit, {}).get((image_size, image_size, patch_size), Pace())


@kept(
    "traces",
    lambda analysis: analysis.trace.kept_bytes + analysis.trace.images.nbytes,
    lambda value, again: Analysis(cast("vit_core.ViTTrace", Recalled(again)), value.seconds, value.shown),
)
def analysis(model_name: str, picture: str, image_size: int, patch_size: int, _image: "Image") -> Analysis:
    """The model's trace of a picture at a setting. `picture` is the id of `_image`: a gallery name or a hash of the content."""
    import vit_core
    from vit_core import images

    vit = model(model_name)
    pixels = vit_core.preprocess(_image, vit, image_size=image_size)
    trace, seconds = forward(vit, pixels, patch_size)
    return Analysis(trace, seconds, images.to_image(pixels, vit.config.preprocessing))


@kept("payloads", lambda run: 2 * run.images.nbytes)
def run(model_name: str, picture: str, size: tuple[int, int], patch_size: int, fit: "Fit", _image: "Image") -> Answered:
    """The model's answer at any size (height, width) that it takes; `fit` is `vit_core.preprocess`'s. `picture` is the id of `_image`."""
    import vit_core
    from vit_core import images
    from vit_core.readout import Answer

    vit = model(model_name)
    pixels = vit_core.preprocess(_image, vit, image_size=size, fit=fit)
    trace, seconds = forward(vit, pixels, patch_size)
    return Answered(pixels, trace.layout, patch_size, seconds, Answer.of(trace, 5), images.to_image(pixels, vit.config.preprocessing))


@kept("payloads", bytes_of)
def payload(kind: str, model_name: str, picture: str, image_size: int, patch_size: int, _build: Callable[[], Any]) -> Any:
    """Bytes for a browser component, or plain values, built once for a picture and setting by `_build()`; where the model is not in memory
    yet, and a first view of them is kept, they are taken from there.
    """
    ready = None if loaded(model_name) else first.find(kind, model_name, picture, image_size, patch_size)
    return _build() if ready is None else ready


@st.cache_resource(show_spinner=False, max_entries=64)
def checksum(file: Path, size: int, modified: int) -> str:
    """SHA-256 of a file; its size and time tell when to read it again."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def forget_picture(picture: str) -> None:
    """Let go of all that was made of a picture."""
    for store in (stores().traces, stores().payloads):
        store.drop(lambda key: picture in cast(tuple, key))


@kept("payloads", len)
def thumbnail(picture: str, _image: "Callable[[], Image]") -> str:
    """The central square of a picture at 96 pixels, as a `data:` address. `picture` is the id of `_image()`."""
    return first.read(first.GALLERY).get(picture) or shrunk(_image())


def shrunk(image: "Image") -> str:
    """That of a picture."""
    from ui.kit.payload import data_uri

    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    return data_uri(image.crop((left, top, left + short, top + short)), 96)
