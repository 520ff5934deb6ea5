"""The features page: how alike tokens are in any layer, and the directions along which they differ most, as colours."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ui.features import gallery, groups, layers, pair, payload
from ui.features.payload import Setting
from ui.features.setting import TABS, open_tab, setting, tab_of, token_of
from ui.kit.components import component
from ui.kit.tabs import tab_choice
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached, watch
from ui.work.job import Macs

if TYPE_CHECKING:
    from torch import Tensor

    from vit_core import ViTTrace

SVD = 12
"""Multiply-accumulates of a singular value decomposition in float64, over rows times the smaller side squared, in time."""


def of_the_gallery(chosen: Selection) -> Iterator["ViTTrace"]:
    """The chosen model's traces of the gallery's pictures at the chosen sizes, one after the other."""
    import vit_core

    vit = cached.model(chosen.model)
    for picture in cached.gallery().values():
        yield cached.forward(vit, vit_core.preprocess(picture.image, vit, image_size=chosen.image_size), chosen.patch_size)[0]


def places(chosen: Selection, here: Setting) -> "Tensor":
    """Each place's mean over the gallery's pictures, made once for a model, its sizes and the rows."""

    def build() -> "Tensor":
        return payload.place_means(of_the_gallery(chosen), here.rows)

    return cached.payload(f"features places {here.rows}", chosen.model, "", chosen.image_size, chosen.patch_size, build)


def runs_left(chosen: Selection, here: Setting) -> int:
    """How often the model is still to be run for the gallery's means."""
    known = cached.payload.found(f"features places {here.rows}", chosen.model, "", chosen.image_size, chosen.patch_size)
    return len(cached.gallery()) if here.content and known is None else 0


def runs(chosen: Selection, here: Setting) -> int:
    """Multiply-accumulates of these."""
    return runs_left(chosen, here) * session.macs()


def waiting(here: Setting, otherwise: str) -> str:
    """What is said meanwhile."""
    return f"Running the model on the gallery’s {len(cached.gallery())} pictures" if here.content else otherwise


def stage() -> None:
    """The choice of what is looked at, and what is open."""
    chosen = session.current()
    tab_choice("What is looked at", TABS, tab_of(chosen), open_tab, "features_look")
    {"alike": alike_and_apart, "groups": grouped, "pair": paired, "gallery": together, "layers": compared}[tab_of(chosen)]()


def subject() -> int:
    """The token that is looked at until one is chosen: the patch that the picture is best opened with."""
    return session.analysis().trace.layout.num_prefix_tokens + session.opening().patch


def looked_at() -> Selection:
    """The selection with the token that is looked at."""
    chosen = session.current()
    return replace(chosen, token=token_of(chosen, subject()))


def paired() -> None:
    """Two pictures side by side."""
    chosen = session.current()
    here = setting(chosen)
    pair.stage(session.analysis(), subject(), chosen, here, partial(places, chosen, here), runs_left(chosen, here))


def together() -> None:
    """All pictures of the gallery."""
    gallery.stage(session.analysis(), subject(), looked_at(), setting(session.current()))


def compared() -> None:
    """How alike layers are."""
    chosen = session.current()
    layers.stage(session.analysis(), subject(), looked_at(), setting(chosen).rows)


def alike_and_apart() -> None:
    """Likeness, and principal components below it."""
    likeness()
    components()


def grouped() -> None:
    """Groups in every layer."""
    chosen, analysis = session.current(), session.analysis()
    here = setting(chosen)
    groups.stage(analysis, subject(), chosen, here, rows_of(analysis.trace, chosen), runs(chosen, here))


def rows_of(trace: "ViTTrace", chosen: Selection) -> groups.Rows:
    """Gives a layer's rows that are looked at, `[tokens, width]`."""
    here = setting(chosen)
    return lambda layer: payload.rows_of(trace, layer, here, partial(places, chosen, here))


def likeness() -> None:
    """The likeness of all tokens to the one under the pointer: one layer's rows at a time."""
    chosen = session.current()
    here = setting(chosen)
    layer = min(chosen.layer, session.analysis().trace.depth - 1)
    of = f"{chosen.model} {chosen.picture} {chosen.image_size} {chosen.patch_size}"
    build = partial(
        payload.likeness,
        of=of,
        subject=subject(),
        layer=layer,
        setting=here,
        places=partial(places, chosen, here),
        pictures=len(cached.gallery()),
    )
    work = Macs(runs(chosen, here))
    watch.payload("features", f"features {here.name} {layer}", work, build, _likeness, waiting(here, "Reading the layer’s tokens"))


def _likeness(data: bytes) -> None:
    component("features")(key="features", data=data)


def components() -> None:
    """The principal components of every layer."""
    chosen, trace = session.current(), session.analysis().trace
    here = setting(chosen)
    small, large = sorted((trace.layout.num_patches, trace.config.embed_dim))
    work = Macs(runs(chosen, here) + SVD * trace.depth * large * small**2)
    build = partial(payload.directions, subject=subject(), setting=here, places=partial(places, chosen, here))
    kind = f"features components {here.name}"
    watch.payload("features_components", kind, work, build, _components, waiting(here, "Finding every layer’s principal components"))


def _components(data: bytes) -> None:
    component("features_components")(key="features_components", data=data)
