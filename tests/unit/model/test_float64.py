"""A model in float64 is so throughout: what magnifies rounding, like relevance handed back, is right to its last digit only then."""

from functools import cache

import numpy as np
import pytest
import torch

import vit_core
from tests.support.explained64 import Explained
from tests.support.recount.forward64 import Network, default_weights, network, pixels32, run
from vit_core.model import VisionTransformer
from vit_core.study.explanations.gradients import Question, what_reads
from vit_core.study.explanations.propagation import relevance_rollout


@cache
def both(double: bool) -> tuple[VisionTransformer, Network]:
    model = vit_core.load()
    return (model.double() if double else model), network(default_weights())


def picture(size: int) -> np.ndarray:
    return pixels32("coffee", size, network(default_weights()))


def tensor(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None]


@pytest.mark.parametrize(("size", "patch"), [(64, 16), (96, 8), (96, 24), (224, 16)])
def test_every_size_and_patch_size_is_computed_in_it(size: int, patch: int) -> None:
    model, net = both(True)
    trace, second = model(tensor(picture(size)), patch), run(net, picture(size), patch)
    np.testing.assert_allclose(trace.logits[0].detach(), second.logits, rtol=0, atol=1e-10)
    for layer in range(trace.depth):
        np.testing.assert_allclose(trace.block(layer).attn_weights[0].detach(), second.attention[layer], rtol=0, atol=1e-12)


def test_relevance_handed_back_has_all_digits_that_a_page_shows() -> None:
    model, net = both(False)
    second = Explained(net, picture(64), 16, 967)
    own = second.few()["relevance-weighted attention"]
    trace = model(tensor(picture(64)).float(), 16)
    np.testing.assert_allclose(what_reads(trace, relevance_rollout(trace, Question(967))), own, rtol=0, atol=1e-9 * own.max())
