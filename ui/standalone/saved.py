"""`show(trace, view=…)`: a view of a trace as one page, to save or to see under a notebook's cell."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ui.standalone.asked import Asked
from ui.standalone.document import Words, document, framed
from ui.standalone.views import VIEWS, memory_name, memory_part
from ui.state import schema
from ui.state import view as link
from ui.state.selection import Selection
from ui.work.analysis import Analysis
from vit_core.config import ViTConfig

if TYPE_CHECKING:
    from PIL.Image import Image

    from vit_core import ViTTrace

HEIGHT = 760
OWN = "own"


@dataclass(frozen=True, eq=False)
class Saved:
    """A view as one page. `html` is the whole file; `save` writes it.

    In a notebook it shows itself under the cell: as `text/html`, a frame whose `srcdoc` is the file. That is the one way that JupyterLab,
    Notebook 7, VS Code and Colab all take without an extension, a server or a kernel: the page is in the notebook's own output, so it is
    there when the notebook is opened again, in an export of `nbconvert` too, and styles and scripts of several views never meet. (A
    widget needs an extension in each of them, and a kernel or saved state to come back; a bare `<script>` in an output shares one scope
    with all others.) A front end that distrusts a foreign notebook shows the text instead until
    it is trusted; VS Code's `notebook.experimental.enableCsp`, off by default, blocks the page's modules.
    """

    title: str
    about: str
    html: str

    def save(self, file: str | Path) -> Path:
        """Write the page to a file; comes back its path."""
        path = Path(file)
        path.write_text(self.html, encoding="utf-8")
        return path

    @cached_property
    def _frame(self) -> str:
        return framed(self.html, f"{self.title} · {self.about}", HEIGHT)

    def _repr_html_(self) -> str:
        return self._frame

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self._frame, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<{self.title}: {self.about}; {len(self.html.encode()) / 1e6:.2f} MB>"


def show(
    trace: "ViTTrace | ViTConfig",
    view: str = "attention",
    *,
    other: "ViTTrace | None" = None,
    layer: int | None = None,
    head: int | None = None,
    token: int = 0,
    picture: str | Sequence[str] = "your picture",
    model: str | Sequence[str] = "",
    image: "Image | None" = None,
    **options: Any,
) -> Saved:
    """A view of a trace, of two for `compare`, or of a configuration alone for `memory`. Layer, head and token count from 0; without them
    the view opens as the app does, with the late head whose map is most like an object. `picture` and `model` are the names that stand
    below it (of `compare`, a pair of them each), `image` is the picture itself, of which `patches` then shows more than the model saw,
    `options` what else a link of the app would hold, such as `tab="matrix"`.

    ValueError with one sentence for a view, place or option that there is not.
    """
    from vit_core.study.opening import opening

    if view not in VIEWS:
        raise ValueError(f"There is no view “{view}”; there are {', '.join(VIEWS)}.")
    if isinstance(trace, ViTConfig):
        return memory_of(trace, view, options)
    found = opening(trace)
    layer, head = found.layer if layer is None else layer, found.head if head is None else head
    for name, value, count in (
        ("layer", layer, trace.depth),
        ("head", head, trace.config.num_heads),
        ("token", token, trace.layout.num_tokens),
    ):
        if not 0 <= value < count:
            raise ValueError(f"There is no {name} {value}: they run from 0 to {count - 1}.")
    at_first = at_own_setting(trace.config, trace.image_size[0], trace.patch_size) if view == "memory" else ""
    said = view_text(VIEWS[view].slug, options, at_first)
    chosen = Selection(OWN, OWN, trace.image_size[0], trace.patch_size, layer, head, token, said)
    pictures, models = ((names, names) if isinstance(names, str) else tuple(names) for names in (picture, model))
    second = asked_of(other, chosen, pictures[1], models[1]) if other is not None else None
    return saved(view, asked_of(trace, chosen, pictures[0], models[0], second, image))


def memory_of(config: ViTConfig, view: str, options: Mapping[str, Any]) -> Saved:
    """The memory calculator of a model that need not exist. ValueError for another view: they are of a trace."""
    if view != "memory":
        raise ValueError(f"The view “{view}” is of a trace; of a configuration there is “memory”.")
    size, patch = config.native_grid[0] * config.patch_size, config.patch_size
    said = view_text(VIEWS[view].slug, options, at_own_setting(config, size, patch))
    chosen, made = Selection(OWN, OWN, size, patch, 0, 0, 0, said), VIEWS[view]
    text = document([memory_part(config)], brought(chosen), Words(made.heading, made.sentence, config.name))
    return Saved(made.heading, config.name, text)


def at_own_setting(config: ViTConfig, size: int, patch: int) -> str:
    """The view that opens the memory calculator at a model, resolution and patch size."""
    return view_text("memory_scaling", {"mem": {"m": memory_name(config), "r": size, "p": patch}})


def asked_of(
    trace: "ViTTrace", chosen: Selection, picture: str, model: str, other: Asked | None = None, image: "Image | None" = None
) -> Asked:
    """A trace with the picture that it saw, and its model's name."""
    from vit_core.images import to_image

    shown = to_image(trace.images, trace.config.preprocessing)
    return Asked(Analysis(trace, 0.0, shown), chosen, picture, model or trace.config.name, other, image)


def view_text(slug: str, options: Mapping[str, Any], said: str = "") -> str:
    """The link's view that says these options, which are keys of the page's components, besides what is `said` already. ValueError for one
    that none of them declares."""
    for key, value in options.items():
        of = next((name for name, entry in schema.COMPONENTS_OF_VIEW.items() if slug in entry["pages"] and key in entry["keys"]), None)
        if of is None:
            raise ValueError(f"The view of {slug} has no option “{key}”.")
        said = link.changed(of, said, {key: value})
    return said


def saved(name: str, asked: Asked) -> Saved:
    """A view of what was analysed, opened at a selection."""
    made = VIEWS[name]
    about = " beside ".join(about_of(one) for one in (asked, asked.other) if one is not None)
    return Saved(made.heading, about, document(made.parts(asked), brought(asked.chosen), Words(made.heading, made.sentence, about)))


def brought(chosen: Selection) -> dict[str, Any]:
    """What the app's strip would bring of a selection."""
    return {field: value for field, value in asdict(chosen).items() if schema.FIELDS[field].shared}


def about_of(asked: Asked) -> str:
    """Model, picture and setting in one line."""
    trace = asked.found.trace
    (height, width), (rows, cols) = trace.image_size, trace.layout.grid
    size = f"{height}" if height == width else f"{height} × {width}"
    cut = f"{size} / {trace.patch_size} → {rows} × {cols} = {trace.layout.num_patches} patches, {trace.layout.num_tokens} tokens"
    return f"{asked.model} · {asked.picture} · {cut}"
