"""The numbers of the pages about published models and the glossary, recomputed from the closed forms."""

import math
import re
from collections.abc import Iterator

from tests.support.recount.closed64 import Sizes, published, sizes_of
from tests.support.recount.forward64 import Network
from tests.support.recount.reading import NUMBER, Reader, Shown

ADAM, HALF, FULL = 16, 2, 4  # bytes a parameter or a number


def families() -> dict[str, Sizes]:
    """The published models whose sizes are known here in full."""
    rows = published()
    left_out = ("SoViT", "ViT-22B", "DINOv3")
    return {name: sizes_of(name) for name in rows if not name.startswith(left_out)}


def model_variants(read: Reader) -> Iterator[Shown]:
    for name, s in families().items():
        star = " *" if name in ("ViT-g/14", "ViT-G/14") else ""
        stated = [1e6 * float(text) for text in re.findall(r"([\d.]+)M", published()[name]["params_published"])]
        beside = 100 * (s.parameters() / stated[0] - 1)
        sizes = (s.patch, s.layers, s.dim, s.heads, s.hidden, s.parameters())
        template = f"{name}{star} # # # # # # {' / '.join('#' for _ in stated)} #% # # #%"
        top = best(name, read.find(template)[-1])
        yield from read.take(template, sizes, stated, beside, s.macs(224), 1e9 * float(published()[name]["GMACs_224"]), top)
    b, small = sizes_of("ViT-B/16"), sizes_of("ViT-S/16")
    yield from read.take("ViT-B/16 parameters # published", b.parameters())
    yield from read.take(
        "MACs at 224 px # MACs at 384 px, table # a head has # channels MLP ratio #", b.macs(224), 55.5e9, b.dim / b.heads, 4
    )
    yield from read.take(
        "attention of ViT-S/16 L · (4D² + 4D) = # · (4 · #² + 4 · #) = # #% of the model",
        small.layers,
        small.dim,
        small.dim,
        small.layers * small.attention(),
        100 * small.layers * small.attention() / small.parameters(),
    )
    left = 3 * small.dim**2
    yield from read.take("# a layer instead of #, #% too few", left, small.attention(), 100 * (1 - left / small.attention()))
    own = Sizes(patch=16, layers=12, dim=512, heads=8, hidden=2048, side=14)
    yield from read.take(
        "takes at 224 px parameters # MACs, one picture # FLOPs = 2 × MACs #", own.parameters(), own.macs(224), 2 * own.macs(224)
    )
    yield from read.take("tokens where attention is half of a block #", (4 * own.dim**2 + 2 * own.dim * own.hidden) / (2 * own.dim))
    yield from read.take("a head’s share of the width #", own.dim / own.heads)
    fused = HALF * own.parameters() + own.inference(224, HALF) + HALF * 3 * 224**2
    yield from read.take("inference, fp16, fused #B", fused)
    yield from read.take(r"4D^2 + 4D = 4\cdot#^2 + 4\cdot# = #\qquad (3D^2 = #)", b.dim, b.dim, b.attention(), 3 * b.dim**2)
    yield from read.take(
        r"2DM + M + D = 2\cdot#\cdot# + # + # = #\qquad (8D^2 = #)", b.dim, b.hidden, b.hidden, b.dim, b.mlp(), 8 * b.dim**2
    )
    block = b.attention() + b.mlp() + 4 * b.dim
    yield from read.take(r"#\cdot# + # = #", b.layers, block, b.parameters() - b.layers * block, b.parameters())


def best(name: str, text: str) -> float:
    """The top-1 in the file's row that is the one shown; any of the row's if none is."""
    known = [float(value) for value in re.findall(r"=([\d.]+)", published()[name]["top1"])]
    return min(known, key=lambda value: abs(value - float(text.rstrip("%"))))


def memory_scaling(read: Reader) -> Iterator[Shown]:
    s, size, pictures = sizes_of("ViT-B/16"), 384, 8
    n, count = s.tokens(size), s.parameters()
    activations, matrices = s.training(size, pictures, FULL, fused=False)
    parts = [FULL * count, FULL * count, 2 * FULL * count, FULL * pictures * 3 * size**2, activations, matrices]
    total = sum(parts)
    names = ("weights", "gradients", "optimizer states", "input pictures", "activations", "attention matrices")
    for name, part in zip(names, parts, strict=True):
        yield from read.take(f" {name} #B #%", part, 100 * part / total)

    def needed(side: int, batch: int) -> int:
        return ADAM * count + FULL * batch * 3 * side**2 + sum(s.training(side, batch, FULL, fused=False))

    device = 24 * 10**9
    batch = max(b for b in range(2, 200) if needed(size, b) <= device)
    side = max(16 * along for along in range(2, 200) if needed(16 * along, pictures) <= device)
    yield from read.take(
        "Fits in # GB: #% of it. The largest batch at # px is #; with batch #, the largest picture is # px",
        24,
        100 * total / device,
        size,
        batch,
        pictures,
        side,
    )
    linear, attention = s.block(size)
    flops = 2 * s.macs(size)
    yield from read.take("tokens n #² + 1 = # memory #B one layer’s matrices #B", size // s.patch, n, total, matrices / s.layers)
    yield from read.take("Compute parameters # MACs, one picture # FLOPs = 2 × MACs #", count, s.macs(size), flops)
    yield from read.take(
        "training step, FLOPs ≈ # attention, of a block #% attention, of the model #%",
        3 * pictures * flops,
        100 * attention / (linear + attention),
        100 * s.layers * attention / s.macs(size),
    )
    twice = s.block(2 * size)
    ratios = (4, twice[1] / attention, twice[0] / linear, s.macs(2 * size) / s.macs(size))
    yield from read.take("×# patches ×# attention ×# linear layers ×# whole forward", *ratios)
    yield from read.take("from 224 to 448 px ViT-B/16 takes ×#", s.macs(448) / s.macs(224))
    for side in (384, 1024):
        patches = (side // 16) ** 2
        weights = s.heads * (patches + 1) ** 2
        yield from read.take(
            f"{side} px with patches of 16 #² = # weights a head 12 heads: # a layer and picture; "
            "with the tokens in front of the patches #, #B",
            patches,
            patches**2,
            s.heads * patches**2,
            weights,
            FULL * weights,
        )
    wider = count + (24**2 - 14**2) * s.dim
    yield from read.take(r"14\times14:\ #\ \text{parameters},\qquad 24\times24:\ #", count, wider)
    yield from read.take(r"b\,a\,n^2\,e = #\cdot#\cdot#^2\cdot# = #", pictures, s.heads, n, FULL, matrices / s.layers)
    yield from read.take(r"\text{model}: #\ \text{MACs} = #\ \text{FLOPs}", s.macs(size), flops)
    yield from read.take(r"\frac{#}{#} = #", ADAM * count, count, ADAM)


def performance(read: Reader) -> Iterator[Shown]:
    number = f"({NUMBER})"
    row = rf"(ViT-\S+) {number} [\w-]+ {NUMBER} (\d+) px {number} {number} {number}B {number}B {number}B {number}B"
    rows = re.findall(row, read.words)
    assert len(rows) >= 6, "The common table's rows do not read as they did."
    for name, top, side, *texts in rows:
        s, size = sizes_of(name), int(side)
        yield Shown(read.page, f"{name} at {size} px, top-1", top, best(name, top))
        count = s.parameters()
        true = [count, s.macs(size), HALF * count, ADAM * count]
        if s.answers:  # one that reads the mean of its patches saves something else
            true += [s.inference(size, HALF), sum(s.training(size, 1, HALF, fused=True))]
        for text, value in zip(texts, true, strict=False):
            yield Shown(read.page, f"{name} at {size} px", text, value)
    tiny, small, b, large = (sizes_of(f"ViT-{name}/16") for name in ("Ti", "S", "B", "L"))
    for name, s in (("Ti", tiny), ("S", small), ("B", b)):
        yield from read.take(f" {name}, # parameters", s.parameters())
    giant, larger = (sizes_of(f"ViT-{name}/14") for name in ("g", "G"))
    yield from read.take("with ×# the parameters. AugReg", larger.parameters() / giant.parameters())
    yield from read.take("G/14, with # parameters, reaches # ± #%; g/14, with #,", larger.parameters(), 90.45, 0.03, giant.parameters())
    huge, half = sizes_of("ViT-H/14"), sizes_of("ViT-L/32")
    bare = large.parameters() - 1000 * large.dim - 1000
    stated = (
        "With a classifier for 1,000 classes: B/16 #, L/16 #, H/14 #. L/16 without a classifier has #. "
        "Table 1 prints # for L; that fits L/32 (#)"
    )
    yield from read.take(stated, b.parameters(), large.parameters(), huge.parameters(), bare, 307e6, half.parameters())
    yield from read.take("in B/16 # a layer instead of #.", b.attention(), 3 * b.dim**2)
    count = b.parameters()
    yield from read.take(r"2\cdot# = #,\qquad 16\cdot# = #", count, HALF * count, count, ADAM * count)
    yield from read.take(r"\left(\text{stated: }#\ \text{GB} = #\ \text{bytes a parameter}\right)", 1.2, 1.2e9 / count)
    yield from read.take(r"+ KD = #,\qquad n = #", b.macs(224), b.tokens(224))
    ratio = small.parameters() / tiny.parameters()
    first, second = best("ViT-S/16", "83.73"), best("ViT-Ti/16", "78.22")
    yield from read.take(r"\frac{# - #}{\log_2 #} = #", first, second, ratio, (first - second) / math.log2(ratio))


def glossary(read: Reader, net: Network, size: int, patch: int) -> Iterator[Shown]:
    """Every shape and every letter's value."""
    said = net.says
    count = (size // patch) ** 2
    heads, tokens, side = said["num_heads"], count + 1, size // patch
    known = {"1": 1, "B": 1, "N": count, "T": tokens, "D": said["embed_dim"], "M": said["mlp_hidden"], "K": said["num_classes"]}
    known |= {"C": 3, "H": size, "W": size, "P": patch, "L": said["depth"], "heads": heads, "head_dim": net.head_dim}
    known |= {"P*P*C": 3 * patch**2, "T_query": tokens, "T_key": tokens, "num_prefix_tokens": 1, "grid_h": side, "grid_w": side}
    for symbols, values in re.findall(r"shape \[([^\]]+)\] = \[([^\]]+)\]", read.words):
        for symbol, text in zip(symbols.split(", "), values.split(", "), strict=True):
            yield Shown(read.page, f"shape [{symbols}]: {symbol}", text, known[symbol])
    for symbol, text in re.findall(r"here (\w+) = ([\d.,]*\d)", read.words):
        yield Shown(read.page, f"here {symbol}", text, known[symbol])
    yield from read.take(r"\frac{#}{#}\cdot\frac{#}{#} = #", size, patch, size, patch, count)
    yield from read.take(r"T = 1 + N = 1 + # = #", count, count + 1)
    yield from read.take(r"\frac{D}{\text{heads}} = \frac{#}{#} = #", said["embed_dim"], said["num_heads"], net.head_dim)
