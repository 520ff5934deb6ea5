"""A question at the end of each step, to be answered before looking; the answer is what the model, run for it, does."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
import torch

from ui.state.selection import Selection
from ui.walkthrough.runs import (
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
from vit_core.readout import readout
from vit_core.trace import ViTTrace


@dataclass(frozen=True)
class Question:
    """What is asked, what can be chosen, and `answer(trace, selection)`: the number of the right choice, and what was found by running the
    model."""

    text: str
    options: tuple[str, ...]
    answer: Callable[[ViTTrace, Selection], tuple[int, str]]


CHANCES = ("it rises", "it stays within 0.01", "it falls")
TURNS = ("hardly: cosine above 0.99", "a little: above 0.9", "clearly")


def question_of(trace: ViTTrace, step: str) -> Question:
    """The question of a step, asked as this model can answer it: of classes, or of features where it has none."""
    lead, classes = readout(trace.config).lead, trace.config.num_classes
    effect, effects = ("What happens to the probability of the first class?", CHANCES) if classes else ("Do the features turn?", TURNS)
    if classes:
        alike = ("the same class", "another class")
        other = Question(
            f"Let the head read another row than {lead.name}: the chosen patch. Which class does it give?", alike, other_reader
        )
        swap = Question("Swap the first and the last block. Does the first class stay first?", ("yes", "no"), block_order)
        aim = "gives the winning class the largest logit"
    else:
        other = Question("Take the normalised row of the chosen patch. Is it far from the features?", TURNS, other_reader)
        swap = Question("Swap the first and the last block. Do the features turn?", TURNS, block_order)
        aim = "is most like the features"
    reach = ("its 8 neighbours", "its row and column", "all of them")
    count = ("twice as many", "four times as many", "half as many")
    knows = ("no row" if lead.several else lead.who, "each patch, of itself only", "all of them")
    most = f"the one {lead.who} read most"
    return {
        "input": Question("After one attention layer, how many of the patches can have changed the top left one?", reach, reached),
        "patches": Question("Halve the side of the patches. How many patches are there then?", count, half_patch),
        "vocabulary": Question(
            "Make the whole picture a little darker. Do the embeddings stay the same?",
            ("yes, a word is a word", "no, the numbers move a bit"),
            darker,
        ),
        "cls": other,
        "positions": Question(f"Take all positions away. {effect}", effects, no_positions),
        "attention": Question(
            "Switch attention off in every layer. Which rows can still know anything of the picture?", knows, no_attention
        ),
        "mlp": Question(f"Switch the MLPs off in every layer. {effect}", effects, no_mlp),
        "layers": swap,
        "head": Question(f"After the last block, which patch’s row {aim}?", (most, "another one"), similar_patch),
    }[step]


@st.fragment
def section(selection: Selection, trace: ViTTrace, step: str) -> None:
    """The question of the open step. Choosing an answer runs the model and shows what it does."""
    question = question_of(trace, step)
    with st.container(border=True):
        choice = st.radio(
            f"**Before you go on.** {question.text}", question.options, index=None, horizontal=True, key=f"walkthrough question {step}"
        )
        if choice is None:
            st.caption("Choose first; then the model is run and answers.")
            return
        with torch.inference_mode():
            right, found = question.answer(trace, selection)
        verdict = "As you said." if question.options.index(choice) == right else f"It is: {question.options[right]}."
        st.markdown(f"**{verdict}** {found}")
