"""When to choose a Vision Transformer, and which: a pure function of the situation, every reason resting on listed evidence.

`suggest(situation)` decides approach, model and kind of attention, and collects the rules of `published.guide_rules` that hold;
`sensitivity` is the same function with one input changed.
"""

from dataclasses import dataclass, replace

from published.guide_rules import RULES
from published.guide_situation import FEW, OPTIONS, Approach, Attention, Choice, Situation

SIZES = ("Ti", "S", "B", "L")
MODELS = {
    "labels": dict(zip(SIZES, ("ViT-Ti/16", "ViT-S/16", "ViT-B/16", "ViT-L/16"), strict=True)),
    "scratch": dict(zip(SIZES, ("DeiT-Ti/16", "DeiT-S/16", "DeiT-B/16", "DeiT-B/16"), strict=True)),
    "self": dict(zip(SIZES, ("DINOv2-S/14", "DINOv2-S/14", "DINOv2-B/14", "DINOv2-L/14"), strict=True)),
    "text": dict(zip(SIZES, ("CLIP-B/32", "CLIP-B/32", "CLIP-B/16", "CLIP-L/14"), strict=True)),
}
REGISTERS = {"DINOv2-L/14": "DINOv2-L/14-reg4"}  # of DINOv2 only L and larger have artefacts that registers remove
LARGER_CLIP = "CLIP-L/14@336"
SIZE_STEPS = {
    "server": {"offline": 3, "interactive": 2, "video": 1},
    "laptop": {"offline": 2, "interactive": 1, "video": 0},
    "phone": {"offline": 1, "interactive": 0, "video": 0},
}


@dataclass(frozen=True)
class Suggestion:
    """A choice with what it rests on: the rules that hold, as reasons, alternatives, and rules of thumb that would mislead here."""

    choice: Choice
    reasons: tuple[str, ...]
    alternatives: tuple[str, ...]
    traps: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One input with another value, and what would be suggested then."""

    field: str
    value: str | int
    choice: Choice


def approach_for(s: Situation) -> Approach:
    """How to come by a model that does the task."""
    few = s.images in FEW
    if s.task == "text":
        if s.weights != "text":
            return "obtain"
        return "zero_shot" if few else "finetune"
    if s.weights == "none":
        known: dict[str, Approach] = {"millions": "scratch", "tens_of_millions": "pretrain"}
        return known.get(s.images, "obtain")
    if s.task == "search":
        return "frozen"
    if s.weights == "text" and s.task == "classify" and s.images == "hundreds":
        return "zero_shot"
    if s.weights == "self":
        return "frozen" if s.images == "hundreds" or (few and s.task == "dense") else "finetune"
    return "frozen" if s.weights == "text" and s.task == "classify" and few else "finetune"


def attention_for(s: Situation) -> Attention:
    """Windows where every patch seeing every other, in every layer, would be most of the work and time or memory is short."""
    if s.size == 2048:
        return "windowed"
    short = s.speed != "offline" or s.device != "server" or s.task == "dense"
    return "windowed" if s.size == 1024 and short else "global"


def family_for(s: Situation, approach: Approach) -> str:
    """Whose weights: the ones at hand, those to obtain, or the recipe to train with."""
    if approach == "obtain":
        return {"text": "text", "classify": "labels"}.get(s.task, "self")
    if approach == "pretrain":
        return "labels"
    return "scratch" if approach == "scratch" else s.weights


def model_for(s: Situation, approach: Approach) -> str:
    """The largest model that device and speed leave room for; one size less for large pictures that cannot wait."""
    step = SIZE_STEPS[s.device][s.speed] - (s.size >= 1024 and s.speed != "offline")
    family = family_for(s, approach)
    name = MODELS[family][SIZES[max(0, step)]]
    if s.task == "dense" and name in REGISTERS:
        return REGISTERS[name]
    return LARGER_CLIP if name == MODELS["text"]["L"] and s.size >= 384 else name


def choose(s: Situation) -> Choice:
    approach = approach_for(s)
    return Choice(approach, model_for(s, approach), attention_for(s))


def suggest(s: Situation) -> Suggestion:
    """The suggestion for a situation, as ids of `published.guide_rules.RULES`."""
    choice = choose(s)
    held = [rule for rule in RULES.values() if rule.when(s, choice)]
    return Suggestion(choice, *(tuple(rule.id for rule in held if rule.role == role) for role in ("reason", "alternative", "trap")))


def sensitivity(s: Situation) -> tuple[Change, ...]:
    """Every single change of an input that changes the suggestion."""
    now = choose(s)
    changed = (Change(name, value, choose(replace(s, **{name: value}))) for name, values in OPTIONS.items() for value in values)
    return tuple(change for change in changed if change.choice != now)
