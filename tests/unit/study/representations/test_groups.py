"""Groups of patches against their definitions, pair by pair, and against scikit-learn; a patch's answer against the head on its row."""

import itertools

import pytest
import torch
from sklearn.metrics import adjusted_rand_score
from torch.testing import assert_close

from tests.support.models.small import VARIANTS, as_released, pictures, small_model
from vit_core.study.representations.groups import crossed, parted, patch_answers, rand_index, renamed


def chance(count: int, most: int, seed: int) -> torch.Tensor:
    return torch.randint(most, (count,), generator=torch.Generator().manual_seed(seed))


def test_the_share_between_groups_is_that_of_the_squares():
    rows = torch.randn((20, 4), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    groups = chance(20, 3, 1)
    means = torch.stack([rows[groups == group].mean(0) for group in groups])
    assert parted(rows, groups) == pytest.approx(float((means - rows.mean(0)).square().sum() / (rows - rows.mean(0)).square().sum()))
    assert parted(rows, torch.arange(20)) == pytest.approx(1) and parted(rows, torch.zeros(20, dtype=torch.int64)) == pytest.approx(0)
    assert parted(torch.ones(5, 2), torch.zeros(5, dtype=torch.int64)) != parted(torch.ones(5, 2), torch.zeros(5, dtype=torch.int64))


@pytest.mark.parametrize("seed", range(5))
def test_the_rand_index_is_scikit_learns_and_that_of_the_pairs(seed):
    one, other = chance(30, 4, seed), chance(30, 6, 100 + seed)
    together = [(a == b, c == d) for (a, c), (b, d) in itertools.combinations(zip(one.tolist(), other.tolist(), strict=True), 2)]
    both, first, second = (sum(map(of, together)) for of in (all, lambda pair: pair[0], lambda pair: pair[1]))
    expected = first * second / len(together)
    assert rand_index(one, other) == pytest.approx((both - expected) / ((first + second) / 2 - expected))
    assert rand_index(one, other) == pytest.approx(adjusted_rand_score(one.tolist(), other.tolist()))


def test_the_rand_index_of_the_same_and_of_nothing_to_tell_apart():
    one = chance(30, 4, 0)
    assert rand_index(one, 3 - one) == 1
    alone = torch.zeros(6, dtype=torch.int64)
    assert rand_index(alone, alone) == adjusted_rand_score([0] * 6, [0] * 6) == 1
    assert rand_index(alone[:1], alone[:1]) == 1


def test_groups_take_the_names_of_those_they_share_most_with():
    before = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2])
    assert crossed(before, before).diagonal().tolist() == [3, 2, 4]
    swapped = torch.tensor([2, 2, 2, 0, 0, 1, 1, 1, 1])
    assert renamed(swapped, before, 3).tolist() == before.tolist()
    merged = torch.tensor([1, 1, 1, 1, 1, 0, 0, 0, 0])  # two of them became one, which has the name of the larger
    assert renamed(merged, before, 4).tolist() == [0, 0, 0, 0, 0, 2, 2, 2, 2]
    found = renamed(chance(50, 6, 2), chance(50, 6, 3), 6)
    assert rand_index(found, chance(50, 6, 2)) == 1


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_patchs_answer_is_the_heads_on_its_row(variant):
    trace = small_model(**VARIANTS[variant])(pictures(1))
    if not trace.config.num_classes:
        with as_released(), pytest.raises(ValueError, match="has no classes: a patch has nothing to say"):
            patch_answers(trace, 0)
        return
    answers, probabilities = patch_answers(trace, 1)
    assert answers.shape == probabilities.shape == (trace.layout.num_patches,)
    if trace.config.pool != "cls" or trace.config.projection:
        return
    patch = trace.layout.num_prefix_tokens + 3
    stream = trace.block(1).resid_post.clone()
    stream[:, trace.layout.cls] = stream[:, patch]  # the whole model's end, with the patch's row where [CLS] stands
    logits = trace.model.read_out(stream, trace.layout)[1][0]
    probs = (logits / trace.config.temperature).softmax(dim=-1)
    assert int(answers[3]) == int(probs.argmax())
    assert_close(probabilities[3], probs.max())
