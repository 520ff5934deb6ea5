"""Where in a file a Vision Transformer stands: under which prefix, beside what, and which of several."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vit_core.checkpoints.errors import CheckpointError, MissingFacts
from vit_core.checkpoints.files.weights import Entry, printable

CLASSIFIERS = ("head", "heads", "fc", "classifier", "linear", "cls_head", "mlp_head", "classification_head")
"""What people call the one linear layer that they put behind a body."""


@dataclass(frozen=True)
class Place:
    """A body whose every name starts with `before`. `kept` are its tensors and, where it stands outside, its classifier's; `head` is the
    beginning of that one's names, None where there is none outside."""

    before: str
    kept: Mapping[str, Entry]
    head: str | None
    left_out: int

    def told(self) -> str:
        """What a person should know of it, to follow the name of the naming."""
        under = f" under {printable(self.before)}" if self.before else ""
        head = f", {printable(self.head)} as its classifier" if self.head else ""
        return f"{under}{head}{f', {self.left_out} other tensors left out' if self.left_out else ''}"


def prefixes(entries: Mapping[str, Entry], mark: str, needed: Sequence[str]) -> list[str]:
    """What stands before every `mark` that has each of `needed` (names or beginnings of names) beside it."""
    found = [name.removesuffix(mark) for name in entries if name == mark or name.endswith((f".{mark}", f"/{mark}"))]
    return [before for before in found if all(any(name.startswith(before + text) for name in entries) for text in needed)]


def choose(found: Sequence[str], part: str | None, what: str) -> str:
    """The one prefix, or the one that the caller names; MissingFacts lists them where there are several, CheckpointError where there is
    none of that name."""
    listed = ", ".join(f"`{printable(before)}`" for before in found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")
    if part is not None:
        wanted = part if part in found else f"{part}."
        if wanted not in found:
            raise CheckpointError(
                f"`part` must be what stands before the names of a Vision Transformer in {what}, {listed}; got {printable(part)}."
            )
        return wanted
    if len(found) > 1:
        sentence = f"{what} holds {len(found)} Vision Transformers, {listed}: say which as `part`, or save that one alone."
        raise MissingFacts(sentence, ["part"], found)
    return found[0]


def locate(entries: Mapping[str, Entry], before: str, mark: str, own_head: str, leaves_out: str) -> Place:
    """The body under a prefix. Outside it, one linear layer of its width under a usual name is its classifier, if it has none of its
    own; all else that stands there, such as the head of a self-supervised training, is no part of a ViT.

    own_head, leaves_out: the names, behind the prefix, of the body's own classifier and of a tensor that is no part of a ViT.
    """
    inside = {name: entry for name, entry in entries.items() if name.startswith(before) and name != before + leaves_out}
    outside = {name: entry for name, entry in entries.items() if not name.startswith(before)}
    shape = entries[before + mark].shape if before + mark in entries else ()
    heads = [stem for stem in classifiers(outside, shape[0] if shape else 0) if before.startswith(stem[: stem.rfind(".") + 1])]
    head = heads[0] if len(heads) == 1 and before + own_head not in entries else None
    kept = inside | {name: entry for name, entry in outside.items() if head and name in (f"{head}.weight", f"{head}.bias")}
    return Place(before, kept, head, len(entries) - len(kept))


def classifiers(outside: Mapping[str, Entry], width: int) -> Iterator[str]:
    """The linear layers that may be classifiers, by the beginning of their names."""
    for name, entry in outside.items():
        stem = name.removesuffix(".weight")
        if stem != name and stem.rsplit(".", 1)[-1] in CLASSIFIERS and len(entry.shape) == 2 and entry.shape[1] == width:
            yield stem
