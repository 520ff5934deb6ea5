"""Likeness, principal components and groups of tokens, computed again from the model's file."""

import json
import re
from collections.abc import Iterator

import numpy as np
from playwright.sync_api import expect

from tests.support.browser.stages import floats
from tests.support.recount.forward64 import IMAGES, WEIGHTS, Forward, head, network, pixels, run, softmax
from tests.support.recount.model_pages import GRID, SIDE, length
from tests.support.recount.reading import Reader, Shown
from tests.support.recount.visit import Visit

NAMES = {"stream": "stream", "query": "queries", "key": "keys", "value": "values", "update": "update"}
SAME = 3e-4  # cosines that are nearer than this are the same in three decimals
ROUNDED = 1e-4  # of a row's length: what is left of less is rounding
APART = 0.05  # components whose variances differ by less than this share are not told apart to the last digit


def rows_of(f: Forward, name: str, layer: int) -> np.ndarray:
    """The rows of a layer, counted from 1, `[T, D]`."""
    if name == "stream":
        return f.stream[layer]
    if name == "update":
        return f.stream[layer] - f.stream[layer - 1]
    heads = {"query": f.q, "key": f.k, "value": f.v}[name][layer - 1]
    return heads.transpose(1, 0, 2).reshape(heads.shape[1], -1)


def at_place(patch: int) -> tuple[int, int]:
    return patch // SIDE + 1, patch % SIDE + 1


def likeness(read: Reader, rows: np.ndarray, token: int, name: str) -> Iterator[Shown]:
    """What is said of a token among the others."""
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    values = unit @ unit[token]
    patches = values[1:].copy()
    mean = np.delete(patches, token - 1).mean() if token else patches.mean()
    start = f"Under the pointer token {name} most alike row "
    most, least = [], []
    for sign, words, own in ((1, start, most), (-1, "least alike row ", least)):
        others = sign * patches
        if token:
            others[token - 1] = -np.inf
        row, col = (int(text) for text in re.search(re.escape(words) + r"(\d+), col (\d+)", read.words).groups())
        shown = SIDE * (row - 1) + col - 1
        best = shown if others.max() - others[shown] < SAME else int(others.argmax())
        own += [*at_place(best), patches[best]]
    template = f"{start}#, col # · # least alike row #, col # · # mean of the other patches # [CLS], its cosine #"
    yield from read.take(template, most, least, mean, values[0])


def apart(read: Reader, rows: np.ndarray, patch: int) -> Iterator[Shown]:
    """The principal components of the patches, and where one of them lies; a component's sign is the page's."""
    patches = rows[1:] - rows[1:].mean(axis=0)
    directions, lengths, _ = np.linalg.svd(patches, full_matrices=False)
    shares = lengths**2 / (lengths**2).sum()
    template = "Variance explained first #% second #% third #% together #% patches shown # of #"
    yield from read.take(template, 100 * shares[:3], 100 * shares[:3].sum(), SIDE**2, SIDE**2)
    words = f"patch row {at_place(patch)[0]}, col {at_place(patch)[1]} along the first # along the second # along the third #"
    texts = read.find(words)
    along = [abs(directions[patch, i] * lengths[i]) * (-1 if text[0] == "−" else 1) for i, text in enumerate(texts)]
    told = [1 - shares[i + 1] / shares[i] > APART for i in range(3)]
    clear = [told[i] and (i == 0 or told[i - 1]) for i in range(3)]
    yield from (one for one, good in zip(read.take(words, along), clear, strict=True) if good)


def alike_and_apart(visit: Visit) -> Iterator[Shown]:
    """Several tokens in the layer and the rows that chance chose; then with the places' means over the gallery subtracted."""
    f, read = visit.truth.at(), visit.read
    name = next(name for name, said in NAMES.items() if f", {said}: like" in read.words)
    layer = int(read.find(f"Layer #, {NAMES[name]}: like")[0])
    rows = rows_of(f, name, layer)
    yield from likeness(read, rows, 0, "[CLS]")
    yield from apart(read, rows, 0)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    best = 1 + int((unit[1:] @ unit[0]).argmax())
    fraction = r"\frac{z\cdot z'}{|z|\,|z'|} = \frac{#}{#\cdot#} = #"
    yield from read.take(fraction, rows[0] @ rows[best], length(rows[0]), length(rows[best]), unit[0] @ unit[best])
    for row, col in visit.cells(SIDE, 4):
        here = visit.hover("The picture in 14 by 14 patches. Arrow keys move, Enter", GRID, row, col)
        yield from likeness(here, rows, 1 + SIDE * row + col, f"row {row + 1}, col {col + 1}")
    others = [run(f.net, pixels(file.stem, 224, f.net), 16) for file in sorted(IMAGES.glob("*.jpg"))]
    left = rows - np.mean([rows_of(other, name, layer) for other in others], axis=0)
    nothing = np.linalg.norm(left, axis=1) < ROUNDED * np.linalg.norm(rows, axis=1)  # [CLS] in the first layer, before it has read any
    rows = np.where(nothing[:, None], 0.0, left)
    visit.tab.get_by_role("radio", name="position removed").click()
    expect(visit.tab.get_by_text("at its place is subtracted")).to_be_visible(timeout=60_000)
    expect(visit.tab.get_by_text(f"layer {layer}, {NAMES[name]}, position removed").first).to_be_visible(timeout=60_000)
    visit.tab.mouse.move(0, 0)
    read = visit.read
    yield from likeness(read, rows, 0, "[CLS]")
    yield from apart(read, rows, 0)


def together(one: np.ndarray, other: np.ndarray) -> float:
    """The adjusted Rand index: over all pairs of patches, those that are together in both groupings, beside chance."""
    here, there = one[:, None] == one, other[:, None] == other
    pairs = np.triu_indices(len(one), 1)
    both, first, second = ((same[pairs]).sum() for same in (here & there, here, there))
    chance = first * second / len(pairs[0])
    return float((both - chance) / ((first + second) / 2 - chance))


def grouped(visit: Visit) -> Iterator[Shown]:
    """The tab "Groups": the numbers said of the groups that were found, each of which holds the rows that lie nearest to its mean."""
    f = visit.truth.at()
    visit.tab.get_by_role("radio", name="as they are").click()
    expect(visit.tab.get_by_text("at its place is subtracted")).to_have_count(0)
    visit.tab.get_by_role("radio", name="Groups", exact=True).click()
    root = visit.tab.locator('.vit[data-known="true"]:has(.grouped)')
    root.wait_for()
    layers = f.net.says["depth"]
    found = floats(root, "root => root.groups").numpy().astype(int).reshape(layers, -1)
    name = next(name for name, said in NAMES.items() if f", {said}" in root.locator(".head-line strong").inner_text())
    layer = int(visit.read.find(f" groups: layer #, {NAMES[name]}")[0])
    groups = found[layer - 1]
    rows = rows_of(f, name, layer)[1:]
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    means = np.stack([rows[groups == group].mean(axis=0) for group in range(groups.max() + 1)])
    squares = ((rows[:, None] - means) ** 2).sum(axis=2)
    assert (squares.argmin(axis=1) == groups).mean() > 0.98, "Patches lie nearer to another group's mean."
    within = squares[np.arange(len(rows)), groups].sum()
    probs = softmax(head(f.stream[layer][1:], f.net) / f.net.says["temperature"])
    said = probs.argmax(axis=1)
    index = [together(found[at], found[at - 1]) for at in range(1, layers)]
    yield from visit.read.take("variance between groups #%", 100 * (1 - within / ((rows - rows.mean(axis=0)) ** 2).sum()))
    if layer > 1:
        yield from visit.read.take(f"Rand index with layer {layer - 1} #", index[layer - 2])
    yield from visit.read.take("Rand index with what patches say #", together(groups, said))
    sizes = np.bincount(groups)
    told = " ".join(f"group {group + 1} # patch{'' if size == 1 else 'es'}" for group, size in enumerate(sizes))
    yield from visit.read.take(told, [int(size) for size in sizes])
    yield from visit.read.take("What patches would say … # patch", int(np.bincount(said).max()))
    yield from visit.read.take("of the layer before: 1 — " + " ".join(f"{at + 1} #" for at in range(1, layers)), index)
    for row, col in visit.cells(SIDE, 3):
        here = visit.hover("What each patch would say after layer", GRID, row, col)
        patch = SIDE * row + col
        words = f"patch row {row + 1}, col {col + 1} group # would say … with #%"
        yield from here.take(words, int(groups[patch]) + 1, 100 * probs[patch].max())


def layers_beside(visit: Visit) -> Iterator[Shown]:
    """The tab "Similar layers": CKA of some pairs of layers, of one model and of both that ship, by the double sums of its definition."""
    visit.tab.get_by_role("radio", name="Similar layers").click()
    root = visit.tab.locator('.vit[data-known="true"]:has(.matrices)')
    root.wait_for()
    name = next(name for name, said in NAMES.items() if f"(CKA): {said} of " in root.locator(".head-line strong").inner_text())
    nets = [visit.truth.net, network(WEIGHTS)]
    files = sorted(IMAGES.glob("*.jpg"))
    passes = [[run(net, pixels(file.stem, 224, net), 16) for file in files] for net in nets]
    yield from visit.read.take("It rests on # tokens: # patches of each of # pictures", SIDE**2 * len(files), SIDE**2, len(files))

    def criterion(one: list[np.ndarray], other: list[np.ndarray]) -> float:
        found = []
        for x, y in zip(one, other, strict=True):
            k, m, n = x @ x.T, y @ y.T, len(x)
            k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
            ones = np.ones(n)
            middle = (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2)) - 2 * (ones @ k @ m @ ones) / (n - 2)
            found.append((np.trace(k @ m) + middle) / (n * (n - 3)))
        return float(np.mean(found))

    def layer_of(side: int, layer: int) -> list[np.ndarray]:
        rows = [rows_of(f, name, layer)[1:] for f in passes[side]]
        return [one - one.mean(axis=0) for one in rows]

    for side, label in ((0, "Layers of"), (1, "Rows: layers of")):
        depths = (nets[0].says["depth"], nets[side].says["depth"])
        for _ in range(2):
            row, column = visit.draw.randrange(depths[0]), visit.draw.randrange(depths[1])
            one, other = layer_of(0, row + 1), layer_of(side, column + 1)
            cka = criterion(one, other) / (criterion(one, one) * criterion(other, other)) ** 0.5
            yield from visit.hover(label, depths, row, column).take("The two layers … layer # … layer # CKA #", row + 1, column + 1, cka)


def matches(visit: Visit) -> Iterator[Shown]:
    """The tab "Two pictures": best matches with the second picture of the gallery."""
    visit.tab.get_by_role("radio", name="Two pictures").click()
    root = visit.tab.locator(".vit:has(.paired)[data-ready]")
    root.wait_for()
    words = root.locator(".head-line strong").inner_text()
    name = next(name for name, said in NAMES.items() if words.endswith(f", {said}"))
    layer = int(visit.read.find(f", layer #, {NAMES[name]}")[0])
    f, net = visit.truth.at(), visit.truth.net
    one, other = (rows_of(g, name, layer)[1:] for g in (f, run(net, pixels("chelsea", 224, net), 16)))
    one, other = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (one, other))
    cosines = one @ other.T
    there, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
    mutual = int((back[there] == np.arange(len(there))).sum())
    yield from visit.read.take("mutual matches # of #", mutual, SIDE**2)
    yield from visit.read.take("mean of all best cosines #", cosines.max(axis=1).mean())
    for row, col in visit.cells(SIDE, 3):
        patch = SIDE * row + col
        here = visit.hover("Coffee, in 14 by 14 patches", GRID, row, col)
        template = f"Best match Coffee row {row + 1}, col {col + 1} Chelsea the cat row #, col # cosine #"
        shown = [int(text) for text in here.find(template)[:2]]
        best = SIDE * (shown[0] - 1) + shown[1] - 1
        best = best if cosines[patch].max() - cosines[patch, best] < SAME else int(there[patch])
        yield from here.take(template, *at_place(best), cosines[patch, best])


def all_pictures(visit: Visit) -> Iterator[Shown]:
    """The tab "All pictures": the nearest patches of the gallery, and components fitted over all of it."""
    visit.tab.mouse.move(0, 0)
    visit.tab.get_by_role("radio", name="All pictures").click()
    root = visit.tab.locator('.vit[data-known="true"]:has(.together)')
    root.wait_for()
    words = root.locator(".head-line strong").first.inner_text()
    name = next(name for name, said in NAMES.items() if f", {said}, all pictures" in words)
    row, col, layer = (int(text) for text in visit.read.find(f"Like row #, col #: layer #, {NAMES[name]}"))
    net, files = visit.truth.net, sorted(IMAGES.glob("*.jpg"))
    titles = {one["file"]: one["title"] for one in json.loads((IMAGES / "gallery.json").read_text(encoding="utf-8"))}
    rows = {titles[file.name]: rows_of(run(net, pixels(file.stem, 224, net), 16), name, layer)[1:] for file in files}
    own = rows["Coffee"][SIDE * (row - 1) + col - 1]
    cosines = {title: (one @ own) / np.linalg.norm(one, axis=1) / np.linalg.norm(own) for title, one in rows.items()}
    cosines["Coffee"][SIDE * (row - 1) + col - 1] = -2
    most = sorted(np.concatenate(list(cosines.values())), reverse=True)[:12]
    texts = re.findall(r"([−-]?\d\.\d{3}) · row", visit.read.words.split("Nearest patches of the gallery")[1])
    yield from (
        Shown(visit.slug, f"nearest patch {at + 1}", text, float(true)) for at, (text, true) in enumerate(zip(texts, most, strict=False))
    )
    for title in visit.draw.sample(list(cosines), 3):
        yield from visit.read.take(f"fitted over all pictures … {title} # · row", cosines[title].max())
    every = np.concatenate(list(rows.values()))
    shares = np.linalg.svd(every - every.mean(axis=0), compute_uv=False) ** 2
    shares = 100 * shares[:3] / shares.sum()
    yield from visit.read.take("Variance explained first #% second #% third #% together #%", shares, shares.sum())
