"""Who reads the answer, over which rows, what that is called, and what the classes are called: decided here and nowhere else.

A model's last rows hold its answer; `ViTConfig.pool` says which of them the head reads. A kind that is not known here raises, so that none
is taken for another.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, NoReturn

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vit_core.config import TokenLayout, ViTConfig

if TYPE_CHECKING:
    from vit_core.trace import ViTTrace


@dataclass(frozen=True)
class Reader:
    """One vector that the answer is read off: a token's row, or the mean of the patches' rows.

    `name`: what the vector is called. `who`: the token or tokens that it stands for, as the subject of a sentence; `several` of them take
    the verb's plural.
    """

    name: str
    who: str
    several: bool = False

    def rows(self, layout: TokenLayout) -> slice:
        """Where its rows stand in the sequence. ValueError if the layout has no such token."""
        at = {CLASS_TOKEN: layout.cls, DISTILLATION_TOKEN: layout.dist, PATCHES: layout.patches}[self]
        if at is None:
            raise ValueError(f"The answer is read off {self.name}, but the sequence has no such token.")
        return at if isinstance(at, slice) else slice(at, at + 1)

    def of(self, values: Float[Tensor, "*lead tokens dim"], layout: TokenLayout) -> Float[Tensor, "*lead dim"]:
        """Its vector among the rows of all tokens: `[..., T, D]` to `[..., D]`."""
        return values[..., self.rows(layout), :].mean(dim=-2)

    @property
    def on_average(self) -> str:
        """`who`, where what they do is shown as a mean."""
        return f"{self.who}, on average," if self.several else self.who

    def does(self, one: str, many: str) -> str:
        """The verb that agrees with `who`."""
        return many if self.several else one


CLASS_TOKEN = Reader("[CLS]", "[CLS]")
DISTILLATION_TOKEN = Reader("[DIST]", "[DIST]")
PATCHES = Reader("the mean of the patches", "the patches", several=True)


@dataclass(frozen=True)
class Readout:
    """What the head reads: the `lead`, whose attention and rows the pages follow, and the vector `beside` it, if there is one.

    `heads`: "one" that reads one vector, or both in one ("wide"); or "two", one for each vector, whose logits are averaged.
    """

    lead: Reader
    beside: Reader | None = None
    heads: Literal["one", "wide", "two"] = "one"

    @property
    def readers(self) -> tuple[Reader, ...]:
        """All vectors that the head reads, in its order."""
        return (self.lead,) if self.beside is None else (self.lead, self.beside)

    @property
    def subject(self) -> str:
        """All that the head reads, as the subject of a sentence; where there are two heads, of one in the plural."""
        match self.heads, self.beside:
            case "one", None:
                return self.lead.name
            case "two", Reader(name=other):
                return f"{self.lead.name} and {other}"
            case "wide", Reader(name=other):
                return f"{self.lead.name} beside {other}"
            case _:
                raise ValueError(f"There are no words for {self.heads} head over {len(self.readers)} vectors.")

    @property
    def name(self) -> str:
        """All that the answer is read off, as a person calls it."""
        return f"{self.subject}, averaged" if self.heads == "two" else self.subject

    @property
    def reads_mean(self) -> bool:
        """Whether the answer is read off the mean of the patches alone, whatever tokens stand in front of them."""
        return self.readers == (PATCHES,)

    def rows(self, layout: TokenLayout) -> tuple[int, ...]:
        """Every token whose last row the answer depends on, in rising order."""
        return tuple(sorted({token for reader in self.readers for token in range(layout.num_tokens)[reader.rows(layout)]}))


def readout(config: ViTConfig) -> Readout:
    """Who reads the answer of such a model. ValueError for a kind of `pool` that is not known here."""
    match config.pool:
        case "cls":
            return Readout(CLASS_TOKEN)
        case "cls_dist":
            return Readout(CLASS_TOKEN, DISTILLATION_TOKEN, "two")
        case "cls_mean":
            return Readout(CLASS_TOKEN, PATCHES, "wide")
        case "mean":
            return Readout(PATCHES)
        case other:
            unknown_pool(other)


def unknown_pool(pool: str) -> NoReturn:
    """ValueError that names the kind."""
    raise ValueError(f'Who reads the answer is not known for `pool` "{pool}".')


def whole_names(config: ViTConfig) -> tuple[str, ...]:
    """The names of the classes as the model's files have them; where it has none, their numbers as it counts them: `class 7`."""
    return config.labels or tuple(f"class {number}" for number in range(config.num_classes))


def class_names(config: ViTConfig) -> tuple[str, ...]:
    """The names of the classes as they stand on screen: `shortened`, each another's. `whole_names` has what a tooltip says."""
    return shortened(whole_names(config))


@lru_cache(maxsize=32)
def shortened(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The first of a name's synonyms, which commas part: "tabby" of "tabby, tabby cat".

    Names whose first synonyms are alike stay whole; where those are alike too, the class's number follows: "crane (class 134)".
    """
    firsts = [label.split(",", 1)[0].strip() or label for label in labels]
    alike, same = Counter(firsts), Counter(labels)
    return tuple(
        first if alike[first] == 1 else label if same[label] == 1 else f"{label} (class {number})"
        for number, (first, label) in enumerate(zip(firsts, labels, strict=True))
    )


class Likely(NamedTuple):
    """One of a picture's likeliest classes: its name as it stands on screen, its probability, its whole name."""

    name: str
    probability: float
    whole: str


def likeliest(config: ViTConfig, logits: Float[Tensor, " classes"], count: int) -> list[Likely]:
    """The `count` likeliest classes of one picture's logits, likeliest first; none where a model has no head."""
    if not config.num_classes:
        return []
    values, indices = probabilities(config, logits).topk(min(count, config.num_classes))
    names, whole = class_names(config), whole_names(config)
    return [Likely(names[i], p, whole[i]) for i, p in zip(indices.tolist(), values.tolist(), strict=True)]


def probabilities(config: ViTConfig, logits: Float[Tensor, "*lead classes"]) -> Float[Tensor, "*lead classes"]:
    """`softmax(logits / temperature)`, with the temperature that was calibrated on the validation set (1 if none was)."""
    return (logits.float() / config.temperature).softmax(dim=-1)


def prefix_words(layout: TokenLayout) -> str:
    """The tokens in front of the patches: `[CLS] + [DIST] + 4 registers`; empty if there are none."""
    names = [layout.name(token) for token in range(layout.num_prefix_tokens - layout.num_registers)]
    if layout.num_registers:
        names.append("1 register" if layout.num_registers == 1 else f"{layout.num_registers} registers")
    return " + ".join(names)


@dataclass(frozen=True)
class Answer:
    """`top`: the likeliest classes, empty without a head; then the features' number `width` and their `length` count."""

    top: list[Likely]
    width: int
    length: float

    @classmethod
    def of(cls, trace: "ViTTrace", count: int) -> "Answer":
        """The answer of a forward pass over one picture, with the `count` likeliest classes."""
        features = trace.logits[0]
        return cls(likeliest(trace.config, features, count), len(features), float(features.norm()))

    @property
    def short(self) -> str:
        """A few words for a table: the likeliest class and its probability, or the features' length."""
        return (
            f"{self.top[0].name} {100 * self.top[0].probability:.0f}%" if self.top else f"{self.width} features, length {self.length:.4g}"
        )


def lead_rows(trace: "ViTTrace") -> Float[Tensor, "stages dim"]:
    """The leading reader's row before the first block and after each, of the first picture: `[layers + 1, D]`."""
    lead = readout(trace.config).lead
    return torch.stack([lead.of(trace.resid(layer)[0], trace.layout) for layer in range(trace.depth + 1)])


def lead_start(trace: "ViTTrace") -> Float[Tensor, " dim"]:
    """The leading reader's row before positions are added: the learned token, or the mean of the patch embeddings."""
    lead = readout(trace.config).lead
    if lead == PATCHES:
        return trace.patch_embeddings[0].mean(dim=0)
    learned = {CLASS_TOKEN: trace.model.cls_token, DISTILLATION_TOKEN: trace.model.dist_token}[lead]
    assert learned is not None, "A reader that the configuration names is a learned row."
    return learned[0, 0].detach()


def features(trace: "ViTTrace") -> Float[Tensor, " features"]:
    """What the head reads, in one row: the normalised vectors one after the other; without a head, what the model ends with."""
    return trace.pooled[0].flatten() if trace.config.num_classes else trace.logits[0]


def head_matrix(
    trace: "ViTTrace", pooled: Float[Tensor, "*vectors dim"] | None = None
) -> tuple[Float[Tensor, "classes features"], Float[Tensor, " classes"]]:
    """Weights and bias with `logits = features @ weights.T + bias`. Two heads count half each. With a projection the weights hold for
    what was `pooled` (the trace's own by default): text features through the projection, divided by the length of what it projects.
    ValueError if the model has no head."""
    head, second = trace.model.head, trace.model.head_dist
    if not isinstance(head, nn.Linear):
        raise ValueError("This model has no head, so there is no matrix of classes.")
    weight = head.weight.detach()
    bias = torch.zeros(len(weight)) if head.bias is None else head.bias.detach()
    if trace.model.projection is not None:
        length = trace.model.projection(trace.pooled[0] if pooled is None else pooled).norm()
        return weight @ trace.model.projection.weight.detach() / length, bias
    if second is None:
        return weight, bias
    return torch.cat([weight, second.weight.detach()], dim=1) / 2, (bias + second.bias.detach()) / 2


def head_on(trace: "ViTTrace", rows: Float[Tensor, "rows dim"]) -> Float[Tensor, "rows classes"]:
    """The logits where other normalised rows take the leading reader's place; what the head reads beside it stays."""
    if trace.model.projection is not None:
        return trace.model.classify(rows)
    weight, bias = head_matrix(trace)
    beside = trace.pooled[0].reshape(-1, rows.shape[-1])[1:].flatten()
    return torch.cat([rows, beside.expand(len(rows), -1)], dim=1) @ weight.T + bias


def without_norm(trace: "ViTTrace") -> Float[Tensor, " classes"]:
    """The probabilities where the LayerNorm before the head is left out."""
    rows = trace.resid(trace.depth)[0]
    read = torch.cat([reader.of(rows, trace.layout) for reader in readout(trace.config).readers])
    if trace.model.projection is not None:
        return probabilities(trace.config, trace.model.classify(read))
    weight, bias = head_matrix(trace)
    return probabilities(trace.config, read @ weight.T + bias)
