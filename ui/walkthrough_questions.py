"""A question at the end of each step, to be answered before looking; the answer is what the model, run for it, does."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch

from ui.state import Selection
from ui.walkthrough_runs import (
    block_order,
    darker,
    half_patch,
    no_attention,
    no_mlp,
    no_positions,
    other_reader,
    reached,
    similar_patch,
)
from vit_core.trace import ViTTrace


@dataclass(frozen=True)
class Question:
    """What is asked, what can be chosen, and `answer(trace, selection)`: the number of the right choice, and what was found by running the model."""

    text: str
    options: tuple[str, ...]
    answer: Callable[[ViTTrace, Selection], tuple[int, str]]


QUESTIONS = {
    "input": Question(
        "After one attention layer, how many of the patches can have changed the top left one?",
        ("its 8 neighbours", "its row and column", "all of them"),
        reached,
    ),
    "patches": Question("Halve the side of the patches. How many patches are there then?", ("twice as many", "four times as many", "half as many"), half_patch),
    "vocabulary": Question(
        "Make the whole picture a little darker. Do the embeddings stay the same?", ("yes, a word is a word", "no, every number moves a bit"), darker
    ),
    "cls": Question(
        "Let the head read another row than [CLS]: the chosen patch. Does it give the same class?", ("the same class", "another class"), other_reader
    ),
    "positions": Question(
        "Take all positions away. What happens to the probability of the first class?", ("it rises", "it stays within 0.01", "it falls"), no_positions
    ),
    "attention": Question(
        "Switch attention off in every layer. Which rows can still know anything of the picture?",
        ("[CLS]", "each patch, of itself only", "all of them"),
        no_attention,
    ),
    "mlp": Question(
        "Switch the MLPs off in every layer. What happens to the probability of the first class?", ("it rises", "it stays within 0.01", "it falls"), no_mlp
    ),
    "layers": Question("Swap the first and the last block. Does the first class stay first?", ("yes", "no"), block_order),
    "head": Question(
        "Which patch’s content points most in the direction of the winning class, after the last block?",
        ("the one [CLS] read most", "another one"),
        similar_patch,
    ),
}


@st.fragment
def section(selection: Selection, trace: ViTTrace, step: str) -> None:
    """The question of the open step. Choosing an answer runs the model and shows what it does."""
    question = QUESTIONS[step]
    with st.container(border=True):
        choice = st.radio(f"**Before you go on.** {question.text}", question.options, index=None, horizontal=True, key=f"walkthrough question {step}")
        if choice is None:
            st.caption("Choose first; then the model is run and answers.")
            return
        with torch.inference_mode():
            right, found = question.answer(trace, selection)
        verdict = "As you said." if question.options.index(choice) == right else f"It is: {question.options[right]}."
        st.markdown(f"**{verdict}** {found}")
