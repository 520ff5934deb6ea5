"""Fewer bits: rounding, packing, integer arithmetic and file sizes; and the measures that compare ways to run a model."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load as load_tensors
from safetensors.torch import save
from torch import nn

import vit_core
from tests.support.models.small import VARIANTS, pictures, small_model
from ui.work import cached
from vit_core import cost
from vit_core.study.altered import run_with
from vit_core.study.efficiency import quantization, strategies
from vit_core.train import snapshots


@given(bits=st.integers(2, 8), rows=st.integers(1, 6), columns=st.integers(1, 9), seed=st.integers(0, 50))
def test_no_weight_moves_by_more_than_half_a_step(bits: int, rows: int, columns: int, seed: int) -> None:
    weight = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    steps, scale = quantization.quantise(weight, bits)
    assert steps.abs().max() <= quantization.top_step(bits)
    assert ((weight - steps * scale).abs() <= scale * 0.5001).all()
    packed = quantization.pack(steps, bits)
    assert len(packed) == -(-rows * columns * bits // 8)
    assert torch.equal(quantization.unpack(packed, bits, (rows, columns)), steps)


def test_by_hand() -> None:
    steps, scale = quantization.quantise(torch.tensor([[0.7, -0.2, 0.05], [0.0, 0.0, 0.0]]), 4)
    assert steps.tolist() == [[7, -2, 0], [0, 0, 0]]
    assert scale.flatten().tolist() == pytest.approx([0.1, 1.0])
    assert quantization.pack(torch.tensor([[1, -1, 0, 1]], dtype=torch.int8), 2).tolist() == [0b10_01_00_10]
    with pytest.raises(ValueError, match="between 2 and 8; got 9"):
        quantization.top_step(9)


def test_eight_bits_are_those_of_the_shipped_snapshots() -> None:
    weight = torch.randn(5, 7, generator=torch.Generator().manual_seed(3))
    steps, scale = quantization.quantise(weight)
    expected = snapshots.quantise(weight)
    assert torch.equal(steps, expected[0]) and torch.equal(scale[:, 0], expected[1])


def test_an_int8_layer_is_its_two_roundings_and_nothing_else() -> None:
    layer = nn.Linear(24, 16)
    x = torch.randn(2, 5, 24, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        (qx, sx), (qw, sw) = quantization.quantise(x), quantization.quantise(layer.weight)
        expected = (qx.double() * sx) @ (qw.double() * sw).T + layer.bias
        found = quantization.Int8Linear(layer)(x)
    torch.testing.assert_close(found, expected.float(), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_kind_of_model_runs_in_fewer_bits_and_stays_as_it_was(name: str) -> None:
    model, x = small_model(**VARIANTS[name]), pictures(1)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    own = model(x).logits
    for other in (quantization.in_int8(model), quantization.rounded(model, 8)):
        _, logits = run_with(other, x, 4, {})
        assert logits.shape == own.shape and (logits - own).abs().max() < 0.2 * own.abs().max()
    half = quantization.in_floats(model, "bf16")
    assert run_with(half, x.bfloat16(), 4, {})[1].dtype == torch.bfloat16
    assert all(torch.equal(tensor, before[key]) for key, tensor in model.state_dict().items())


def test_bytes_on_disk_are_those_of_a_file() -> None:
    model = small_model()
    plain = save(dict(model.state_dict()))
    assert quantization.bytes_on_disk(model, "fp32") == len(plain)
    sizes = [quantization.bytes_on_disk(model, kind) for kind in ("fp32", "fp16", 8, 4, 2)]
    bundled = vit_core.load()
    large = [quantization.bytes_on_disk(bundled, kind) for kind in ("fp32", "fp16", 8, 4, 2)]
    assert large == sorted(large, reverse=True) and sizes[0] > sizes[1]
    assert large[0] == pytest.approx(4 * cost.parameters(bundled.config).total, rel=0.01)
    assert load_tensors(plain).keys() == model.state_dict().keys()


def test_agreement_is_the_same_on_every_run() -> None:
    model = vit_core.load()
    small = quantization.rounded(model, 6)

    pictures = [vit_core.preprocess(cached.gallery_picture(id), model, image_size=112) for id in list(cached.gallery())[:4]]

    def compare() -> list[strategies.Agreement]:
        return [strategies.agreement(run_with(model, x, 16, {}), run_with(small, x, 16, {}), True) for x in pictures]

    first = compare()
    assert first == compare()
    assert 0 < sum(found.same for found in first) <= len(first)
    assert all(-1 <= found.cosine <= 1.0001 for found in first)


def test_an_answer_agrees_with_itself_and_features_are_compared_without_a_head() -> None:
    model, x = small_model(num_classes=0), pictures(1)
    own = run_with(model, x, 4, {})
    found = strategies.agreement(own, own, False)
    assert found.same is None and found.own is None
    assert (found.cosine, found.difference) == (pytest.approx(1), 0)


def test_measures() -> None:
    def slow() -> None:
        for _ in range(40):
            torch.ones(300, 300) @ torch.ones(300, 300)

    assert strategies.time_ratio(lambda: torch.ones(2), slow, 3) > 2
    assert strategies.peak_bytes(lambda: torch.ones(1000)) == 4000
    with pytest.raises(ValueError, match="at least 1"):
        strategies.time_ratio(slow, slow, 0)
