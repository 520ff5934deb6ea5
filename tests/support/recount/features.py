"""Likeness and principal components of tokens, computed again from the model's file."""

import re
from collections.abc import Iterator

import numpy as np
from playwright.sync_api import expect

from tests.support.forward64 import IMAGES, Forward, pixels, run
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
