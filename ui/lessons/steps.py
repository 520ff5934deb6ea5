"""The steps of the lessons: a prepared view, a question, what to look for, and the answer, read from the running model's tensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from vit_core import analysis, cost
from vit_core.readout import Answer, readout
from vit_core.study.effect import Followed
from vit_core.study.perturbation import attention_on_patches, covered_values
from vit_core.study.position_experiments import position_edits
from vit_core.trace import ViTTrace


@dataclass(frozen=True, eq=False)
class Seen:
    """What the steps look at: a trace, the head that it is opened with, and the model's name in a link. `other` is another patch size that
    divides the picture, or None where there is none."""

    trace: ViTTrace
    layer: int
    head: int
    model: str
    other: int | None

    @property
    def token(self) -> int:
        """The token that is followed: the first, which is [CLS] where there is one."""
        return 0

    @property
    def patch(self) -> int:
        """The patch in the middle of the picture, from 0."""
        rows, cols = self.trace.layout.grid
        return rows // 2 * cols + cols // 2

    @cached_property
    def looked_at(self) -> int:
        """The patch that whoever reads the answer looks at most in the last layer, from 0."""
        return int(attention_on_patches(self.trace, self.trace.depth - 1).argmax())

    def place(self, patch: int) -> str:
        """Where a patch is, as the pages call it."""
        layout = self.trace.layout
        return layout.name(layout.num_prefix_tokens + patch)


@dataclass(frozen=True)
class Told:
    """A step in words. `changes`: what of the selection its view sets; `view`: what of its page's components."""

    question: str
    look: str
    answer: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    view: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A step of a lesson: its page, its title, and what is told of what is seen; None where the model has nothing to show."""

    slug: str
    title: str
    tell: Callable[[Seen], Told | None]


def said(trace: ViTTrace) -> str:
    """The answer of a trace in a few words."""
    found = Answer.of(trace, 1)
    return f"{found.top[0].name}, {100 * found.top[0].probability:.1f}%" if found.top else found.short


def first_look(seen: Seen) -> Told:
    answer = Answer.of(seen.trace, 2)
    named = "; then ".join(f"{one.name}, {100 * one.probability:.1f}%" for one in answer.top)
    return Told(
        "What does the model say is in the picture, and how sure is it?",
        "Let the story play once, then compare the answer at its end with what you see yourself.",
        f"{named}." if named else f"It has no classifier, so it names nothing: it gives {answer.short}.",
    )


def the_cut(seen: Seen) -> Told:
    layout, size = seen.trace.layout, seen.trace.patch_size
    rows, cols = layout.grid
    chans = seen.trace.config.in_chans
    return Told(
        "Into how many patches is the picture cut, and how many numbers is one of them?",
        "Count a row and a column, then point at a patch and count its pixels; each has a number for every colour.",
        f"{rows} × {cols} = {layout.num_patches} patches of {size} × {size} pixels; a patch is {size} × {size} × {chans} = "
        f"{size * size * chans} numbers.",
    )


def another_cut(seen: Seen) -> Told | None:
    if seen.other is None:
        return None
    trace = seen.trace
    other = trace.model(trace.images, seen.other)
    larger = "larger" if seen.other > trace.patch_size else "smaller"
    return Told(
        f"Cut the same picture into {larger} patches, {seen.other} pixels a side. What does the same model say now?",
        "The weights stay as they are; the first matrix is resized. Compare the number of patches, and the answer.",
        f"{trace.layout.num_patches} patches of {trace.patch_size} px: {said(trace)}. "
        f"{other.layout.num_patches} patches of {seen.other} px: {said(other)}.",
        {"patch_size": seen.other},
    )


def one_number(seen: Seen) -> Told:
    trace, values = seen.trace, seen.trace.patches.shape[-1]
    return Told(
        "How many numbers go in for one patch, how many come out, and what is the first of these?",
        "Point at the terms: each is a pixel’s value times a weight. Their sum, and one number more, is what comes out.",
        f"{values} go in and {trace.config.embed_dim} come out, each a sum of {values} products. Of the patch in {seen.place(seen.patch)} "
        f"the first is {float(trace.patch_embeddings[0, seen.patch, 0]):.4g}.".replace("-", "−"),
        {"token": trace.layout.num_prefix_tokens + seen.patch},
        {"patch_embedding": {"dim": 0}},
    )


def no_places(seen: Seen) -> Told:
    trace = seen.trace
    zeroed = trace.model(trace.images, trace.patch_size, position_edits(trace.config, trace.layout.grid)["zeroed"])
    return Told(
        "Every position is set to zero: no patch knows any more where it stands. What does the model still say?",
        "The picture’s patches are all there, in the same order. Compare the two answers, and try the other ways to break positions.",
        f"With its positions: {said(trace)}. Without: {said(zeroed)}.",
        view={"positional_encoding_break": {"broken": "zeroed"}},
    )


def strongest(seen: Seen) -> Told:
    trace, layout = seen.trace, seen.trace.layout
    row = trace.attn_weights(seen.layer, seen.token)[0, seen.head, 0]
    key = int(row.argmax())
    who = layout.name(seen.token)
    return Told(
        f"Where does {who} look most in layer {seen.layer + 1}, head {seen.head + 1}?",
        "The map shows one row of the attention matrix. Try other heads: which look at the same thing, which at nothing in particular?",
        f"At {layout.name(key)}, with {100 * float(row[key]):.2f}% of its attention; shared evenly, each of the {layout.num_tokens} tokens "
        f"would get {100 / layout.num_tokens:.2f}%.",
        {"layer": seen.layer, "head": seen.head, "token": seen.token},
    )


def the_matrix(seen: Seen) -> Told:
    trace, tokens = seen.trace, seen.trace.layout.num_tokens
    heads, depth = trace.config.num_heads, trace.depth
    total = float(trace.attn_weights(seen.layer, seen.token)[0, seen.head, 0].double().sum())
    return Told(
        "How many weights does one head have, how many the whole model, and what does a row add up to?",
        "Every token asks every token: find the row of one patch in the matrix, and where it is bright.",
        f"{tokens} × {tokens} = {tokens**2:,} in a head; {depth} layers of {heads} heads have {depth * heads * tokens**2:,}. "
        f"A row adds up to {total:.4f}.",
        {"layer": seen.layer, "head": seen.head, "token": seen.token},
        {"attention": {"tab": "matrix"}},
    )


def near_and_far(seen: Seen) -> Told:
    trace = seen.trace
    reach = analysis.attention_distance(trace).nanmean(dim=1)
    first, last = float(reach[0]), float(reach[-1])
    return Told(
        f"Does a patch look further in layer 1 or in layer {trace.depth}?",
        "Point at a patch and compare the heads of the two layers. Do all heads of a layer do the same?",
        f"In layer 1 it looks {first:.1f} pixels away, in layer {trace.depth} {last:.1f}, the mean over patches and heads: further "
        f"in the {'last' if last > first else 'first'}.",
        {"layer": 0, "head": 0, "token": trace.layout.num_prefix_tokens + seen.patch},
    )


def growing_answer(seen: Seen) -> Told | None:
    trace = seen.trace
    if not trace.config.num_classes:
        return None
    best, name = analysis.logit_lens(trace)[:, 0].argmax(dim=-1), readout(trace.config).lead.name
    differs = (best != best[-1]).nonzero()
    since, answer = int(differs[-1]) + 1 if len(differs) else 0, Answer.of(trace, 1).top[0].name
    return Told(
        f"{name[0].upper()}{name[1:]} is read after every layer, as if it were the last. From which layer on is the answer there?",
        "Watch the probability of the answer grow from layer to layer, and what the model would have said before.",
        f"From layer {since} on the likeliest is {answer}." if since else f"Before the first layer the likeliest is {answer} already.",
        view={"walkthrough": {"step": 8}},
    )


def all_classes(seen: Seen) -> Told | None:
    trace = seen.trace
    if not trace.config.num_classes:
        return None
    shares = trace.probs[0].double().sort(descending=True).values
    few = int((shares.cumsum(dim=0) < 0.9).sum()) + 1
    return Told(
        "What do the probabilities of all classes add up to, and how many classes hold nine tenths of it?",
        "The model always says something: the probabilities are shared out among the names that it knows, whatever the picture.",
        f"They add up to {float(shares.sum()):.4f}. Of the {len(shares):,} classes, {few:,} hold nine tenths.",
        view={"walkthrough": {"step": 9}},
    )


def covering(seen: Seen) -> Told:
    trace = seen.trace
    lead, followed = readout(trace.config).lead, Followed.of(trace)
    left = float(next(covered_values(trace, followed, [torch.tensor([seen.looked_at])]))[0])
    where = seen.place(seen.looked_at)
    change = (
        f"{Answer.of(trace, 1).top[0].name} goes from {100 * followed.value:.1f}% to {100 * left:.1f}%"
        if followed.label is not None
        else f"the cosine to the features of the whole picture is {left:.4f}"
    )
    return Told(
        f"Cover the patch that {lead.on_average} {lead.does('looks', 'look')} at most in the last layer. How much of the answer is left?",
        "Is the patch that gets the attention also the one that the answer depends on most? Compare the two maps.",
        f"That is the patch in {where}. With it covered, {change}.",
        {"token": trace.layout.num_prefix_tokens + seen.looked_at},
    )


def doubled(seen: Seen) -> Told:
    trace, (height, width), before = seen.trace, seen.trace.image_size, seen.trace.layout.num_tokens
    after = trace.layout.num_prefix_tokens + 4 * trace.layout.num_patches
    return Told(
        "Double the resolution. What becomes of the number of tokens, and of the attention weights?",
        "Drag the resolution and watch the orange part: it grows faster than all others.",
        f"At {height} × {width} there are {before:,} tokens and {before**2:,} weights in a head; at {2 * height} × {2 * width} there are "
        f"{after:,} and {after**2:,}, {after**2 / before**2:.1f} times as many.",
        view={"memory_scaling": {"mem": {"m": seen.model, "r": 2 * height, "p": trace.patch_size, "b": 1, "t": 0}}},
    )


def where_parameters_are(seen: Seen) -> Told:
    config = seen.trace.config
    count = cost.parameters(config)
    mlp, attention = config.depth * count.block.mlp, config.depth * (count.block.qkv + count.block.projection)
    return Told(
        "Which part of a Vision Transformer holds most of its parameters?",
        "Compare the bars of a small and a large model. Which part grows, which hardly does?",
        f"In the model that runs here, of {count.total:,}: the MLPs {100 * mlp / count.total:.1f}%, attention "
        f"{100 * attention / count.total:.1f}%, all the rest {100 * (count.total - mlp - attention) / count.total:.1f}%.",
    )


STEPS = {
    "first_look": Step("overview", "A first look", first_look),
    "the_cut": Step("patch_grid", "The picture is cut", the_cut),
    "another_cut": Step("patch_grid", "Another cut", another_cut),
    "one_number": Step("patch_embedding", "A patch becomes numbers", one_number),
    "no_places": Step("positional_encoding", "Where things are", no_places),
    "strongest": Step("attention", "Where a head looks", strongest),
    "the_matrix": Step("attention", "Everyone asks everyone", the_matrix),
    "near_and_far": Step("attention", "Near and far", near_and_far),
    "growing_answer": Step("walkthrough", "The answer grows", growing_answer),
    "all_classes": Step("walkthrough", "What the answer is made of", all_classes),
    "covering": Step("experiments", "What the answer depends on", covering),
    "doubled": Step("memory_scaling", "The price of looking closer", doubled),
    "where_parameters_are": Step("model_variants", "Where the parameters are", where_parameters_are),
}
