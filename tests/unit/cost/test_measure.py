"""Closed forms equal what a running model costs, to the byte and to the operation, for every variant, size and batch."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.checkpoint import checkpoint

from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.cost import measure
from vit_core.model import Editor, VisionTransformer

PLAIN = ViTConfig(embed_dim=8, depth=2, num_heads=2, mlp_hidden=32, num_classes=5, norm_eps=1e-6, image_size=(8, 12), patch_size=4)
VARIANTS = {
    "plain": {},
    "quick_gelu": {"act": "quick_gelu"},
    "gelu_tanh": {"act": "gelu_tanh"},
    "swiglu": {"ffn": "swiglu", "mlp_hidden": 11},
    "layer_scale": {"layer_scale": True},
    "registers": {"num_registers": 3, "mask_token": True},
    "distil": {"distill_token": True, "pool": "cls_dist"},
    "distil without head": {"distill_token": True, "pool": "cls_dist", "num_classes": 0},
    "distil, one head": {"distill_token": True},
    "class token beside the mean": {"pool": "cls_mean"},
    "clip": {"pre_norm": True, "patch_bias": False, "head_bias": False, "act": "quick_gelu"},
    "no bias": {"qkv_bias": False, "patch_bias": False, "head_bias": False},
    "no head": {"num_classes": 0},
    "mean": {"pool": "mean"},
    "mean, normalised after": {"pool": "mean", "norm_position": "after_pool"},
    "no prefix": {"pool": "mean", "class_token": False},
    "patch positions": {"pos_covers": "patches", "num_registers": 1},
    "one head": {"num_heads": 1},
    "grey": {"in_chans": 1},
    "small kernel": {"kernel_size": 2},
    "own position grid": {"pos_grid": (5, 3), "pos_interpolation": "bicubic_antialias"},
    "wide head": {"num_classes": 2000},
    "wide head, distil": {"num_classes": 2000, "distill_token": True, "pool": "cls_dist"},
    "narrow MLP": {"mlp_hidden": 1},
}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Models this small are not worth a second thread, and on a busy machine threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def built(config: ViTConfig) -> VisionTransformer:
    return VisionTransformer(config).init_weights().eval()


def expected(config: ViTConfig, size: tuple[int, int], patch: int, batch: int) -> dict[str, int]:
    at = {"image_size": size, "patch_size": patch, "batch": batch}
    counts = {
        "parameters": cost.parameters(config).total,
        "macs": cost.macs(config, size, patch).total,
        "trace": cost.trace_bytes(config, **at),
    }
    for attention in ("fused", "explicit"):
        for keep in (True, False):
            counts[f"peak, {attention}, trace kept: {keep}"] = cost.inference_peak(config, **at, attention=attention, keep_trace=keep)
        counts[f"saved, {attention}"] = cost.saved_activations(config, **at, attention=attention)
        counts[f"saved and kept, {attention}"] = cost.saved_activations(config, **at, attention=attention, keep_trace=True)
    return counts


def measured(config: ViTConfig, size: tuple[int, int], patch: int, batch: int) -> dict[str, int]:
    model = built(config)
    counts = {
        "parameters": measure.parameters(model),
        "macs": measure.macs(model, size, patch),
        "trace": model(torch.zeros(batch, config.in_chans, *size), patch).kept_bytes,
    }
    for attention in ("fused", "explicit"):
        for keep in (True, False):
            counts[f"peak, {attention}, trace kept: {keep}"] = measure.inference_peak(model, size, patch, batch, attention, keep)
        counts[f"saved, {attention}"] = measure.saved_activations(model, size, patch, batch, attention)
        counts[f"saved and kept, {attention}"] = measure.saved_activations(model, size, patch, batch, attention, keep_trace=True)
    return counts


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant(name):
    config = PLAIN.replace(**VARIANTS[name])
    for size, patch, batch in (((8, 12), 4, 2), ((10, 4), 2, 1)):
        assert measured(config, size, patch, batch) == expected(config, size, patch, batch)


@st.composite
def fields(draw: st.DrawFn) -> dict:
    """A configuration's fields; it is built in the test, whose type checks draw random numbers of their own."""
    heads, patch = draw(st.integers(1, 3)), draw(st.sampled_from([2, 3, 4, 8]))
    token, distilled = draw(st.booleans()), draw(st.booleans())
    grid = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    return dict(
        embed_dim=heads * draw(st.sampled_from([2, 4, 6])),
        depth=draw(st.integers(1, 3)),
        num_heads=heads,
        mlp_hidden=draw(st.sampled_from([1, 5, 24])),
        num_classes=draw(st.sampled_from([0, 3, 400])),
        norm_eps=1e-6,
        image_size=(grid[0] * patch, grid[1] * patch),
        patch_size=patch,
        kernel_size=draw(st.sampled_from([None, 2, 4])),
        in_chans=draw(st.sampled_from([1, 3])),
        act=draw(st.sampled_from(["gelu", "gelu_tanh", "quick_gelu"])),
        ffn=draw(st.sampled_from(["mlp", "swiglu"])),
        qkv_bias=draw(st.booleans()),
        patch_bias=draw(st.booleans()),
        head_bias=draw(st.booleans()),
        pre_norm=draw(st.booleans()),
        layer_scale=draw(st.booleans()),
        class_token=token,
        distill_token=token and distilled,
        num_registers=draw(st.integers(0, 2)),
        mask_token=draw(st.booleans()),
        pos_covers=draw(st.sampled_from(["class_and_patches", "patches"])),
        pos_interpolation=draw(st.sampled_from(["bicubic", "bicubic_antialias"])),
        pool="cls_dist" if token and distilled else draw(st.sampled_from(["cls", "mean"])) if token else "mean",
        norm_position=draw(st.sampled_from(["before_pool", "after_pool"])),
    )


@settings(max_examples=25, deadline=None)
@given(
    fields=fields(),
    grid=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    patch=st.sampled_from([2, 3, 4, 8]),
    batch=st.integers(1, 3),
)
def test_any_model(fields, grid, patch, batch):
    config, size = ViTConfig(**fields), (grid[0] * patch, grid[1] * patch)
    assert measured(config, size, patch, batch) == expected(config, size, patch, batch)


@pytest.mark.parametrize(("size", "patch"), [(112, 16), (64, 8)])
def test_a_flexible_model_of_the_bundled_width(size, patch):
    config = ViTConfig(
        embed_dim=192, depth=3, num_heads=12, mlp_hidden=768, num_classes=200, norm_eps=1e-6, kernel_size=8, pos_grid=(14, 14)
    )
    assert measured(config, (size, size), patch, 1) == expected(config, (size, size), patch, 1)


@pytest.mark.parametrize(("size", "patch"), [((8, 12), 4), ((4, 4), 4), ((8, 12), 2)])
def test_two_bytes_an_element(size, patch):
    config = PLAIN.replace(pos_grid=(30, 30), kernel_size=8)
    model = built(config).to(torch.bfloat16)
    assert measure.inference_peak(model, size, patch, 2) == cost.inference_peak(config, size, patch, 2, element_bytes=2)
    trace = model(torch.zeros(2, 3, *size, dtype=torch.bfloat16), patch)
    assert trace.kept_bytes == cost.trace_bytes(config, size, patch, 2, element_bytes=2)
    assert measure.parameters(model) == cost.parameters(config).total


@pytest.mark.parametrize("attention", ["fused", "explicit"])
def test_checkpointing_saves_the_inputs_of_the_blocks(attention):
    model = built(PLAIN).train()
    x = torch.zeros(2, 7, 8, requires_grad=True)
    saved: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor) or tensor, lambda tensor: tensor):
        for layer, block in enumerate(model.blocks):

            def run(x: torch.Tensor, block=block, layer=layer) -> torch.Tensor:
                return block(x, Editor({}, layer), explicit=attention == "explicit").resid_post

            x = checkpoint(run, x, use_reentrant=True)
    stored = sum(tensor.untyped_storage().nbytes() for tensor in saved)
    shorter, longer = (
        cost.saved_activations(PLAIN.replace(depth=depth), batch=2, attention=attention, checkpointing=True) for depth in (1, 2)
    )
    assert stored == PLAIN.depth * (longer - shorter)


def test_attention_is_counted_although_the_fused_kernel_runs():
    model = built(PLAIN)
    assert model.attention == "fused"
    assert measure.macs(model) == cost.macs(PLAIN).total


def test_the_model_stays_as_it_is():
    model = built(PLAIN).requires_grad_(False)
    before = {name: (p.data_ptr(), p._version, p.requires_grad) for name, p in model.named_parameters()}
    measure.macs(model)
    measure.saved_activations(model, attention="explicit")
    measure.inference_peak(model)
    measure.seconds(model, repeats=1)
    assert {name: (p.data_ptr(), p._version, p.requires_grad) for name, p in model.named_parameters()} == before
    assert not model.training and model.attention == "fused"
    assert all(p.grad is None for p in model.parameters())


def test_live_bytes_follow_the_tensors():
    given = torch.zeros(100)
    with measure.LiveBytes() as live:
        first = given + 1
        assert (live.live, live.peak) == (400, 400)
        view = first.reshape(10, 10).T
        first += 1
        assert (live.live, live.peak) == (400, 400)
        second = view * 2
        del first, view
        assert (live.live, live.peak) == (400, 800)
        del second
        parts = given[:50].chunk(2)
        assert (live.live, live.peak, len(parts)) == (0, 800, 2)


def test_seconds_are_positive_and_ordered():
    taken = measure.seconds(built(PLAIN), (4, 4), 4, batch=2, repeats=3)
    assert 0 < taken.minimum <= taken.median
    assert taken.repeats == 3
    with pytest.raises(ValueError, match="`repeats` must be at least 1; got 0"):
        measure.seconds(built(PLAIN), repeats=0)


@pytest.mark.parametrize("take", [measure.macs, measure.saved_activations, measure.inference_peak, measure.seconds])
def test_sizes_that_do_not_divide(take):
    with pytest.raises(ValueError, match="The patch size must divide the image; got an image of 9×12 pixels and patches of 4"):
        take(built(PLAIN), (9, 12), 4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="the allocator of a GPU is what is tested, and this machine has none")
def test_the_allocator_of_a_gpu_sees_at_least_the_live_tensors():
    model = built(PLAIN.replace(embed_dim=64, mlp_hidden=256)).cuda()
    size = (64, 64)
    assert measure.inference_peak(model, size, 4, 2) >= cost.inference_peak(model.config, size, 4, 2)
