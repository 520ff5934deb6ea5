"""All methods in one list: what each is called, whose it is, how often it runs the model, and its map."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

import torch
from jaxtyping import Float
from torch import Tensor

from vit_core.readout import readout
from vit_core.study.explanations import gradients
from vit_core.study.explanations.gradients import DRAWS, STEPS, Question
from vit_core.study.explanations.masks import MASKS, occluded, rise
from vit_core.study.explanations.propagation import relevance_rollout
from vit_core.study.explanations.relevance import AttentionRules, FixedGates, relevance
from vit_core.study.perturbation import attention_on_patches
from vit_core.trace import ViTTrace

Parts = Iterator[Float[Tensor, " part"]]
FACTS = 2  # numbers after a map: milliseconds, and what its sum leaves over (nan where it has no such promise)


@dataclass(frozen=True)
class Method:
    """One way to explain. `run` gives empty parts on its way and the map, with what it leaves over, at last; `forward` and `backward` are
    the passes that it takes, where None stands for one a patch, and relevance handed back counts as a backward pass. `signed`: whether
    less than nothing is against the class; `leaves`: what its sum leaves over, if it promises a sum."""

    id: str
    name: str
    source: str
    forward: int | None
    backward: int
    run: Callable[[ViTTrace, Question], Parts]
    signed: bool = False
    leaves: str = ""

    def passes(self, patches: int) -> tuple[int, int]:
        """Forward and backward passes, in pictures."""
        return patches if self.forward is None else self.forward, self.backward


def in_one(make: Callable[[ViTTrace, Question], Float[Tensor, " patches"]]) -> Callable[[ViTTrace, Question], Parts]:
    """A method that is made in one part."""

    def run(trace: ViTTrace, question: Question) -> Parts:
        yield make(trace, question)

    return run


def integrated(trace: ViTTrace, question: Question) -> Parts:
    """Integrated gradients and their gap."""
    found = gradients.integrated_gradients(trace, question)
    yield torch.cat([found.patches, torch.tensor([found.gap], dtype=torch.float64)])


def relevant(trace: ViTTrace, question: Question, rules: type[FixedGates] = FixedGates) -> Parts:
    """The patches' relevance, and what the other tokens and the biases have."""
    found = relevance(trace, question, rules)
    patches = found.tokens[trace.layout.patches]
    yield torch.cat([patches, (found.score - patches.sum())[None]])


def cam_layer(trace: ViTTrace) -> int:
    """The last layer after which patches have a gradient."""
    return trace.depth - 1 if trace.layout.patches.start in readout(trace.config).rows(trace.layout) else trace.depth - 2


METHODS = (
    Method("gradient", "gradient", "Simonyan et al. 2014", 1, 1, in_one(gradients.gradient)),
    Method("product", "gradient × input", "Shrikumar et al. 2016", 1, 1, in_one(gradients.gradient_times_input), signed=True),
    Method(
        "integrated",
        "integrated gradients",
        "Sundararajan et al. 2017",
        STEPS + 2,
        STEPS + 2,
        integrated,
        signed=True,
        leaves="completeness gap",
    ),
    Method("smooth", "SmoothGrad", "Smilkov et al. 2017", DRAWS, DRAWS, in_one(gradients.smooth_gradient)),
    Method(
        "cam", "Grad-CAM on tokens", "Selvaraju et al. 2017", 1, 1, in_one(lambda t, q: gradients.token_cam(t, q, max(0, cam_layer(t))))
    ),
    Method("rollout", "attention rollout", "Abnar & Zuidema 2020", 0, 0, in_one(lambda t, _: attention_on_patches(t, None))),
    Method(
        "weighted",
        "gradient-weighted attention",
        "Chefer et al. 2021, ICCV",
        1,
        1,
        in_one(lambda t, q: gradients.what_reads(t, gradients.weighted_rollout(t, q))),
    ),
    Method(
        "propagated",
        "relevance-weighted attention",
        "Chefer et al. 2021, CVPR",
        2,
        2,
        in_one(lambda t, q: gradients.what_reads(t, relevance_rollout(t, q))),
    ),
    Method("relevance", "conserved relevance", "Ali et al. 2022", 1, 1, relevant, signed=True, leaves="on other tokens and biases"),
    Method(
        "attnlrp",
        "AttnLRP",
        "Achtibat et al. 2024",
        1,
        1,
        lambda t, q: relevant(t, q, AttentionRules),
        signed=True,
        leaves="on other tokens, biases and softmax",
    ),
    Method("occlusion", "occlusion", "Zeiler & Fergus 2014", None, 0, occluded, signed=True),
    Method("rise", "RISE", "Petsiuk et al. 2018", MASKS, 0, rise, signed=True),
)
QUICK = tuple(method for method in METHODS if method.forward in (0, 1, 2))


def explained(trace: ViTTrace, question: Question, methods: Sequence[Method] = METHODS) -> Parts:
    """The map of each method in turn `[N]`, with the milliseconds that it took here and what it leaves over: `N + FACTS` numbers a method.
    Empty parts between."""
    patches = trace.layout.num_patches
    for method in methods:
        began = perf_counter()
        for part in method.run(trace, question):
            if len(part):
                left = part[patches:].tolist() or [float("nan")]
                took = 1000 * (perf_counter() - began)
                yield torch.cat([part[:patches].double(), torch.tensor([took, *left], dtype=torch.float64)]).float()
            else:
                yield part


def passes(patches: int, methods: Sequence[Method] = METHODS) -> tuple[int, int]:
    """Forward and backward passes of all of them."""
    forward, backward = zip(*(method.passes(patches) for method in methods), strict=True)
    return sum(forward), sum(backward)
