"""The numbers of the walkthrough's steps, recomputed from the model's file."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import numpy as np

from tests.support.recount.forward64 import gelu, norm
from tests.support.recount.model_pages import SIDE, cosine, length, ranked
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Visit

OF_PATCHES = (2, 3, 5)
"""Steps that look at one patch: the link chooses it."""


def chosen(visit: Visit) -> int:
    """The patch that the link chooses, from 1."""
    return int(parse_qs(urlsplit(visit.tab.url).query)["token"][0])


def whole_path(visit: Visit) -> Iterator[Shown]:
    """What stands above every step."""
    f = visit.truth.at()
    wide, hidden, heads, depth = f.matrix.shape[1], f.hidden[0].shape[1], len(f.attention[0]), len(f.attention)
    first = "Picture…#×#×#…Patches…#×#…Embedding…#×#…+ [CLS]…#×#…+ positions…#×#"
    yield from visit.read.take(first, 224, 224, 3, 196, 768, 196, wide, 197, wide, 197, wide)
    then = "Attention…# × #×#…MLP…#×#…× # blocks…#×#…Classifier…#%"
    yield from visit.read.take(then, heads, 197, 197, 197, hidden, depth, 197, wide, 100 * f.probs.max())


def step1(visit: Visit) -> Iterator[Shown]:
    f, read = visit.truth.at(), visit.read
    layers = int(read.find("A convolutional network, # layers")[0])
    side, looks = 2 * layers + 1, f.attention[0].mean(axis=0)[0]
    yield from read.take("side of the square # px share of the picture #%", side, 100 * side**2 / 224**2)
    yield from read.take("centre sees all # layers: corner sees all # attention reads all #", 112, 223, 196)
    yield from read.take("its smallest weight # its largest weight #", looks[1:].min(), looks[1:].max())
    yield from read.take(r"r_l = 1 + 2l,\qquad r_{#} = # \ge #", 112, 225, 224)


def step2(visit: Visit) -> Iterator[Shown]:
    f, seen, patch = visit.truth.at(), visit.truth.levels(), chosen(visit)
    top, left = (16 * place for place in divmod(patch - 1, SIDE))
    for down, across in visit.cells(16, 4):
        read = visit.hover(f"Patch {patch}, enlarged", (16, 16), down, across)
        start = 3 * (16 * down + across)
        numbers = f.rows[patch - 1, start : start + 3]
        words = "row, column #, # levels 0 to 255 #, #, # numbers in the line # to # red, as read # green, as read # blue, as read #"
        yield from read.take(words, down + 1, across + 1, seen[top + down, left + across], start + 1, start + 3, numbers)
    yield from visit.read.take(r"= 16^2\cdot 3 = # | H W C = # = N\cdot P^2 C = #\cdot #", 768, 150528, 196, 768)


def step3(visit: Visit) -> Iterator[Shown]:
    f, read, w, at = visit.truth.at(), visit.read, visit.truth.net.w, chosen(visit) - 1
    alike = [cosine(f.embedded[at], other) for place, other in enumerate(f.embedded) if place != at]
    yield from read.take("the most similar embedding, and the cosine: # # # # #", ranked(np.array(alike), 5))
    terms, bias = f.rows[at] * f.matrix[:, 0], w["patch_embed.proj.bias"][0]
    largest = np.argsort(-np.abs(terms))[:4]
    for place in largest:
        yield from read.take(f"no. {place + 1}: # × # = #", f.rows[at, place], f.matrix[place, 0], terms[place])
    total = terms.sum() + bias
    yield from read.take("Sum # + bias # = #; the model holds #", terms.sum(), bias, total, total)
    learned = w["patch_embed.proj.weight"].size + w["patch_embed.proj.bias"].size
    yield from read.take("different patches here # of # … learned numbers #", len(np.unique(f.rows, axis=0)), 196, learned)
    yield from read.take("its length #", length(f.embedded[at]))


def step4(visit: Visit) -> Iterator[Shown]:
    f, read = visit.truth.at(), visit.read
    start, end, looks = visit.truth.net.w["cls_token"][0, 0], f.stream[-1][0], f.attention[-1].mean(axis=0)[0]
    yield from read.take("the same for every picture number 1: # …, for this picture number 1: #", start[0], end[0])
    facts = "length # cosine with its start # keeps for itself # largest share #"
    yield from read.take(facts, length(end), cosine(end, f.stream[0][0]), looks[0], looks.max())
    yield from read.take(r"\lVert z^0_0\rVert = #,\quad \lVert z^0_{12}\rVert = #", length(f.stream[0][0]), length(end))


def step5(visit: Visit) -> Iterator[Shown]:
    f, read, patch = visit.truth.at(), visit.read, chosen(visit)
    what, where = f.embedded[patch - 1], f.places[patch]
    total = what + where
    yield from read.take("embedding number 1: # + where: … number 1: # = … number 1: #", what[0], where[0], total[0])
    alike = np.array([cosine(where, other) if place != patch else -1 for place, other in enumerate(f.places)][1:])
    best = int(alike.argmax())
    facts = "length of what # length of where # length of the sum # most similar place row #, col # their cosine #"
    place = (best // SIDE + 1, best % SIDE + 1, alike[best])
    yield from read.take(facts, length(what), length(where), length(total), *place)
    yield from read.take("Number 1: # + # = #; the model holds #", what[0], where[0], total[0], total[0])


def step6(visit: Visit) -> Iterator[Shown]:
    f, read = visit.truth.at(), visit.read
    layer, _, one, _ = (int(text) - 1 for text in read.find("Layer #/# Head #/#"))
    row, q, k = f.attention[layer][one, 0], f.q[layer][one], f.k[layer][one]
    key = int(row.argmax())
    products = q[0] * k[key]
    scaled = products.sum() / np.sqrt(q.shape[1])
    facts = "score # after ÷ √# # weight # weight of [CLS] # sum of the row #"
    yield from read.take(facts, products.sum(), q.shape[1], scaled, row[key], row[0], 1)
    for place in np.argsort(-np.abs(products))[:4]:
        yield from read.take(f"no. {place + 1}: # × # = #", q[0, place], k[key, place], products[place])
    yield from read.take("Sum # ÷ √#, exp, ÷ # (the row’s sum) = #", products.sum(), q.shape[1], f.sums[layer][one, 0], row[key])
    wide = f.matrix.shape[1]
    yield from read.take("4D^2 + 4D = #", 4 * wide**2 + 4 * wide)


def step7(visit: Visit) -> Iterator[Shown]:
    f, read, net = visit.truth.at(), visit.read, visit.truth.net
    layer = int(read.find("Layer #/# token")[0]) - 1
    before = f.hidden[layer][0]
    after = gelu(before, net.says["act"])
    order = np.argsort(-after)
    words = "before GELU # after # neurons above 0.1 # of # before: below 0 # of #"
    true = (before[order[0]], after[order[0]], (after > 0.1).sum(), len(after), (before < 0).sum(), len(after))
    yield from read.take(words, *true)
    for neuron in order[:8]:
        yield from read.take(f"Most active neurons of this token… {neuron + 1} #", after[neuron])
    into = norm(f.middle[layer][0], net, f"blocks.{layer}.norm2")
    weights, bias = net.w[f"blocks.{layer}.mlp.fc1.weight"][order[0]], net.w[f"blocks.{layer}.mlp.fc1.bias"][order[0]]
    products = into * weights
    for place in np.argsort(-np.abs(products))[:4]:
        yield from read.take(f"no. {place + 1}: # × # = #", into[place], weights[place], products[place])
    yield from read.take("Sum # + bias # = #; the model holds #", products.sum(), bias, before[order[0]], before[order[0]])


def step8(visit: Visit) -> Iterator[Shown]:
    f, read = visit.truth.at(), visit.read
    last = len(f.attention)
    adds = [length(f.middle[-1][0] - f.stream[-2][0]), length(f.stream[-1][0] - f.middle[-1][0])]
    yield from read.take("token [CLS] length # … attention adds # MLP adds #", length(f.stream[-1][0]), *adds)
    for layer in range(last + 1):
        row = f"after {layer}" if layer else "fifth embedded"
        yield from read.take(f"{row}" + " … #" * 5, ranked(f.answer(f.stream[layer][0]), 5))
    yield from read.take(r"\lVert z\rVert = #,", length(f.stream[-2][0]))


def step9(visit: Visit) -> Iterator[Shown]:
    f, read, net = visit.truth.at(), visit.read, visit.truth.net
    best, said = int(f.logits.argmax()), norm(f.stream[-1][0], net, "norm")
    weights, bias = net.w["head.weight"][best], net.w["head.bias"][best]
    words = "after the last block number 1: # normalised number 1: # the row of … in the classifier number 1: #"
    yield from read.take(words, f.stream[-1][0][0], said[0], weights[0])
    products = said * weights
    for place in np.argsort(-np.abs(products))[:4]:
        yield from read.take(f"no. {place + 1}: # × # = #", said[place], weights[place], products[place])
    yield from read.take("Sum # + bias # = #; the model holds #", products.sum(), bias, f.logits[best], f.logits[best])
    order = np.argsort(-f.logits)[:8]
    pairs = [value for i in order for value in (f.logits[i], f.probs[i])]
    yield from read.take("Temperature #, calibrated" + " … logit # #" * 8, net.says["temperature"], pairs)
    bare = f.stream[-1][0] @ net.w["head.weight"].T + net.w["head.bias"]
    slip = np.exp((bare - bare.max()) / net.says["temperature"])
    yield from read.take("the classifier would say … with #.", slip.max() / slip.sum())


STEPS: tuple[Callable[[Visit], Iterator[Shown]], ...] = (step1, step2, step3, step4, step5, step6, step7, step8, step9)
