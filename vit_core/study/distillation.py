"""What a student learns of its teacher's answer: classes that both name, the answer at a temperature, how far the student's is from it."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import ViTConfig
from vit_core.readout import whole_names


def in_common(one: ViTConfig, other: ViTConfig) -> tuple[Int[Tensor, " common"], Int[Tensor, " common"]]:
    """The classes that two models both name, as their numbers in each, in the order of `one`.

    Names are compared by their synonyms, case aside: "tabby" is a class of "tabby, tabby cat". A name that stands for several classes of
    `other` is none of them; where there are as many classes and neither model has names, they are taken for the same.
    """
    if one.num_classes == other.num_classes and one.labels == other.labels:
        return torch.arange(one.num_classes), torch.arange(one.num_classes)
    places: dict[str, set[int]] = {}
    for number, name in enumerate(whole_names(other)):
        for synonym in synonyms(name):
            places.setdefault(synonym, set()).add(number)
    pairs: dict[int, int] = {}
    for number, name in enumerate(whole_names(one)):
        found = set().union(*(places.get(synonym, set()) for synonym in synonyms(name)))
        if len(found) == 1 and (there := found.pop()) not in pairs.values():
            pairs[number] = there
    return torch.tensor(list(pairs), dtype=torch.long), torch.tensor(list(pairs.values()), dtype=torch.long)


def synonyms(name: str) -> list[str]:
    """The names that a class goes by."""
    return [part.strip().lower() for part in name.split(",")]


def softened(logits: Float[Tensor, "*lead classes"], temperature: float) -> Float[Tensor, "*lead classes"]:
    """`softmax(logits / temperature)`: the higher the temperature, the more even (Hinton et al. 2015). ValueError unless it is above 0."""
    if temperature <= 0:
        raise ValueError(f"A temperature must be above 0; got {temperature}.")
    return (logits.double() / temperature).softmax(dim=-1)


def divergence(
    teacher: Float[Tensor, "*lead classes"], student: Float[Tensor, "*lead classes"], temperature: float = 1.0
) -> Float[Tensor, "*lead"]:
    """Kullback–Leibler divergence of the student's answer from the teacher's, in nats, both at a temperature; 0 where they agree."""
    target = softened(teacher, temperature)
    other = (student.double() / temperature).log_softmax(dim=-1)
    return (target * ((teacher.double() / temperature).log_softmax(dim=-1) - other)).sum(dim=-1)
