"""Files with names of their own, as people write who build a ViT from PyTorch's parts: which tensor is which, from names and shapes.

A mapping is offered only where every tensor has one place. That blocks normalise first, as a ViT's do, and that GELU stands between the
MLP's layers shows in no tensor (PyTorch's own layer does neither unless it is told): whoever loads the file has to say so.
"""

import re
from collections.abc import Iterable, Mapping

from vit_core.checkpoints.families.naming import Piece, Plan
from vit_core.checkpoints.files.weights import Entry, printable

NUMBERED = re.compile(r"(?P<before>(?:.*?\.)?)(?P<index>\d+)\.(?P<part>.+)")
JOINT = re.compile(r"(?:in_proj_|qkv\.)weight$")
LETTERS = {letter: re.compile(rf"(?:^|[._])w?_?{letter}(?:{rest})?(?:_?proj\w*)?\.weight$", re.IGNORECASE) for letter, rest in
           (("q", "uery"), ("k", "ey"), ("v", "alue"))}  # fmt: skip
MOST = 4
"""So many tensors are named as examples."""


class Doubt(Exception):
    """Why no mapping can be offered: a part of a sentence."""


def match(entries: Mapping[str, Entry]) -> dict[str, tuple[str, ...]]:
    """timm's name of every tensor -> the file's, one, or three for query, key and value. Doubt where a place is open."""
    shapes = {name: entry.shape for name, entry in entries.items()}
    kernel = only([name for name, shape in shapes.items() if len(shape) == 4], "with 4 sides, a kernel that cuts patches")
    width = shapes[kernel][0]
    tables = [name for name, shape in shapes.items() if len(shape) == 3 and shape[0] == 1 and shape[2] == width]
    found = {"cls_token": only([name for name in tables if shapes[name][1] == 1], f"of shape [1, 1, {width}], a class token")}
    found["pos_embed"] = only([name for name in tables if shapes[name][1] > 1], f"of shape [1, …, {width}], a table of positions")
    found |= with_bias("patch_embed.proj", kernel, shapes)
    before, indices = blocks(shapes)
    inner = {name.removeprefix(f"{before}0."): shape for name, shape in shapes.items() if name.startswith(f"{before}0.")}
    parts = block_parts(inner, width, f"{before}0.")
    mapped: dict[str, tuple[str, ...]] = {name: (theirs,) for name, theirs in found.items()}
    for index in range(indices):
        mapped |= {f"blocks.{index}.{ours}": tuple(f"{before}{index}.{part}" for part in theirs) for ours, theirs in parts.items()}
    used = {name for theirs in mapped.values() for name in theirs}
    rest = {name: shape for name, shape in shapes.items() if name not in used}
    norm = only([name for name, shape in rest.items() if name.endswith(".weight") and shape == (width,)], "that may be the last norm")
    heads = [name for name, shape in rest.items() if name.endswith(".weight") and len(shape) == 2 and shape[1] == width]
    outer = with_bias("norm", norm, shapes) | (with_bias("head", only(heads, "that may be a classifier"), shapes) if heads else {})
    mapped |= {ours: (theirs,) for ours, theirs in outer.items()}
    check_used(shapes, mapped)
    return mapped


def only(names: list[str], what: str) -> str:
    """The one name; Doubt if there is none or more."""
    if len(names) != 1:
        such = f", such as {', '.join(map(printable, names[:2]))}" if names else ""
        raise Doubt(f"{len(names) or 'no'} tensors are there {what}{such}, where one is expected")
    return names[0]


def with_bias(ours: str, weight: str, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    """A weight and, where there is one, its bias."""
    bias = f"{weight.removesuffix('weight')}bias"
    return {f"{ours}.weight": weight} | ({f"{ours}.bias": bias} if weight.endswith("weight") and bias in shapes else {})


def blocks(shapes: Mapping[str, tuple[int, ...]]) -> tuple[str, int]:
    """What stands before the blocks' numbers, and how many of them have the parts of the first."""
    groups: dict[str, dict[int, dict[str, tuple[int, ...]]]] = {}
    for name, shape in shapes.items():
        if numbered := NUMBERED.fullmatch(name):
            groups.setdefault(numbered["before"], {}).setdefault(int(numbered["index"]), {})[numbered["part"]] = shape
    if not groups:
        raise Doubt("no blocks are numbered")
    before, group = max(groups.items(), key=lambda item: sum(map(len, item[1].values())))
    count = 0
    while count in group and group[count] == group.get(0):
        count += 1
    if not count:
        raise Doubt(f"the parts of {printable(before)} are not numbered from 0")
    return before, count


def block_parts(inner: Mapping[str, tuple[int, ...]], width: int, before: str) -> dict[str, tuple[str, ...]]:
    """timm's names of a block's tensors -> theirs."""
    square = [name for name, shape in inner.items() if shape == (width, width)]
    joint = [name for name, shape in inner.items() if shape == (3 * width, width) and JOINT.search(name)]
    apart = [[name for name in square if letter.search(name)] for letter in LETTERS.values()]
    if len(joint) == 1:
        qkv = tuple(joint)
    elif not joint and all(len(names) == 1 for names in apart):
        qkv = tuple(names[0] for names in apart)
    else:
        raise Doubt(
            f"in {printable(before)} queries, keys and values are not three matrices [{width}, {width}] or one [{3 * width}, {width}]"
        )
    found = {"attn.qkv.weight": qkv}
    biases = tuple(f"{name.removesuffix('weight')}bias" for name in qkv)
    if all(name in inner for name in biases):
        found["attn.qkv.bias"] = biases
    others = {name: shape for name, shape in inner.items() if len(shape) == 2 and name not in qkv}
    single = {
        "attn.proj": only(
            [name for name in others if others[name] == (width, width)], f"in {printable(before)} that may bring the heads together"
        )
    }
    rest = [name for name in others if name not in single.values()]
    widening = only([name for name in rest if others[name][1] == width], f"in {printable(before)} that may widen, an MLP's first layer")
    narrowing = only([name for name in rest if others[name][0] == width], f"in {printable(before)} that may narrow, an MLP's second layer")
    single |= {"mlp.fc1": widening, "mlp.fc2": narrowing}
    linear = {f"{name.removesuffix('weight')}bias" for name in (*others, *qkv)}
    gains = [name for name, shape in inner.items() if name.endswith(".weight") and shape == (width,) and name not in linear]
    for number in "12":
        named = [name for name in gains if name.removesuffix(".weight").endswith(number)]
        single[f"norm{number}"] = only(named, f"in {printable(before)} called norm {number}")
    for ours, theirs in single.items():
        found |= {name: (their,) for name, their in with_bias(ours, theirs, inner).items()}
    return found


def check_used(names: Iterable[str], mapped: Mapping[str, tuple[str, ...]]) -> None:
    """Doubt if a tensor has no place, or two."""
    used = [name for theirs in mapped.values() for name in theirs]
    lost = [name for name in names if name not in used]
    if lost or len(set(used)) != len(used):
        raise Doubt(f"{printable(lost[0] if lost else max(used, key=used.count))} has {'no' if lost else 'more than one'} place in it")


def as_timm(entries: Mapping[str, Entry], mapped: Mapping[str, tuple[str, ...]]) -> dict[str, Entry]:
    """What the file would hold under timm's names."""
    firsts = {ours: entries[theirs[0]] for ours, theirs in mapped.items()}
    return {ours: Entry(first.dtype, (len(mapped[ours]) * first.shape[0], *first.shape[1:])) for ours, first in firsts.items()}


def plan(shapes: Mapping[str, tuple[int, ...]], mapped: Mapping[str, tuple[str, ...]]) -> Plan:
    """Where each of our parameters lies; one that the file has not is missing under timm's name."""
    found = {}
    for name, shape in shapes.items():
        theirs = mapped.get(name, (name,))
        found[name] = tuple(Piece(their, (shape[0] // len(theirs), *shape[1:])) for their in theirs)
    return found


def offered(entries: Mapping[str, Entry], mapped: Mapping[str, tuple[str, ...]], what: str) -> str:
    """The sentence that offers a mapping."""
    theirs = mapped["blocks.0.attn.qkv.weight"]
    return (
        f"{what} has names of its own; each can be read as one of timm's, {' and '.join(map(printable, theirs))} as "
        f"blocks.0.attn.qkv.weight and so on for its {len(entries)} tensors. Whether its blocks normalise before attention and MLP, and "
        "have GELU in the MLP, is not in the file: if they do, say so with `accept_mapping`."
    )


def refused(entries: Mapping[str, Entry], reason: str, what: str) -> str:
    """The sentence for names that cannot be mapped: what was found, and what is expected."""
    found = ", ".join(f"{printable(name)} {list(entry.shape)}" for name, entry in list(entries.items())[:MOST])
    return (
        f"{what} has names that are not known, and cannot be read as a ViT by its shapes: {reason}. Found: {found} …; expected: timm's "
        "patch_embed.proj.weight [width, channels, side, side], cls_token, pos_embed and blocks.0.attn.qkv.weight, or the names of Hugging "
        "Face, torchvision, OpenAI or Google."
    )
