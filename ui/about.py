"""The model's card in the app: what it was trained on, what it can name, how often it is right."""

import re

import streamlit as st

from ui import cached

CARD = cached.ASSETS / "models" / "MODEL_CARD.md"
EVEN_CHANCE = 0.5


def verdict(probability: float) -> str:
    """How the strip introduces an answer: below an even chance, the model is unsure, and the page says so."""
    return "says" if probability >= EVEN_CHANCE else "unsure, perhaps"


def button() -> None:
    """Opens the card."""
    if st.button("About this model", key="about", width="stretch"):
        card()


@st.dialog("About the bundled model", width="large")
def card() -> None:
    """The card as it lies beside the weights; its figures are read from there too."""
    for part in re.split(r"(!\[[^\]]*\]\([\w.-]+\))", CARD.read_text(encoding="utf-8")):
        figure = re.fullmatch(r"!\[([^\]]*)\]\(([\w.-]+)\)", part)
        if figure:
            st.image((CARD.parent / figure[2]).read_text(encoding="utf-8"), caption=figure[1])
        else:
            st.markdown(part)
