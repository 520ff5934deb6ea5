"""The answers of the lessons, computed again from the model's file."""

from collections.abc import Iterator

import numpy as np

from tests.support.recount.forward64 import pixels, places_at, run
from tests.support.recount.model_pages import SIDE, own_sizes, ranked
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Visit


def answers(visit: Visit) -> Iterator[Shown]:
    """All steps of the plan for oneself, their answers open."""
    visit.tab.get_by_role("button", name="Open all answers").click()
    f, read, net = visit.truth.at(), visit.read, visit.truth.net
    picture, best = pixels("coffee", 224, net), int(f.probs.argmax())
    yield from read.take("how sure is it? … What the model says … #%; then … #%.", [100 * p for p in ranked(f.probs, 2)])
    yield from read.take("# × # = # patches of # × # pixels; a patch is # × # × # = # numbers", 14, 14, 196, 16, 16, 16, 16, 3, 768)
    other = visit.truth.at(224, 32).probs.max()
    yield from read.take("# patches of # px: … #%. # patches of # px: … #%", 196, 16, 100 * f.probs.max(), 49, 32, 100 * other)
    middle = SIDE // 2 * SIDE + SIDE // 2
    wide = f.matrix.shape[1]
    embedded = f.embedded[middle, 0]
    yield from read.take("# go in and # come out, each a sum of # … the first is #", 768, wide, 768, embedded)
    table = places_at(net, SIDE)
    zeroed = run(net, picture, 16, np.concatenate([table[:1], np.zeros_like(table[1:])]))
    yield from read.take("With its positions: … #%. Without: … #%", 100 * f.probs.max(), 100 * zeroed.probs.max())
    layer, head = (int(text) for text in read.find("look most in layer #, head #"))
    row = f.attention[layer - 1][head - 1, 0]
    yield from read.take("with #% of its attention; shared evenly, each of the # tokens would get #%", 100 * row.max(), 197, 100 / 197)
    yield from read.take("# × # = # in a head; # layers of # heads have #. A row adds up to #", *weights(len(f.attention), 12), row.sum())
    near, far = (reach(f.attention[at]) for at in (0, -1))
    yield from read.take("In layer 1 it looks # pixels away, in layer 12 #", near, far)
    first = [int(f.answer(stage[0]).argmax()) == best for stage in f.stream]
    yield from read.take("From layer # on the likeliest is", len(first) - first[::-1].index(False))
    shares = ranked(f.probs, len(f.probs))
    few = 1 + int((np.cumsum(shares) < 0.9).sum())
    yield from read.take("They add up to #. Of the # classes, # hold nine tenths", sum(shares), len(shares), few)
    most = int(f.attention[-1].mean(axis=0)[0, 1:].argmax())
    covered, (down, across) = picture.copy(), divmod(most, SIDE)
    covered[16 * down : 16 * down + 16, 16 * across : 16 * across + 16] = picture.mean(axis=(0, 1))
    words = "the patch in row #, column #. With it covered, … goes from #% to #%"
    yield from read.take(words, down + 1, across + 1, 100 * f.probs.max(), 100 * run(net, covered, 16).probs[best])
    yield from read.take("there are # tokens and # weights in a head", 197, 197**2)
    yield from read.take("there are # and #, # times as many", 785, 785**2, 785**2 / 197**2)
    s = own_sizes(net, 16)
    mlps, heads, total = s.layers * s.mlp(), s.layers * s.attention(), s.parameters()
    parts = [100 * part / total for part in (mlps, heads, total - mlps - heads)]
    yield from read.take("of #: the MLPs #%, attention #%, all the rest #%", total, *parts)


def weights(layers: int, heads: int) -> list[int]:
    """How many attention weights there are."""
    return [197, 197, 197**2, layers, heads, layers * heads * 197**2]


def reach(attention: np.ndarray) -> float:
    """How far patches look on average, in pixels: the weights on patches scaled to sum to 1, then the mean over patches and heads."""
    places = np.stack(np.divmod(np.arange(SIDE * SIDE), SIDE), axis=1) * 16.0
    apart = np.linalg.norm(places[:, None] - places[None], axis=-1)
    on_patches = attention[:, 1:, 1:]
    return float(((on_patches * apart).sum(axis=-1) / on_patches.sum(axis=-1)).mean())
