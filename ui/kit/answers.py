"""What a model answers with: classes and probabilities, or, where it has no classification head, its features."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vit_core import TokenLayout, ViTConfig, ViTTrace


@dataclass(frozen=True)
class Answer:
    """`top`: the likeliest classes as (label, probability), empty without a head; then the features' number `width` and their `length` count."""

    top: list[tuple[str, float]]
    width: int
    length: float

    @property
    def short(self) -> str:
        """A few words for a table: the likeliest class and its probability, or the features' length."""
        return f"{self.top[0][0]} {100 * self.top[0][1]:.0f}%" if self.top else f"{self.width} features, length {self.length:.4g}"


def of_trace(trace: "ViTTrace", count: int) -> Answer:
    """The answer of a forward pass over one picture, with the `count` likeliest classes."""
    features = trace.logits[0]
    return Answer(trace.top_k(count) if trace.config.num_classes else [], len(features), float(features.norm()))


def class_names(config: "ViTConfig") -> tuple[str, ...]:
    """The names of the classes; where a model has none, their numbers as the model counts them."""
    return config.labels or tuple(f"class {number}" for number in range(config.num_classes))


def script(top: list[tuple[str, float]]) -> str:
    """The line of PyTorch that prints the answer."""
    return "print(trace.top_k(3))\n" if top else "print(trace.logits.shape, trace.logits.norm())  # no head: the features\n"


def prefix_words(layout: "TokenLayout") -> str:
    """The tokens in front of the patches: `[CLS] + [DIST] + 4 registers`; empty if there are none."""
    names = [layout.name(token) for token in range(layout.num_prefix_tokens - layout.num_registers)]
    if layout.num_registers:
        names.append("1 register" if layout.num_registers == 1 else f"{layout.num_registers} registers")
    return " + ".join(names)


def reader(layout: "TokenLayout") -> str:
    """Whose attention stands for what the model reads: the class token, or without one the patches on average."""
    return "[CLS]" if layout.cls is not None else "the patches, on average,"
