"""What only the tensors of a brought model raise: which of several models in a file, and whether a mapping of its names is accepted."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.state import session

if TYPE_CHECKING:
    from vit_core.checkpoints.errors import MissingFacts


@dataclass
class Questions:
    """What was asked of some files, `of`, and what was answered: `parts` to choose from, the `offer` of a mapping, and its sentence."""

    key: str
    of: Hashable
    parts: tuple[str, ...] = ()
    offer: str = ""
    accepted: bool = False

    def hear(self, error: "MissingFacts | None") -> bool:
        """Take up what an error asks for; whether that is new."""
        known = self.parts, self.offer
        if error is not None and "part" in error.names:
            self.parts = error.choices
        if error is not None and "accept_mapping" in error.names:
            self.offer = str(error)
        return known != (self.parts, self.offer)

    def ask(self) -> tuple[dict[str, Any], bool]:
        """Draw the fields. What they say as keywords of `vit_core.load`; and whether the offer was accepted just now."""
        from vit_core.checkpoints.files.weights import printable

        facts: dict[str, Any] = {}
        if self.parts:
            part = st.selectbox(
                f"The file holds {len(self.parts)} Vision Transformers: which one, by what stands before its names",
                self.parts,
                None,
                key=f"{self.key}_part",
                format_func=lambda before: printable(before) or "nothing before its names",
                placeholder="choose one",
            )
            facts |= {} if part is None else {"part": part}
        clicked = False
        if self.offer and not self.accepted:
            st.info(self.offer)
            clicked = st.button("Accept the mapping", key=f"{self.key}_accept")
            self.accepted = clicked
        elif self.accepted:
            st.caption("Its tensors are read as timm’s, as you accepted.")
        return facts | ({"accept_mapping": True} if self.accepted else {}), clicked


def about(key: str, of: Hashable) -> Questions:
    """The questions about these files; with other files they begin anew."""
    name = f"_questions_{key}"
    found = st.session_state.get(name)
    if found is None or found.of != of:
        st.session_state.pop(f"{key}_part", None)
        found = st.session_state[name] = Questions(key, of)
    return found


def attempt(asked: Questions, facts: dict[str, Any], problem: str, load: Callable[[dict[str, Any]], str]) -> None:
    """Load what a person brings, and close the dialog; or ask what the names of its tensors leave open; or say what is wrong."""
    if not problem:
        problem = load(facts)
        if not problem:
            st.rerun()
        error = st.session_state.pop(session.OPEN, None)
        if asked.hear(error):
            st.rerun(scope="fragment")
        problem = problem if error is None else str(error)
    st.warning(problem)
