"""What speaks for a suggestion, what else one could do, and which rules of thumb mislead: each when it holds, and on which evidence.

`evidence` are keys of `published.evidence.findings`, for a trap of `published.evidence.claims`. Texts hold no figures: the evidence does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from published.guide_situation import FEW, LARGEST, SMALL, UNDER_A_MILLION, Choice, Situation

Condition = Callable[[Situation, Choice], bool]


@dataclass(frozen=True)
class Rule:
    """A sentence that holds when `when` does."""

    id: str
    role: Literal["reason", "alternative", "trap"]
    when: Condition
    text: str
    evidence: tuple[str, ...]


def reason(name: str, when: Condition, text: str, *evidence: str) -> Rule:
    return Rule(name, "reason", when, text, evidence)


def alternative(name: str, when: Condition, text: str, *evidence: str) -> Rule:
    return Rule(name, "alternative", when, text, evidence)


def trap(name: str, when: Condition, text: str, *claims: str) -> Rule:
    return Rule(name, "trap", when, text, claims)


LISTED = (
    reason(
        "few_labels",
        lambda s, c: c.approach == "finetune" and s.images in FEW,
        "Your own pictures only have to adapt weights that exist. That takes far fewer than training from the start.",
        "few_labels",
    ),
    reason(
        "tune_labels",
        lambda s, c: c.approach == "finetune" and s.weights == "labels",
        "Pretraining with labels on a large set, then fine-tuning: this is how most of the published results were reached.",
        "augreg",
        "more_data",
    ),
    reason(
        "tune_self",
        lambda s, c: c.approach == "finetune" and s.weights == "self",
        "Self-supervised weights are already good when frozen, so fine-tuning starts from a high level.",
        "linear",
    ),
    reason(
        "tune_text",
        lambda s, c: c.approach == "finetune" and s.weights == "text",
        "Weights trained with text know far more kinds of things than a set of classes names; your labelled pictures sharpen them.",
        "clip_pairs",
        "zero_shot",
    ),
    reason(
        "frozen_probe",
        lambda s, c: c.approach == "frozen" and s.task != "search" and s.weights == "self",
        "With so few labels, leave the weights as they are and train one linear layer on their features: there is little to overfit.",
        "linear",
        "neighbours",
    ),
    reason(
        "frozen_text",
        lambda s, c: c.approach == "frozen" and s.task == "classify" and s.weights == "text",
        "Keep the picture’s tower frozen and train a linear layer on it, starting from what it answers without any labels.",
        "zero_shot",
    ),
    reason(
        "search_features",
        lambda s, c: c.approach == "frozen" and s.task == "search" and s.weights == "self",
        "Search compares features, so nothing needs to be trained: frozen features put like beside like.",
        "neighbours",
    ),
    reason(
        "search_unmeasured",
        lambda s, c: c.approach == "frozen" and s.task == "search" and s.weights != "self",
        "Search compares features, so nothing needs to be trained. But how well weights of this kind search is in none of the figures "
        "here: what was measured by nearest neighbours is self-supervised. Try both on pictures of your own.",
        "neighbours",
    ),
    reason(
        "zero_shot",
        lambda s, c: c.approach == "zero_shot",
        "Name your classes, or ask your question, in words: a model of pictures and text compares the two without labelled pictures.",
        "zero_shot",
    ),
    reason(
        "obtain_text",
        lambda s, c: c.approach == "obtain" and s.task == "text",
        "Joining pictures and words takes pairs of both, more than anybody labels for one task. Take weights that were trained that way.",
        "clip_pairs",
        "zero_shot",
    ),
    reason(
        "obtain_few",
        lambda s, c: c.approach == "obtain" and s.task != "text",
        "Without pretrained weights, a ViT would have to learn from your pictures alone what nearness means. "
        "Get weights first; they exist for the task.",
        "locality",
        "small_wins",
    ),
    reason(
        "obtain_little_tuning",
        lambda s, c: c.approach == "obtain" and s.task == "classify",
        "What you have is enough to fine-tune them.",
        "few_labels",
        "augreg",
    ),
    reason(
        "obtain_features",
        lambda s, c: c.approach == "obtain" and s.task in ("dense", "search"),
        "Features learned without labels serve such tasks even frozen.",
        "linear",
        "neighbours",
    ),
    reason(
        "scratch_recipe",
        lambda s, c: c.approach == "scratch",
        "About as many pictures as ImageNet-1k has are enough for training from scratch, if the recipe augments strongly.",
        "i1k_recipes",
    ),
    reason(
        "scratch_teacher",
        lambda s, c: c.approach == "scratch",
        "Let a trained model be its teacher: the same model, the same pictures, and a better result.",
        "distillation",
    ),
    reason(
        "scratch_size",
        lambda s, c: c.approach == "scratch" and s.device == "server" and s.speed == "offline",
        "No larger than B: on a set of this size the larger model did not win with the first recipe.",
        "small_wins",
    ),
    reason(
        "pretrain_scale",
        lambda s, c: c.approach == "pretrain",
        "You have enough to pretrain a model of your own and then fine-tune it; more data kept helping, and a larger model "
        "reaches the same error with fewer pictures seen.",
        "more_data",
        "sample_efficiency",
    ),
    reason("pretrain_cost", lambda s, c: c.approach == "pretrain", "What it costs is compute.", "compute"),
    reason(
        "dense_spatial",
        lambda s, c: s.task == "dense",
        "Detection and segmentation need to know where. The tokens of a ViT keep their places to the end.",
        "spatial",
        "masks",
    ),
    reason(
        "dense_registers",
        lambda s, c: c.model.endswith("-reg4"),
        "At this size take the variant with registers: its maps have no artefacts. Smaller ones of the family have none to remove.",
        "registers",
    ),
    reason(
        "size_large",
        lambda s, c: c.model in LARGEST,
        "Time allows the L size. Beyond it, gains are small for what they cost.",
        "saturation",
        "compute",
    ),
    reason(
        "size_speed",
        lambda s, c: s.speed != "offline" and s.device == "server",
        "The size follows from how long an answer may take. The figures are of throughput in large batches: measure one picture alone.",
        "throughput",
    ),
    reason(
        "size_small",
        lambda s, c: c.model in SMALL and s.device != "server",
        "On this device begin with a small model, and measure it there before anything else: the published speeds are from a GPU.",
        "tiny",
        "mobilevit",
        "throughput",
    ),
    reason(
        "size_step_down",
        lambda s, c: s.size >= 1024 and s.speed != "offline",
        "Large pictures have many tokens, so take one size less than you would otherwise.",
        "share",
    ),
    reason(
        "low_resolution",
        lambda s, c: s.size == 224,
        "At this resolution attention is a small part of the work; its square does not matter yet.",
        "share",
    ),
    reason("higher_resolution", lambda s, c: s.size == 384, "More pixels help a little, through more tokens.", "resolution", "token_count"),
    reason(
        "global_large",
        lambda s, c: s.size == 1024 and c.attention == "global",
        "Where an answer can wait, every patch may see every other even at this size: a fused kernel keeps the memory linear.",
        "fused",
        "share",
    ),
    reason(
        "windows",
        lambda s, c: c.attention == "windowed",
        "Let most layers attend inside windows and a few everywhere: the same weights, and a cost that stays nearly linear.",
        "sam",
        "share",
    ),
    alternative(
        "instead_probe",
        lambda s, c: c.approach == "finetune" and s.weights == "self",
        "Leave the weights frozen and train a linear layer: cheaper, and one model then serves many tasks.",
        "linear",
    ),
    alternative(
        "instead_features",
        lambda s, c: c.approach == "finetune" and s.weights in ("labels", "text") and s.images in FEW,
        "Take self-supervised weights and train one linear layer on their frozen features: quicker, and hardly anything to set.",
        "linear",
    ),
    alternative(
        "instead_tune",
        lambda s, c: c.approach in ("frozen", "zero_shot") and s.images != "hundreds",
        "Fine-tune all weights, if the frozen features turn out too far from your pictures.",
        "few_labels",
    ),
    alternative(
        "instead_convolutions",
        lambda s, c: c.approach == "obtain" and s.task == "classify" and s.images in UNDER_A_MILLION,
        "If you may not use others’ weights: a convolutional network, whose locality is built in, or a small ViT with strong augmentation.",
        "locality",
        "augreg_data",
    ),
    alternative(
        "instead_quick_scratch",
        lambda s, c: c.approach == "scratch" and c.model in SMALL,
        "A first result is cheap: try a short training before a long one.",
        "quick_training",
    ),
    alternative(
        "instead_weights",
        lambda s, c: c.approach in ("scratch", "pretrain"),
        "If weights of others are allowed after all, fine-tuning them costs a fraction.",
        "augreg",
        "few_labels",
    ),
    alternative(
        "instead_masking",
        lambda s, c: c.approach == "pretrain",
        "Pretrain without labels first: pictures without labels are easier to come by, and only a part of each has to be computed.",
        "masking",
    ),
    alternative(
        "instead_larger_patches",
        lambda s, c: s.speed == "video",
        "Larger patches: a quarter of the tokens, for some accuracy.",
        "larger_patches",
        "token_count",
    ),
    alternative(
        "instead_merging",
        lambda s, c: s.speed == "video" or s.device == "phone",
        "Merge similar tokens on the way, without training again.",
        "merging",
    ),
    alternative(
        "instead_distilling",
        lambda s, c: s.device == "phone" and c.approach in ("finetune", "frozen"),
        "Fine-tune a large model on a server and distil it into the small one.",
        "distillation",
    ),
    alternative(
        "instead_flexible",
        lambda s, c: s.speed == "interactive" and s.size >= 384,
        "A flexible model lets you choose the patch size, and so the cost, for each picture.",
        "flexible",
    ),
    alternative(
        "instead_smaller_pictures",
        lambda s, c: s.size >= 1024 and s.task in ("classify", "search", "text"),
        "Ask first whether the task needs this resolution: for one answer a picture, gains above a few hundred pixels are small.",
        "resolution",
    ),
    trap("trap_ten_million", lambda s, c: s.images != "tens_of_millions", "“ViTs are for ten million pictures and more.”", "ten_million"),
    trap("trap_exponential", lambda s, c: c.model in LARGEST, "“A larger model needs exponentially more data.”", "exponential"),
    trap("trap_mobile", lambda s, c: s.device == "phone" or s.speed == "video", "“No ViT on a phone or in real time.”", "mobile"),
    trap("trap_over_1024", lambda s, c: s.size >= 1024, "“No ViT over 1024 px.”", "over_1024"),
    trap("trap_memory", lambda s, c: s.size >= 1024, "“At high resolution memory is the limit.”", "limit", "on2"),
    trap("trap_layers", lambda s, c: s.task == "dense", "“Early layers see locally, late ones globally.”", "layers"),
)

RULES: dict[str, Rule] = {rule.id: rule for rule in LISTED}
