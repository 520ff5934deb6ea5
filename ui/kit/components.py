"""Browser components as ES modules: how they are registered, and the one address below which all of them are served.

Streamlit serves the files of a registered component below `/_stcore/bidi-components/<name>/`, and the browser keeps one instance of a
module for each address. So one name is registered for the whole folder `assets/components`, and the name of each component in it is that
name, a slash and its own folder: all addresses then lie in one tree, `import … from "../kit/…"` means there what it means on disk, and all
components share one kit. The tree's name holds a hash of its files: a browser that stays open while the app is replaced never mixes two.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

import streamlit as st
from streamlit import runtime
from streamlit.components.v2.bidi_component.main import BidiComponentMixin
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from ui.kit.modules import graph, names, style
from ui.kit.places import ASSETS, COMPONENTS

PROJECT = "vit-explainer"
SERVED = "_stcore/bidi-components"
SHOWN = "_shown"
_registering = Lock()


def _known_by_its_key(_: BidiComponentMixin, **sent: Any) -> dict[str, Any]:
    """What Streamlit is to know a component by, besides its key: nothing. Every component here has one, and where there is one Streamlit
    drops the rest, after it has hashed all that is sent, megabytes in each run of a page."""
    return {}


BidiComponentMixin._build_bidi_identity_kwargs = _known_by_its_key  # type: ignore[method-assign, assignment]


@cache
def version() -> str:
    """A hash of everything under `assets/components`, and of Plotly's version, as it was when the process first asked."""
    digest = hashlib.blake2b(metadata.version("plotly").encode(), digest_size=6)
    for file in sorted(file for file in COMPONENTS.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(COMPONENTS).as_posix()}\0{file.stat().st_size}\0".encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def manifest() -> ComponentManifest:
    """What Streamlit would read in an installed package's `pyproject.toml`: the tree of files, and each component in it."""
    tree = ComponentConfig(version(), COMPONENTS.name)
    parts = [ComponentConfig(f"{version()}/{name}", f"{COMPONENTS.name}/{name}") for name in names()]
    return ComponentManifest(PROJECT, version(), [tree, *parts])


def full_name(name: str) -> str:
    """The name under which Streamlit knows a component; with `/main.js` it is the address of its module."""
    return f"{PROJECT}.{version()}/{name}"


def of_page(slug: str) -> list[str]:
    """The components of a page: their names are its address, or begin with it."""
    return [name for name in names() if name == slug or name.startswith(f"{slug}_")]


@cache
def files_of(name: str) -> tuple[str, ...]:
    """The modules that a component needs, below `assets/components`, as they were when the process first asked."""
    return tuple(file.relative_to(COMPONENTS).as_posix() for file in graph(name))


def preloads(*parts: str) -> str:
    """Links that have the browser ask for all modules of components at once, instead of for those that a module imports when it is there.

    They are relative to the page's address, as no page lies below another: so they also hold behind a proxy that adds a path of its own.
    """
    tree = f"{SERVED}/{PROJECT}.{version()}"
    files = dict.fromkeys(file for name in parts for file in files_of(name))
    return "".join(f'<link rel="modulepreload" href="{tree}/{file}">' for file in files)


@cache
def _ahead(slug: str) -> Callable:
    return st.components.v2.component(f"modules_of_{slug}", html=preloads(*of_page(slug)))


def preload(slug: str) -> None:
    """Has the browser load a page's modules while the page's payloads are made. Shows nothing."""
    _serve()  # it may ask before the page's first component is mounted
    _ahead(slug)(key="modules")


@cache
def _registered(name: str) -> Callable:
    """A dict is sent as a list of one (`kit/mount.js` takes it out): Streamlit looks for tables in a dict, and loads pandas and pyarrow."""
    mount = st.components.v2.component(full_name(name), css=style(name), html=preloads(name), js="main.js")

    def mounted(*, data: Any = None, **options: Any) -> Any:
        shown()[options["key"]] = (name, data)
        return mount(data=[data] if isinstance(data, dict) else data, **options)

    return mounted


@cache
def library() -> ComponentManifest:
    """Plotly's script, as the installed package brings it. The kit finds it beside the tree, whose name it has with `-plotly`."""
    return ComponentManifest(PROJECT, version(), [ComponentConfig(f"{version()}-plotly", "package_data")])


def plotly_folder() -> Path:
    """Where `plotly` is installed; nothing of it is imported."""
    spec = find_spec("plotly")
    assert spec is not None and spec.origin is not None, "The package plotly is not installed."
    return Path(spec.origin).parent


def prepare(slug: str, *others: str) -> None:
    """Read ahead what a page's first visit needs of its components and of others: their files, and what these import. Only in a server:
    without one, nothing that is registered stays.
    """
    if not runtime.exists():
        return
    _serve()
    _ahead(slug)
    for name in (*of_page(slug), *others):
        _registered(name)


def begin_page() -> None:
    """From here on `shown` is of the page that begins. The dict before it stays with who has it: a file may still be made of it."""
    st.session_state[SHOWN] = {}


def shown() -> dict[str, tuple[str, Any]]:
    """What the open page has mounted, by key: the component, and what it was sent last. It is of the page's last run, and of what followed
    that in parts of the page."""
    return st.session_state.setdefault(SHOWN, {})


def component(name: str) -> Callable:
    """The function that mounts the component of the folder `assets/components/<name>`.

    Streamlit looks for files only in packages that are installed in the environment. This app is told apart from that, so that it always
    serves the files that lie beside its own Python, from a clone as well as installed.
    """
    _serve()
    return _registered(name)


def _serve() -> None:
    """Have the files of all components, and Plotly's script, served."""
    manager = get_bidi_component_manager()
    with _registering:  # a second time would blank what another session has registered meanwhile
        if manager.get_component_asset_root(f"{PROJECT}.{version()}") is None:
            manager.register_from_manifest(library(), plotly_folder())
            manager.register_from_manifest(manifest(), ASSETS)
