"""What is set on the experiments page: the open experiment, the layer whose attention is compared, the tokens that are changed."""

from typing import TYPE_CHECKING, Any

from ui.state import session, view

if TYPE_CHECKING:
    from vit_core import ViTTrace


TABS = {
    "occlusion": "Cover patches",
    "curves": "Remove and add",
    "heads": "Silence heads",
    "tokens": "Change tokens",
    "explain": "Explanations",
    "tested": "Put to the test",
}
ORDERS = {"attention": "most attended first", "occlusion": "largest drop first", "random": "random order"}


def asked(key: str, **bounds: int) -> Any:
    """What the link says about this page under a key of its view."""
    return view.read("experiments", session.current().view, key, **bounds)


def open_tab(name: str) -> None:
    """Open an experiment; what is set in the others stays."""
    session.change(view=view.changed("experiments", session.current().view, {"exp": name}))


def source_layer(trace: "ViTTrace") -> int | None:
    """The layer whose attention is compared; None for rollout."""
    return None if asked("map") == "rollout" else min(session.current().layer, trace.depth - 1)


def tokens_of(text: object, count: int) -> list[int]:
    """Tokens from the link's `3.5-8`; what is no token is left out."""
    found: set[int] = set()
    for part in text.split(".") if isinstance(text, str) else []:
        ends = [int(end) for end in part.split("-") if end.isascii() and end.isdigit() and len(end) < 6]
        if ends:
            found.update(range(ends[0], min(ends[-1], count - 1) + 1))
    return sorted(token for token in found if token < count)
