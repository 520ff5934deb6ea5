"""The numbers of the pages that show the running model, recomputed from its file."""

import math
from collections.abc import Iterator

import numpy as np

from tests.support.explained64 import correlation
from tests.support.recount.closed64 import Sizes, sizes_of
from tests.support.recount.forward64 import Forward, Network, pixels, places_at, run
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Visit

SIDE = 14
GRID = (SIDE, SIDE)
CHANNELS = "RGB"


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def length(row: np.ndarray) -> float:
    return float(np.linalg.norm(row))


def ranked(values: np.ndarray, count: int) -> list[float]:
    """The largest values, in order."""
    return np.sort(values)[::-1][:count].tolist()


def own_sizes(net: Network, patch: int) -> Sizes:
    """The bundled model's sizes at a patch size; where its kernel is resized to it, that is work too."""
    said = net.says
    kernel = net.w["patch_embed.proj.weight"].shape[-1]
    resizing = 3 * said["embed_dim"] * kernel**2 * patch**2 * (kernel != patch)
    sizes = (said["depth"], said["embed_dim"], said["num_heads"], said["mlp_hidden"], said["num_classes"])
    return Sizes(patch, *sizes, side=said["pos_grid"][0], kernel=kernel, resizing=resizing)


def overview(visit: Visit) -> Iterator[Shown]:
    visit.tab.get_by_role("img", name="The picture in 14 by 14 patches").first.wait_for()
    f, read = visit.truth.at(), visit.read
    yield from read.take("What the model says" + " … #%" * 5, [100 * p for p in ranked(f.probs, 5)])
    looks = f.attention[-1].mean(axis=0)[0]
    facts = "with its position # after # blocks # [CLS] gives it #"
    yield from read.take(facts, length(f.stream[0][0]), len(f.attention), length(f.stream[-1][0]), looks[0])
    yield from read.take("It can only name # things", len(f.probs))
    yield from read.take("To it this one is # numbers", 3 * 224**2)
    for row, col in visit.cells(SIDE, 6):
        token = 1 + SIDE * row + col
        read = visit.hover("The picture in 14 by 14 patches", GRID, row, col)
        true = (length(f.embedded[token - 1]), length(f.stream[0][token]), len(f.attention), length(f.stream[-1][token]), looks[token])
        yield from read.take(f"row {row + 1}, col {col + 1}" + " … norm, embedded # " + facts, *true)
    wide = f.matrix.shape[1]
    yield from read.take(r"[#\times#]\cdot[#\times#] + [#] \to [#\times#]", 196, 768, 768, wide, wide, 196, wide)
    yield from read.take(r"+ b}{#}\right),\qquad", f.net.says["temperature"])
    yield from read.take(r"\qquad p_\text{…} = #", f.probs.max())


def patch_grid(visit: Visit) -> Iterator[Shown]:
    f, seen = visit.truth.at(), visit.truth.levels()
    read = visit.read
    row, col = (int(text) - 1 for text in read.find("row, column #, # patch"))
    number = SIDE * row + col
    yield from read.take("patch # of # index # ([CLS] is 0)", number + 1, 196, number + 1)
    yield from read.take("pixels down # … # pixels across # … #", 16 * row, 16 * row + 15, 16 * col, 16 * col + 15)
    yield from read.take("one patch # × # × # pixels in it # values in it # sequence # + # = #", 16, 16, 3, 256, 768, 1, 196, 197)
    for down, across in visit.cells(16, 8):
        read = visit.hover("by 16 pixels. Pixel at", (16, 16), down, across)
        levels = seen[16 * row + down, 16 * col + across]
        start = 3 * (16 * down + across)
        numbers = f.rows[number, start : start + 3]
        yield from read.take("pixel row #, col # R, G, B #, #, # the model reads #, #, #", down + 1, across + 1, levels, numbers)
    yield from read.take(r"= \frac{#}{#}\cdot\frac{#}{#} = #\cdot# = #", 224, 16, 224, 16, 14, 14, 196)
    yield from read.take(r"[#\times#\times3] \to [#\times#],\qquad # = #\cdot#", 224, 224, 196, 768, 150528, 196, 768)
    yield from read.take(r"= #\cdot# + # = #\quad", row, SIDE, col, number)
    yield from read.take(r"T = 1 + N = 1 + # = #,\qquad t = 1 + n = 1 + # = #", 196, 197, number, number + 1)


def patch_embedding(visit: Visit) -> Iterator[Shown]:
    f, read = visit.truth.at(), visit.read
    row, col, token = (int(text) for text in read.find("row #, col #, patch # of"))
    output = int(read.find("Output dimension #/")[0]) - 1
    number, bias = token - 1, f.net.w["patch_embed.proj.bias"][output]
    yield from read.take("row #, col #, patch # of #", number // SIDE + 1, number % SIDE + 1, SIDE * (row - 1) + col, 196)
    terms = f.rows[number] * f.matrix[:, output]
    yield from read.take("Σ x·w = #, + b (#) = # · in the model #", terms.sum(), bias, terms.sum() + bias, f.embedded[number, output])
    largest = np.argsort(-np.abs(terms))[:5]
    for place in largest:
        down, across, channel = place // 48 + 1, place // 3 % 16 + 1, CHANNELS[place % 3]
        words = f"row {down}, col {across}, {channel}: # × # = #"
        yield from read.take(words, f.rows[number, place], f.matrix[place, output], terms[place])
    back = (f.embedded[number] - f.net.w["patch_embed.proj.bias"]) @ np.linalg.pinv(f.matrix)
    spread = 255 * np.tile(np.array(f.net.says["preprocessing"]["std"]), 256)
    lost = math.sqrt((((f.rows[number] - back) * spread) ** 2).mean())
    facts = "E, this output # Σ x·w # b # largest term # norm of E # with its position # rebuilt, off by # levels"
    true = (terms.sum() + bias, terms.sum(), bias, terms[largest[0]], length(f.embedded[number]), length(f.stream[0][token]), lost)
    yield from read.take(facts, *true)
    for title, rows, own in (("as embedded", f.embedded, number), ("with positions added", f.stream[0][1:], number)):
        alike = np.array([cosine(rows[own], other) for other in rows])
        alike[own] = -2
        best = int(alike.argmax())
        where = f"{title} … most alike: row {best // SIDE + 1}, col {best % SIDE + 1}, #"
        yield from read.take(where, alike[best])
    wide = f.matrix.shape[1]
    yield from read.take(r"= #\cdot#\cdot# = #\ \text{MACs} = #\ \text{FLOPs}", 196, 768, wide, 196 * 768 * wide, 2 * 196 * 768 * wide)
    letter = f"{{{output + 1}}}"
    yield from read.take(f"E_{letter} = … b_{letter} = # + {'#' if bias >= 0 else '(#)'} = #", terms.sum(), bias, terms.sum() + bias)
    yield from calculator(visit)


def calculator(visit: Visit) -> Iterator[Shown]:
    """The calculator's table, for its own sizes."""
    read = visit.read
    size, patch, wide = (int(text) for text in read.find("Resolution # px Patch # px Width D #"))
    count, long = (size // patch) ** 2, 3 * patch**2
    learned, work = long * wide + wide, count * long * wide
    yield from read.take("Patches N (H / P)² (# / #)² = #² #", size, patch, size // patch, count)
    yield from read.take("W P² C × D # × # # b D # #", long, wide, long * wide, wide, wide)
    yield from read.take("P² C · D + D # · # + # # MACs", long, wide, wide, learned)
    yield from read.take("N · P² C · D # · # · # # FLOPs 2 · MACs 2 · # #", count, long, wide, work, work, 2 * work)
    for name, numbers in (("H W C", 3 * size**2), ("N × D", count * wide), ("(N + 1) × D", (count + 1) * wide)):
        yield from read.take(f" {name} #B #B #B", 4 * numbers, 2 * numbers, numbers)


def positional_encoding(visit: Visit) -> Iterator[Shown]:
    f = visit.truth.at()
    table = places_at(f.net, SIDE)
    yield from visit.read.take("rows × width # × # parameters #", table.shape[0], table.shape[1], table.size)
    zeroed = run(f.net, pixels("coffee", 224, f.net), 16, np.concatenate([table[:1], np.zeros_like(table[1:])]))
    yield from visit.read.take("kept … #% … zeroed … #%", 100 * f.probs.max(), 100 * zeroed.probs.max())
    for row, col in visit.cells(SIDE, 10):
        read = visit.hover("Similarity of row", GRID, row, col)
        place = SIDE * row + col
        own = table[1 + place]
        alike = np.array([cosine(own, other) for other in table[1:]])
        alike[place] = -2
        best = int(alike.argmax())
        apart = math.hypot(best // SIDE - row, best % SIDE - col)
        facts = f"position row {row + 1}, col {col + 1} ID # nearest row #, col # similarity # apart # patch… length # to [CLS] #"
        true = (place + 1, best // SIDE + 1, best % SIDE + 1, alike[best], apart, length(own), cosine(own, table[0]))
        yield from read.take(facts, *true)


def attention(visit: Visit) -> Iterator[Shown]:
    f, read = visit.truth.at(), visit.read
    drawn = f.rollout()[0]
    best, even = int(drawn.argmax()), len(drawn)
    name = f"row {(best - 1) // SIDE + 1}, col {(best - 1) % SIDE + 1}" if best else "[CLS]"
    rolled = f"token [CLS] draws most on {name} share # · #× even share of [CLS] # · #× even sum of the row #"
    yield from read.take(rolled, drawn[best], even * drawn[best], drawn[0], even * drawn[0], 1)
    yield from one_weight(read, f)
    for row, col in visit.cells(SIDE, 8):
        read = visit.hover("The picture in 14 by 14 patches", GRID, row, col)
        yield from one_weight(read, f)


def one_weight(read, f: Forward) -> Iterator[Shown]:
    """What is said of the weight under the pointer, or of the strongest."""
    layer, _, head, _ = (int(text) - 1 for text in read.find("layer, head #/#, #/#"))
    query, key = (int(text) for text in read.find("query … · ## key … · ## weight"))
    row = f.attention[layer][head, query]
    entropy = -float((row * np.log2(row)).sum())
    rank = 1 + int((row > row[key]).sum())
    even = len(row)
    times = [even * row[0]] if even * row[0] >= 0.001 else []  # of less no digit is shown
    words = f"weight # times the even share #× rank # of # to [CLS] # · {'#× even' if times else '<0.001×'}"
    yield from read.take(words, row[key], even * row[key], rank, even, row[0], times)
    yield from read.take("entropy # of # bit", entropy, math.log2(len(row)))
    product = float(f.q[layer][head, query] @ f.k[layer][head, key])
    scaled = product / math.sqrt(f.net.head_dim)
    steps = "q · k = # → ÷ √# = # → exp = # → ÷ Σ exp (#) = #"
    yield from read.take(steps, product, f.net.head_dim, scaled, math.exp(scaled), f.sums[layer][head, query], row[key])


def practice(visit: Visit) -> Iterator[Shown]:
    read, net = visit.read, visit.truth.net
    own = own_sizes(net, 16).macs(224)
    for patch in (8, 14, 16, 28, 32):
        s, side, macs = own_sizes(net, patch), 224 // patch, own_sizes(net, patch).macs(224)
        use = "the app’s " if patch == 16 else "use it " if patch in net.says["patch_sizes"] else ""
        card, true = f"224 / {patch} {use}# × # + # = # tokens # MACs, ×#", [side, side, 1, side**2 + 1, macs, macs / own]
        if patch > 8:  # 785 tokens would take this program half a minute
            card += " says" + " … #%" * 3
            true += [100 * p for p in ranked(visit.truth.at(224, patch).probs, 3)]
        yield from read.take(card, true)
    s = own_sizes(net, 16)
    share = 100 * s.layers * s.block(224)[1] / own
    yield from read.take("tokens # MACs # attention’s share #% MACs beside the app’s ×#", 197, own, share, 1)
    yield from read.take(r"(224/8)^2 + 1 = #,\quad (224/14)^2 + 1 = #,\quad (224/16)^2 + 1 = #", 785, 257, 197)
    yield from read.take(r"224/8:\ #,\quad 224/32:\ #\ \text{MACs}", own_sizes(net, 8).macs(224), own_sizes(net, 32).macs(224))


def experiments(visit: Visit) -> Iterator[Shown]:
    """Every patch covered, at 64 px."""
    side, net = 4, visit.truth.net
    f, picture = visit.truth.at(64), pixels("coffee", 64, net)
    said = int(f.probs.argmax())
    mean, drops = picture.mean(axis=(0, 1)), []
    for patch in range(side**2):
        row, col = divmod(patch, side)
        covered = picture.copy()
        covered[16 * row : 16 * row + 16, 16 * col : 16 * col + 16] = mean
        drops.append(f.probs[said] - run(net, covered, 16).probs[said])
    lost = np.array(drops)
    visit.tab.get_by_text(f"{side**2} of {side**2} patches covered", exact=False).wait_for(state="attached")
    read = visit.read
    yield from read.take("s_0 = #", f.probs[said])
    for layer, weights in enumerate(f.attention):
        yield from read.take(f"layer {layer + 1} : #", correlation(lost, weights.mean(axis=0)[0, 1:]))
    yield from read.take("rollout : #", correlation(lost, f.rollout()[0, 1:]))
    facts = "drop # rank of the drop # of # attention, layer # # rank of attention # of # probability of … #"
    for row, col in visit.cells(side, 6):
        read = visit.hover("Drop of the probability of", (side, side), row, col)
        patch, layer = side * row + col, int(read.find(facts)[3])
        looks = f.attention[layer - 1].mean(axis=0)[0, 1:]
        ranks = [1 + int((values > values[patch]).sum()) for values in (lost, looks)]
        yield from read.take(facts, lost[patch], ranks[0], 16, layer, looks[patch], ranks[1], 16, f.probs[said])


def choosing(visit: Visit) -> Iterator[Shown]:
    f, read, net = visit.truth.at(), visit.read, visit.truth.net
    b, tiny = sizes_of("ViT-B/16"), sizes_of("ViT-Ti/16")
    count = b.parameters()
    words = "ViT-B/16, every patch sees every other # parameters · #B of fp16 weights · # MACs a picture at # px · #B of activations"
    yield from read.take(words, count, 2 * count, b.macs(224), 224, b.inference(224, 2))
    shares = [[100 * s.block(size)[1] / sum(s.block(size)) for size in (224, 384, 1024, 2048)] for s in (b, tiny)]
    yield from read.take("in B/16 #%, #%, #% and #%; in Ti/16, a quarter as wide, #%, #%, #% and #%.", *shares)
    lengths = np.linalg.norm(f.stream[-1][1:], axis=1)
    middle = float(np.median(lengths))
    yield from read.take("median #, largest #, # times as long", middle, lengths.max(), lengths.max() / middle)
    for patch in (16, 32):
        yield from read.take(f"{patch} px, # tokens … #%", (224 // patch) ** 2 + 1, 100 * visit.truth.at(224, patch).probs.max())
    looks = f.attention[-1].mean(axis=0)[0, 1:]
    kept = 1 + int((np.cumsum(ranked(looks / looks.sum(), 196)) < 0.6).sum())
    yield from read.take("# of # patches hold #% of what [CLS] looks at", kept, 196, 60)
    s = own_sizes(net, 16)
    whole, seen = (s.layers * (n * (4 * s.dim**2 + 2 * s.dim * s.hidden) + 2 * n * n * s.dim) for n in (197, 50))
    yield from read.take("# of # patches would reach the encoder… then cost #% of", 49, 196, 100 * seen / whole)
    yield from read.take(
        "# × # patches of # px in windows of # × #, padded to # × # windows: # times fewer pairs",
        64,
        64,
        16,
        14,
        14,
        5,
        5,
        64**4 / (25 * 14**4),
    )
    sides = [int(text) for text in read.find("NaViT illustration" + " # × #" * 4)]
    packed = [sides[i] * sides[i + 1] for i in range(0, 8, 2)]
    pairs, together = sum(n * n for n in packed), sum(packed) ** 2
    yield from read.take("one sequence of # tokens… only to itself: # of # pairs, #%", sum(packed), pairs, together, 100 * pairs / together)
    yield from read.take(r"\left(\frac{#}{#}\right)^2 + 1 = #", 224, 16, 197)
    yield from read.take(r"= #\cdot 2\cdot #^2\cdot # = #\ \text{MACs}", 12, 197, 768, 12 * b.block(224)[1])
    windows = 2 * 768 * (4 * 197**2 + 8 * 14**4)
    yield from read.take(r"14^4\bigr] = #\ \text{MACs} | #\ \text{MACs}", windows, b.macs(224) - 12 * b.block(224)[1])
