"""Who reads the answer: rows as the forward pass really reads them, one vocabulary for all pages, and no kind that is forgotten."""

from itertools import product
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from tests.support.models.small import PLAIN, VARIANTS, pictures, small_model
from tests.support.payload import unpack
from ui.attention import page as attention
from ui.choosing import payload as choosing
from ui.compare import payload as compare
from ui.experiments import payload as experiments
from ui.kit.payload import layout_facts
from ui.overview import explained as overview
from ui.overview import payload as overview_payload
from ui.practice import formulas as practice
from ui.shell import about
from ui.walkthrough import checks, questions
from ui.walkthrough import payload as steps
from ui.walkthrough import words as walkthrough
from vit_core.analysis import reader_attention, reader_rollout, rollout
from vit_core.checkpoints import with_weights
from vit_core.config import ViTConfig
from vit_core.readout import (
    CLASS_TOKEN,
    DISTILLATION_TOKEN,
    PATCHES,
    Answer,
    Readout,
    class_names,
    features,
    head_matrix,
    head_on,
    lead_rows,
    lead_start,
    likeliest,
    prefix_words,
    readout,
    shortened,
    whole_names,
    without_norm,
)
from vit_core.study.perturbation import attention_on_patches

POOLS = get_args(ViTConfig.__dataclass_fields__["pool"].type)


def kinds() -> dict[str, dict]:
    """Every kind of model that may be: pooling, tokens in front, where the norm stands, with a head and without."""
    found = {}
    tokens = product(POOLS, (True, False), (True, False), (0, 2))
    for (pool, classed, distilled, registers), norm, classes in product(tokens, ("before_pool", "after_pool"), (5, 0)):
        if norm == "after_pool" and registers:
            continue
        changes = {"pool": pool, "class_token": classed, "distill_token": distilled, "num_registers": registers}
        changes |= {"norm_position": norm, "num_classes": classes}
        try:
            PLAIN.replace(**changes)
        except ValueError:
            continue
        found[", ".join(f"{value}" for value in changes.values())] = changes
    return found | {name: changes for name, changes in VARIANTS.items() if name not in found}


KINDS = kinds()
WORDS = {
    "cls": ("[CLS]", "[CLS]", "[CLS]"),
    "cls_dist": ("[CLS] and [DIST], averaged", "[CLS]", "[CLS]"),
    "cls_mean": ("[CLS] beside the mean of the patches", "[CLS]", "[CLS]"),
    "mean": ("the mean of the patches", "the mean of the patches", "the patches"),
}
"""For each pooling: all that is read, its leading vector, and who attends."""


@pytest.fixture(params=KINDS)
def trace(request):
    return small_model(depth=2, **KINDS[request.param])(pictures(1))


def test_every_pooling_has_its_words():
    assert set(WORDS) == set(POOLS) == {changes.get("pool", "cls") for changes in KINDS.values()}
    for pool, words in WORDS.items():
        read = readout(PLAIN.replace(pool=pool, distill_token=pool == "cls_dist"))
        assert (read.name, read.lead.name, read.lead.who) == words


def test_the_rows_are_those_that_the_forward_pass_reads(trace):
    rows = readout(trace.config).rows(trace.layout)
    last = trace.resid(trace.depth)
    for token in range(trace.layout.num_tokens):
        changed = last.clone()
        changed[0, token] += torch.linspace(-1, 1, changed.shape[-1])
        same = torch.equal(trace.model.read_out(changed, trace.layout)[1], trace.logits)
        assert same == (token not in rows), trace.layout.name(token)


def test_the_vectors_are_those_that_the_head_is_given(trace):
    config, read = trace.config, readout(trace.config)
    pooled = trace.pooled.reshape(1, config.num_pooled, -1)
    assert len(read.readers) == config.num_pooled
    for vector, reader in zip(pooled[0], read.readers, strict=True):
        after = reader is PATCHES and config.norm_position == "after_pool"
        rows = trace.model.norm(trace.resid(trace.depth)) if after else trace.norm_out
        of_rows = reader.of(rows[0], trace.layout)
        assert_close(vector, trace.model.fc_norm(of_rows) if after else of_rows)


def test_a_head_on_its_own_row_gives_the_logits(trace):
    config = trace.config
    if not config.num_classes:
        with pytest.raises(ValueError, match="has no head"):
            head_matrix(trace)
        assert likeliest(config, trace.logits[0], 3) == [] == Answer.of(trace, 3).top
        return
    weight, bias = head_matrix(trace)
    assert_close(features(trace) @ weight.T + bias, trace.logits[0], atol=1e-5, rtol=1e-5)
    lead = trace.pooled.reshape(config.num_pooled, -1)[:1]
    assert_close(head_on(trace, lead), trace.logits, atol=1e-5, rtol=1e-5)
    assert Answer.of(trace, 3).top == likeliest(config, trace.logits[0], 3)
    assert [(found.whole, found.probability) for found in Answer.of(trace, 3).top] == trace.top_k(3)
    assert float(without_norm(trace).sum()) == pytest.approx(1, abs=1e-5)


def test_what_reads_the_answer_is_followed(trace):
    layout, lead = trace.layout, readout(trace.config).lead
    rows = [layout.cls] if lead is CLASS_TOKEN else list(range(layout.num_prefix_tokens, layout.num_tokens))
    assert_close(lead_rows(trace), torch.stack([trace.resid(at)[0, rows].mean(0) for at in range(3)]))
    expected = trace.patch_embeddings[0].mean(0) if lead is PATCHES else trace.model.cls_token[0, 0]
    assert_close(lead_start(trace), expected)
    assert_close(reader_attention(trace, 1)[0], trace.attn_weights(1)[0, :, rows].mean(1))
    assert_close(reader_rollout(trace), rollout(trace)[:, rows].mean(1))
    assert_close(attention_on_patches(trace, 1), trace.attn_weights(1)[0, :, rows].mean((0, 1))[layout.patches])


def said_by(texts) -> str:
    return " ".join(str(text) for text in texts)


def pages_that_tell_what_is_read(trace) -> dict[str, str]:
    """What the pages say of all that the answer is read off."""
    head = {step["slug"]: step for step in walkthrough.words(trace)}["classifier"]
    return {
        "the card": dict(about.facts(trace.config))["reads the answer from"],
        "overview": overview.head(trace)[0],
        "walkthrough": head["look"],
    }


def test_every_page_says_the_same_of_what_is_read(trace):
    read = readout(trace.config)
    pages = pages_that_tell_what_is_read(trace)
    others = {CLASS_TOKEN, DISTILLATION_TOKEN, PATCHES} - set(read.readers)
    for page, text in pages.items():
        for reader in read.readers:
            assert reader.name.lower() in text.lower(), (page, text)
        for reader in others:
            assert reader.name.lower() not in text.lower(), (page, text)
    assert pages["the card"] == read.name == WORDS[trace.config.pool][0]


def test_every_page_follows_the_same_reader(trace, monkeypatch):
    """The picture on every page shows the attention of one and the same reader, and names it in the same words."""
    config, layout, lead = trace.config, trace.layout, readout(trace.config).lead
    monkeypatch.setattr(overview_payload, "stage_links", dict)
    shown = Image.fromarray(np.zeros((16, 16, 3), np.uint8))
    facts, arrays = unpack(overview_payload.stage(SimpleNamespace(trace=trace, shown=shown)))
    by_layer = torch.stack([reader_attention(trace, layer)[0].mean(0) for layer in range(trace.depth)])
    assert_close(torch.tensor(arrays["looks"]), by_layer)
    assert_close(torch.tensor(choosing.looks(trace)).mean(0), by_layer[-1, layout.patches])
    assert_close(attention_on_patches(trace, trace.depth - 1), by_layer[-1, layout.patches])
    name, who = WORDS[config.pool][1:]
    for told in (facts["reader"], layout_facts(trace)["reader"]):
        assert (told["name"], told["who"], told["several"]) == (name, who, lead is PATCHES)
        assert told["onAverage"] == (f"{who}, on average," if lead is PATCHES else who)
    assert f"cover the patches that {told['onAverage']} attend" in attention.importance_words(trace)
    side = compare.side_facts(SimpleNamespace(trace=trace))
    assert (side["reader"], side["short"]) == (told, Answer.of(trace, 1).short)
    dropped = practice.of_tokens(SimpleNamespace(method="drop", per_layer=1), trace)
    assert f"The patches that {told['onAverage']} attend" in said_by(text for text, _ in dropped)
    asked = said_by(str(questions.question_of(trace, step)) for step in walkthrough.SLUGS)
    assert f"the one {who} read most" in asked
    assert {check.name.split(" of ", 1)[1] for check in checks.cls(trace, None)} == {f"{name} after the last block"}


def test_a_kind_that_is_forgotten_raises():
    config = PLAIN.replace()
    object.__setattr__(config, "pool", "map")
    with pytest.raises(ValueError, match='Who reads the answer is not known for `pool` "map"'):
        readout(config)
    model = small_model()
    object.__setattr__(model.config, "pool", "map")
    with pytest.raises(ValueError, match='Who reads the answer is not known for `pool` "map"'):
        model(pictures(1))
    with pytest.raises(ValueError, match="no words for two head over 1 vectors"):
        Readout(CLASS_TOKEN, None, "two").name  # noqa: B018 (the words are what raises)
    with pytest.raises(ValueError, match=r"read off \[DIST\], but the sequence has no such token"):
        DISTILLATION_TOKEN.rows(PLAIN.layout((4, 4)))


def test_names_of_classes_and_of_tokens_in_front():
    assert class_names(PLAIN) == ("class 0", "class 1", "class 2", "class 3", "class 4")
    assert class_names(PLAIN.replace(labels=tuple("abcde"))) == tuple("abcde") == whole_names(PLAIN.replace(labels=tuple("abcde")))
    layout = PLAIN.replace(distill_token=True, num_registers=4).layout((4, 4))
    assert prefix_words(layout) == "[CLS] + [DIST] + 4 registers"
    assert prefix_words(PLAIN.replace(num_registers=1).layout((4, 4))) == "[CLS] + 1 register"
    assert prefix_words(PLAIN.replace(class_token=False, pool="mean").layout((4, 4))) == ""


MANY_NAMES = ("tabby, tabby cat", "crane", "crane", "maillot, tank suit", "maillot")


def test_a_name_is_its_first_synonym_and_no_two_are_alike():
    assert shortened(MANY_NAMES) == ("tabby", "crane (class 1)", "crane (class 2)", "maillot, tank suit", "maillot")
    assert shortened(("house", ", a comma first")) == ("house", ", a comma first")


@pytest.mark.parametrize("picture", range(4))
def test_every_page_has_the_short_name_and_the_whole_one_for_hovering(monkeypatch, picture):
    config = PLAIN.replace(labels=MANY_NAMES)
    trace = with_weights(config, small_model().state_dict())(pictures(picture + 1)[picture:])
    best = trace.probs[0].argsort(descending=True).tolist()
    short, whole = ([names[i] for i in best] for names in (shortened(MANY_NAMES), MANY_NAMES))
    shown = SimpleNamespace(trace=trace, shown=Image.fromarray(np.zeros((16, 16, 3), np.uint8)))
    monkeypatch.setattr(overview_payload, "stage_links", dict)
    edited = experiments.edited(trace, [1], "zero", 0)[1]["answers"][0]
    rows = [
        [[row[0], row[-1]] for row in found]
        for found in (unpack(overview_payload.stage(shown))[0]["top"], compare.side_facts(shown)["top"], edited)
    ]
    walked = unpack(steps.base_payload(shown))[0]
    rows.append([list(pair) for pair in zip(walked["topNames"], walked["topWhole"], strict=True)])
    layers = unpack(steps.layers_payload(shown))[0]
    rows.append([list(pair) for pair in zip(layers["lensNames"][-1], layers["lensWhole"][-1], strict=True)])
    for found in rows:
        assert found == [list(pair) for pair in zip(short, whole, strict=True)]
    assert Answer.of(trace, 1).short.startswith(f"{short[0]} ") and trace.top_k(1)[0][0] == whole[0]
