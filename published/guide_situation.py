"""What a person has and needs, and what can be suggested: the words that the guide and its rules share."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import product
from typing import Literal, get_args

Task = Literal["classify", "dense", "search", "text"]
Images = Literal["hundreds", "thousands", "hundred_thousands", "millions", "tens_of_millions"]
Weights = Literal["none", "labels", "self", "text"]
ImageSize = Literal[224, 384, 1024, 2048]
Speed = Literal["offline", "interactive", "video"]
Device = Literal["server", "laptop", "phone"]
Approach = Literal["zero_shot", "frozen", "finetune", "scratch", "pretrain", "obtain"]
Attention = Literal["global", "windowed"]

FEW = ("hundreds", "thousands")
UNDER_A_MILLION = (*FEW, "hundred_thousands")
LARGEST = ("ViT-L/16", "DINOv2-L/14", "DINOv2-L/14-reg4", "CLIP-L/14", "CLIP-L/14@336")
SMALL = ("ViT-Ti/16", "ViT-S/16", "DeiT-Ti/16", "DeiT-S/16", "DINOv2-S/14", "CLIP-B/32")


@dataclass(frozen=True)
class Situation:
    """What one has and needs. `images`: labelled pictures of one's own, `size`: side of the input in pixels, `weights`: pretrained ones at
    hand."""

    task: Task = "classify"
    images: Images = "thousands"
    weights: Weights = "labels"
    size: ImageSize = 224
    speed: Speed = "interactive"
    device: Device = "server"


OPTIONS: dict[str, tuple] = {field.name: get_args(field.type) for field in fields(Situation)}


@dataclass(frozen=True)
class Choice:
    """What is suggested: how to come by a model, which one (a name of the table of models), and how its attention is laid out."""

    approach: Approach
    model: str
    attention: Attention


def situations() -> Iterator[Situation]:
    """All of them; the last input changes fastest."""
    return (Situation(*values) for values in product(*OPTIONS.values()))
