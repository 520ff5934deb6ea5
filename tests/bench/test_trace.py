"""What the trace costs: time against a plain fused forward and against Hugging Face's `output_attentions`, and memory against tokens."""

import time
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import ViTConfig as HFConfig
from transformers import ViTForImageClassification

from vit_core import VisionTransformer, ViTConfig

ROUNDS = 15


def models(width: int, tokens: int) -> tuple[VisionTransformer, ViTForImageClassification, Tensor]:
    """The same shape twice, with random weights, and a picture of `tokens` - 1 patches of 16 pixels."""
    side = 16 * round((tokens - 1) ** 0.5)
    heads = 12
    ours = VisionTransformer(ViTConfig(width, 12, heads, 4 * width, 200, norm_eps=1e-12, image_size=side)).init_weights()
    settings = {"hidden_size": width, "num_attention_heads": heads, "intermediate_size": 4 * width, "image_size": side, "num_labels": 200}
    theirs = ViTForImageClassification._from_config(HFConfig(**settings), attn_implementation="eager")
    return ours.eval().requires_grad_(False), theirs.eval().requires_grad_(False), torch.randn(1, 3, side, side)


def plain_forward(model: VisionTransformer, images: Tensor) -> Tensor:
    """The same computation with the fused kernel, keeping nothing."""
    with torch.inference_mode():
        x = model.assemble(model.patch_embed(images, 16), model.pos_embed)
        for block in model.blocks:
            q, k, v = block.attn.project(block.norm1(x))
            x = x + block.attn.merge(F.scaled_dot_product_attention(q, k, v))
            x = x + block.mlp.out(block.mlp.post_act(block.mlp.pre_act(block.norm2(x))))
        return model.head(model.norm(x[:, :1])[:, 0])


def interleaved(runs: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each, measured in turns so that a busy moment meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    return {name: sorted(values)[len(values) // 2] for name, values in times.items()}


@pytest.mark.parametrize("width", [192, 768])
@pytest.mark.parametrize("tokens", [197, 1025])
def test_a_full_trace_against_plain_and_hugging_face(width: int, tokens: int, measured) -> None:
    ours, theirs, images = models(width, tokens)
    torch.testing.assert_close(plain_forward(ours, images), ours(images).logits, atol=1e-5, rtol=1e-4)

    def hugging_face() -> object:
        with torch.inference_mode():
            return theirs(images, output_attentions=True, output_hidden_states=True)

    times = interleaved({"trace": lambda: ours(images), "fused": lambda: plain_forward(ours, images), "hugging face": hugging_face})
    against_fused, against_them = times["trace"] / times["fused"], times["trace"] / times["hugging face"]
    what = f"full trace, width {width}, {tokens} tokens"
    measured(f"{what}: over plain fused forward ({1000 * times['fused']:.0f} ms)", f"{against_fused:.2f} ×", "≤ 1.1 ×")
    measured(f"{what}: over Hugging Face with attentions ({1000 * times['hugging face']:.0f} ms)", f"{against_them:.2f} ×", "≤ 1 ×")
    assert against_fused < 1.5, "The trace must not cost what a second forward would."
    assert against_them < 1.1, "The trace must not be slower than materialising all attention."


def test_kept_bytes_grow_with_tokens_and_not_with_their_square(measured) -> None:
    kept = {}
    for tokens in (197, 1025):
        ours, _, images = models(192, tokens)
        kept[tokens] = ours(images).kept_bytes
        measured(
            f"bytes kept by a trace, width 192, {tokens} tokens",
            f"{kept[tokens] / 1e6:.2f} MB, {kept[tokens] / tokens:,.0f} a token",
            "linear in tokens",
        )
    assert kept[1025] / kept[197] == pytest.approx(1025 / 197, rel=0.01)
