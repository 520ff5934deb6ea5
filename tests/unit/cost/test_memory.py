"""Optimizer states, int8 weights, what fits a device, and measurements beside predictions: against PyTorch's own and by hand."""

import pytest
import torch

from tests.support.models.plans import plans
from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.cost import compare, shapes, states
from vit_core.model import VisionTransformer
from vit_core.presets import presets

B16 = presets["ViT-B/16"]
SMALL = ViTConfig(embed_dim=6, depth=2, num_heads=2, mlp_hidden=10, num_classes=5, norm_eps=1e-6, image_size=(8, 12), patch_size=4)
VARIANTS = [
    {},
    {"ffn": "swiglu", "layer_scale": True, "num_registers": 3, "mask_token": True},
    {"distill_token": True, "pool": "cls_dist"},
    {"distill_token": True},
    {"pool": "cls_mean"},
    {"pre_norm": True, "patch_bias": False, "head_bias": False, "qkv_bias": False},
    {"num_classes": 0, "class_token": False, "pool": "mean", "norm_position": "after_pool"},
    {"kernel_size": 2, "pos_grid": (3, 5), "in_chans": 1, "pos_covers": "patches"},
]


def learned(config: ViTConfig) -> VisionTransformer:
    with torch.device("meta"):
        return VisionTransformer(config)


@pytest.mark.parametrize("changes", VARIANTS)
def test_every_learned_tensor_is_listed(changes):
    config = SMALL.replace(**changes)
    found: dict[str, list[tuple]] = {}
    for name, parameter in learned(config).named_parameters():
        plain = ".".join(part for part in name.split(".") if not part.isdigit()).replace("fc_norm", "norm")
        found.setdefault(plain, []).append(tuple(parameter.shape))
    listed = {name: [shape] * times for name, shape, times in shapes.parameter_shapes(config)}
    assert listed == found
    assert shapes.count_parameters(config) == cost.parameters(config).total


@pytest.mark.parametrize("name", presets)
def test_both_ways_to_count_parameters_agree(name):
    assert shapes.count_parameters(presets[name]) == cost.parameters(presets[name]).total


@pytest.mark.parametrize(
    ("optimizer", "make"),
    [
        ("sgd", lambda p: torch.optim.SGD(p, lr=0.1)),
        ("momentum", lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        ("adam", lambda p: torch.optim.AdamW(p, lr=0.1)),
        ("adafactor", lambda p: torch.optim.Adafactor(p, lr=0.1)),
    ],
)
@pytest.mark.parametrize("changes", VARIANTS)
def test_states_are_those_that_pytorch_keeps(optimizer, make, changes):
    model = VisionTransformer(SMALL.replace(**changes))
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    made = make(model.parameters())
    made.step()
    kept = [value for state in made.state.values() for key, value in state.items() if isinstance(value, torch.Tensor) and key != "step"]
    assert states.optimizer_states(model.config, optimizer) == sum(value.nbytes for value in kept)


def test_eight_bit_adam_by_hand():
    assert states.quantised((4095,)) == 2 * 4 * 4095
    assert states.quantised((64, 64)) == 2 * (4096 + 4 * 16)
    assert states.quantised((4097,)) == 2 * (4097 + 4 * 17)
    per_parameter = states.optimizer_states(B16, "adam8bit") / cost.parameters(B16).total
    assert per_parameter == pytest.approx(2 + 8 / 256, abs=0.02)
    with_adafactor = states.optimizer_states(B16, "adafactor")
    assert with_adafactor < 0.02 * states.optimizer_states(B16, "momentum")


def test_int8_weights_by_hand():
    # Both layers' matrices 18·6 + 6·6 + 10·6 + 6·10 and the head's 5·6, a scale for each of their 18 + 6 + 10 + 6 and 5 outputs.
    matrices, outputs = 2 * (108 + 36 + 60 + 60) + 30, 2 * 40 + 5
    assert states.int8_weights(SMALL, 2) == matrices + 2 * outputs + 2 * (1045 - matrices)
    assert cost.memory(SMALL, element_bytes=2, int8=True).weights == states.int8_weights(SMALL, 2)
    with pytest.raises(ValueError, match="Weights in int8 have no gradients"):
        cost.memory(SMALL, mode="training", int8=True)


OPTIONS = [
    {"mode": "training", "attention": "explicit", "optimizer": "adafactor"},
    {"mode": "training", "attention": "fused", "checkpointing": True, "element_bytes": 2, "optimizer": "adam8bit"},
    {"mode": "inference", "attention": "explicit", "keep_trace": False},
    {"mode": "inference", "attention": "fused", "element_bytes": 2, "int8": True},
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("gigabytes", [0.01, 1, 24, 141])
def test_the_largest_that_fits_is_the_last_that_does(options, gigabytes):
    config, device = presets["ViT-S/16"], int(gigabytes * 1e9)
    batch = cost.largest_batch(config, device, 224, **options)
    if batch:
        assert cost.memory(config, 224, None, batch, **options).total <= device
    assert cost.memory(config, 224, None, batch + 1, **options).total > device
    size = cost.largest_size(config, device, None, 2, **options)
    if size:
        assert cost.memory(config, size, None, 2, **options).total <= device
    if size + 16 <= 8192:
        assert cost.memory(config, size + 16, None, 2, **options).total > device


def test_absurd_sizes_stay_exact():
    wide = B16.replace(depth=200)
    held = cost.memory(wide, 8192, 4, 4096, mode="training", attention="explicit")
    n = 2048**2 + 1
    assert held.attention_matrices == 200 * 4 * 4096 * 12 * n * n
    assert cost.largest_batch(wide, 141 * 10**9, 8192, 4, mode="training", attention="explicit") == 0


@pytest.mark.parametrize(
    "plan", plans(8, seed=11), ids=lambda p: f"{p.config.embed_dim}x{p.config.depth} {p.image_size}/{p.patch_size} b{p.batch}"
)
def test_predicted_equals_measured(plan):
    rows = {row.name: row for row in compare.compare(plan)}
    assert rows["parameters"].error == rows["MACs, one picture"].error == 0
    assert rows["peak of activations in inference"].error == 0
    assert ("saved for the backward pass" in rows) == plan.training
    if plan.training:
        assert rows["saved for the backward pass"].error == 0
    time = rows["time of a forward pass"]
    assert time.predicted is None and time.error is None and time.measured > 0


def test_a_plan_survives_the_way_to_another_process():
    plan = compare.Plan(presets["DINOv2-g/14-reg4"], 518, 14, 3, True, "fused", False)
    assert compare.Plan.from_json(plan.to_json()) == plan


def test_what_does_not_fit_is_refused_with_a_sentence():
    plan = compare.Plan(B16, 8192, 16, 64, True)
    said = compare.refusal(plan, 10**10)
    assert said.startswith("Not measured: ViT-B/16 at 8192 px with patches of 16 and batch 64 would take about ")
    assert "10 GB are free on this machine" in said
    assert compare.refusal(compare.Plan(presets["ViT-Ti/16"], 224, 16), 10**10) is None
    assert compare.refusal(plan, None) is None


def test_the_need_is_more_than_all_that_is_predicted():
    for plan in plans(6, seed=3):
        held = cost.memory(plan.config, plan.image_size, plan.patch_size, plan.batch)
        assert compare.needed_bytes(plan) > held.weights + cost.inference_peak(plan.config, **plan.at) + compare.PROCESS_BYTES


def test_free_memory_is_known_here():
    free = compare.free_bytes()
    assert free is None or 0 < free < 10**15


@pytest.mark.parametrize(("count", "text"), [(5_000_000, "5 MB"), (2_500_000_000, "2.5 GB"), (7 * 10**12, "7 TB"), (3 * 10**18, "3 EB")])
def test_gigabytes(count, text):
    assert compare.gigabytes(count) == text
