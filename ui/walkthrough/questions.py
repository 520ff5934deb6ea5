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
    """What is asked, what can be chosen, `answer(trace, selection)`: the number of the right choice and what was found by running the
    model; and `why` it is so."""

    text: str
    options: tuple[str, ...]
    answer: Callable[[ViTTrace, Selection], tuple[int, str]]
    why: str


CHANCES = ("it rises", "it stays within 0.01", "it falls")
SCORE = "walkthrough_score"
TURNS = ("hardly: cosine above 0.99", "a little: above 0.9", "clearly")


def question_of(trace: ViTTrace, step: str) -> Question:
    """The question of a step, asked as this model can answer it: of classes, or of features where it has none."""
    lead, classes = readout(trace.config).lead, trace.config.num_classes
    effect, effects = ("What happens to the probability of the first class?", CHANCES) if classes else ("Do the features turn?", TURNS)
    if classes:
        alike = ("the same class", "another class")
        other = Question(
            f"Let the classifier read another row than {lead.name}: the chosen patch. Which class does it give?",
            alike,
            other_reader,
            WHY["cls"],
        )
        swap = Question("Swap the first and the last block. Does the first class stay first?", ("yes", "no"), block_order, WHY["layers"])
        aim = "gives the winning class the largest logit"
    else:
        other = Question("Take the normalised row of the chosen patch. Is it far from the features?", TURNS, other_reader, WHY["cls"])
        swap = Question("Swap the first and the last block. Do the features turn?", TURNS, block_order, WHY["layers"])
        aim = "is most like the features"
    reach = ("its 8 neighbours", "its row and column", "all of them")
    count = ("twice as many", "four times as many", "half as many")
    knows = ("no row" if lead.several else lead.who, "each patch, of itself only", "all of them")
    most = f"the one {lead.who} read most"
    asked = {
        "input": ("After one attention layer, how many of the patches can have changed the top left one?", reach, reached),
        "patches": ("Halve the side of the patches. How many patches are there then?", count, half_patch),
        "vocabulary": (
            "Make the whole picture a little darker. Do the embeddings stay the same?",
            ("yes, a word is a word", "no, the numbers move a bit"),
            darker,
        ),
        "positions": (f"Take all positions away. {effect}", effects, no_positions),
        "attention": ("Switch attention off in every layer. Which rows can still know anything of the picture?", knows, no_attention),
        "mlp": (f"Switch the MLPs off in every layer. {effect}", effects, no_mlp),
        "classifier": (f"After the last block, which patch’s row {aim}?", (most, "another one"), similar_patch),
    }
    return {"cls": other, "layers": swap}.get(step) or Question(*asked[step], WHY[step])


WHY = {
    "input": "Attention compares every row with every other one, so a single layer reaches them all; a convolution would need many.",
    "patches": "Half the side cuts each row and each column of the picture into twice as many pieces: two times two.",
    "vocabulary": "An embedding is computed from the pixels, not looked up in a table: other pixels, other numbers.",
    "cls": "By the last block attention has mixed the rows, so a patch’s row may tell of the whole picture, not of its own pixels alone.",
    "positions": "Without them attention takes its rows as a heap: what is in a patch still counts, where it was no longer does.",
    "attention": "Attention is the only part in which a row reads others. LayerNorm and MLP work on each row alone.",
    "mlp": "Attention only mixes what the rows hold; the MLPs work on it. Later layers were trained on rows with what the MLPs add.",
    "layers": "Each block was trained on what the one before leaves. In another place it meets rows of a kind that it has never seen.",
    "classifier": "What a patch’s row holds at the end need not be about its own pixels, and what is read most need not decide most.",
}
"""Why the answers are what they are; the model's run says what they are."""


@st.fragment
def section(selection: Selection, trace: ViTTrace, step: str) -> None:
    """The question of the open step. Choosing an answer runs the model, marks the choice, and says what happens and why."""
    question = question_of(trace, step)
    with st.container(border=True):
        choice = st.radio(
            f"**Before you go on.** {question.text}", question.options, index=None, horizontal=True, key=f"walkthrough question {step}"
        )
        if choice is None:
            st.caption(f"Choose first; then the model is run and answers. {score()}")
            return
        with torch.inference_mode():
            right, found = question.answer(trace, selection)
        st.markdown(f"{marked(step, question.options.index(choice) == right, question.options[right])} {found} {question.why}")
        st.caption(score())


def marked(step: str, right: bool, answer: str) -> str:
    """Right or wrong, by sign, word and colour. The first answer of a step is the one that counts in the score."""
    st.session_state.setdefault(SCORE, {}).setdefault(step, right)
    return "**:green[✓ Right.]**" if right else f"**:red[✗ Not so.]** It is: **{answer}**."


def score() -> str:
    """How many first answers were right; nothing before the first."""
    given = st.session_state.get(SCORE, {})
    return f"Score: {sum(given.values())} of {len(given)} right at the first answer." if given else ""
