"""Several sizes of one picture: the mean of the answers, and the smallest that is sure enough."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vit_core.study.efficiency import scales

PROBS = torch.tensor([[[0.6, 0.4], [0.9, 0.1]], [[0.3, 0.7], [0.8, 0.2]], [[0.45, 0.55], [0.2, 0.8]]], dtype=torch.float64)
"""Of three sizes and two pictures."""


def test_the_mean_counts_every_size_alike() -> None:
    torch.testing.assert_close(scales.averaged(PROBS), torch.tensor([[0.45, 0.55], [1.9 / 3, 1.1 / 3]], dtype=torch.float64))
    with pytest.raises(ValueError, match="no answer to average"):
        scales.averaged(PROBS[:0])


def test_answers_are_calibrated_and_add_up() -> None:
    logits = torch.tensor([[1.0, 3.0]])
    torch.testing.assert_close(scales.answers(logits, 2.0)[0, 1], torch.tensor(1 / (1 + torch.e**-1), dtype=torch.float64))


@pytest.mark.parametrize(
    ("threshold", "sizes"), [(0.0, [0, 0]), (0.6, [0, 0]), (0.65, [1, 0]), (0.85, [2, 0]), (0.95, [2, 2]), (1.0, [2, 2])]
)
def test_the_first_size_that_is_sure_is_kept_else_the_last(threshold: float, sizes: list[int]) -> None:
    assert scales.sure(PROBS, threshold).tolist() == sizes
    torch.testing.assert_close(scales.kept(PROBS, threshold), torch.stack([PROBS[size, i] for i, size in enumerate(sizes)]))


def test_every_size_that_was_tried_is_paid_for() -> None:
    assert [scales.spent([3, 5, 7], tried) for tried in range(3)] == [3, 8, 15]


@given(seed=st.integers(0, 999), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_higher_threshold_never_stops_earlier(seed: int, low: float, high: float) -> None:
    probs = torch.rand((4, 5, 3), generator=torch.Generator().manual_seed(seed), dtype=torch.float64).softmax(dim=-1)
    low, high = sorted((low, high))
    assert bool((scales.sure(probs, low) <= scales.sure(probs, high)).all())
    assert scales.agreement(scales.kept(probs, 1.0), probs[-1]) >= 0


def test_agreement_counts_pictures() -> None:
    assert scales.agreement(PROBS[0], PROBS[2]) == 0 and scales.agreement(PROBS[0], PROBS[0]) == 2
