"""What a model holds in memory, in closed form and in exact bytes; `vit_core.cost.measure` checks it.

Symbols as in `vit_core.cost`, and b images in a batch, e bytes per element.
"""

from dataclasses import dataclass
from typing import Any, Literal

from vit_core.config import ViTConfig
from vit_core.cost.shapes import STATE_BYTES, Shapes, Size, count_parameters, side
from vit_core.cost.states import Optimizer, int8_weights, optimizer_states
from vit_core.readout import PATCHES, readout

Attention = Literal["fused", "explicit"]
MOST_IMAGES = 2**24  # no device here holds a larger batch of anything


@dataclass(frozen=True)
class MemoryCount:
    """Bytes held at once.

    `activations` is the peak of a forward pass that keeps its trace, or in training what autograd saves for the backward pass.
    `attention_matrices` is the part of it that is attention matrices; `attention_matrix` is the size of one layer's, stored or not; `trace`
    is what a kept trace holds on to. The kernels' own working space and the loss are not counted.
    """

    weights: int
    gradients: int
    optimizer: int
    inputs: int
    activations: int
    attention_matrices: int
    attention_matrix: int
    trace: int

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.inputs + self.activations


def trace_bytes(
    config: ViTConfig, image_size: Size | None = None, patch_size: int | None = None, batch: int = 1, element_bytes: int = 4
) -> int:
    """What `ViTTrace.kept_bytes` will be: e·b·[ND + nD + 6LnD + pooled + logits], and the position table where it was resized.

    Six per layer: q, k and v, the heads' outputs, and the residual stream after attention and after the MLP.
    """
    s = Shapes.of(config, image_size, patch_size, batch, element_bytes)
    return kept(s, config.depth) + s.pooled + s.logits


def kept(s: Shapes, layers: int) -> int:
    """Bytes that the trace holds once `layers` layers are done."""
    return s.patch_embeddings + s.new_positions + (1 + 6 * layers) * s.stream


def inference_peak(
    config: ViTConfig,
    image_size: Size | None = None,
    patch_size: int | None = None,
    batch: int = 1,
    element_bytes: int = 4,
    attention: Attention = "fused",
    keep_trace: bool = True,
) -> int:
    """Most bytes of activations alive at once in a forward pass; weights and input are not counted.

    The last layer's MLP as a rule: `kept` of the layers before it, and e·b·max(6nD + hnM, 8nD + nM) with h of `hidden_tensors`;
    explicit attention adds its matrix, or peaks with two of them and 3nD. Small models can peak in patch embedding or head.
    Without `keep_trace` a layer's tensors go when the next begins: nD takes the place of `kept`, and the depth no longer counts.
    """
    return max(moments(Shapes.of(config, image_size, patch_size, batch, element_bytes), attention, keep_trace))[0]


def moments(s: Shapes, attention: Attention, keep_trace: bool = True) -> list[tuple[int, int]]:
    """Bytes alive, and attention matrices among them, at each moment of a forward pass that can be its peak."""
    before, after = (kept(s, s.config.depth - 1), kept(s, s.config.depth)) if keep_trace else (s.stream, s.stream)
    cast = s.resize_matrix * s.resizes_kernel * (s.element != STATE_BYTES)
    resized, flat = s.kernel * s.resizes_kernel, s.kernel * (s.config.in_chans > 1)
    embedding = s.cut_patches + max(cast + resized, resized + flat, (flat or resized) + s.patch_embeddings)
    mlp = max(6 * s.stream + hidden_tensors(s.config) * s.hidden, 8 * s.stream + s.hidden)
    # Two heads' logits and their sum, then the mean.
    heads_apart = 2 * s.logits if readout(s.config).heads == "two" and s.config.num_classes else 0
    found = [(embedding, 0), (after + s.pooled + s.logits + heads_apart, 0)]
    if s.element != STATE_BYTES and s.new_positions:
        rows, cols = s.config.native_grid
        found.append((s.patch_embeddings + STATE_BYTES * s.config.embed_dim * (rows * cols + s.layout.num_patches), 0))
    if attention == "fused":
        return [*found, (before + mlp, 0)]
    return [*found, (before + mlp + s.matrix, s.matrix), (before + 3 * s.stream + 2 * s.matrix, 2 * s.matrix)]


def hidden_tensors(config: ViTConfig) -> int:
    """Tensors `[b, n, M]` alive at once in the MLP, and saved in training: before and after the activation, and what lies between."""
    if config.ffn == "swiglu":
        return 4
    return 3 if config.act == "quick_gelu" else 2


def saved_activations(
    config: ViTConfig,
    image_size: Size | None = None,
    patch_size: int | None = None,
    batch: int = 1,
    element_bytes: int = 4,
    attention: Attention = "fused",
    checkpointing: bool = False,
    keep_trace: bool = False,
) -> int:
    """Bytes that autograd saves in a forward pass for the backward pass; weights and input are not counted.

    A layer saves e·b·[8nD + hnM + 4n + A], with h of `hidden_tensors` and A = a·n (fused: the log-sum-exp) or a·n² (explicit, which saves
    nD more where the batch is one image). `checkpointing` saves each layer's input, and one whole layer while it is recomputed.
    `keep_trace` adds what the trace alone holds on to. Statistics and log-sum-exp are taken as float32 at least; with 2-byte types PyTorch
    does so on a GPU, while LayerNorm on a CPU keeps its own in the weights' type. ValueError if both `checkpointing` and `keep_trace`.
    """
    if checkpointing and keep_trace:
        raise ValueError("A kept trace holds on to what checkpointing discards; ask for one of them.")
    s = Shapes.of(config, image_size, patch_size, batch, element_bytes)
    total = saved_by_ends(s) + config.depth * saved_by_block(s, attention)
    if checkpointing:
        total = saved_by_ends(s) + config.depth * s.stream + saved_by_block(s, attention) - s.stream
    return total + (held_by_trace_alone(s, attention) if keep_trace else 0)


def saved_by_block(s: Shapes, attention: Attention) -> int:
    """The inputs of both norms with their mean and deviation per token, of all four linear layers, of the activation and of the scales."""
    scaled = 2 * s.stream if s.config.layer_scale else 0
    return 4 * s.stream + 4 * s.per_token + saved_by_attention(s, attention) + hidden_tensors(s.config) * s.hidden + scaled


def saved_by_attention(s: Shapes, attention: Attention) -> int:
    """Fused: q, k, v, output, log-sum-exp. Explicit: the scaled q, k and v, weights, output.

    The explicit products save k and v as views of the tensor that holds q, k and v, so that q stays alive as well; where several images
    have several heads each, the two axes cannot be merged without a copy, and k and v are saved as copies.
    """
    if attention == "fused":
        return 4 * s.stream + s.config.num_heads * s.per_token
    return (4 if copies_heads(s) else 5) * s.stream + s.matrix


def copies_heads(s: Shapes) -> bool:
    return s.batch > 1 and s.config.num_heads > 1


def saved_by_ends(s: Shapes) -> int:
    """Before the blocks: the patches, the matrix that resized the kernel, CLIP's norm. After them: the last norm and the head."""
    config, statistic = s.config, 2 * max(STATE_BYTES, s.element) * s.batch
    front = s.cut_patches + s.resize_matrix * s.resizes_kernel + (s.stream + 2 * s.per_token) * config.pre_norm
    back = s.pooled if config.num_classes else 0
    if normalises_pooled(config):
        return front + back + s.pooled + statistic
    normalised = s.layout.num_tokens if PATCHES in readout(config).readers else config.num_pooled
    return front + back + s.stream + statistic * normalised


def normalises_pooled(config: ViTConfig) -> bool:
    """Whether the last norm sees the mean of the patches, and not the tokens."""
    return readout(config).reads_mean and config.norm_position == "after_pool"


def held_by_trace_alone(s: Shapes, attention: Attention) -> int:
    """What a kept trace holds on to that autograd does not save."""
    held = s.patch_embeddings + s.new_positions + s.logits + (0 if s.config.num_classes else s.pooled)
    held += s.stream if normalises_pooled(s.config) else 0
    if attention == "fused":
        return held
    merges_by_copy = s.config.num_heads > 1 and s.layout.num_tokens > 1
    return held + s.config.depth * s.stream * (3 * copies_heads(s) + merges_by_copy)


def memory(
    config: ViTConfig,
    image_size: Size | None = None,
    patch_size: int | None = None,
    batch: int = 1,
    mode: Literal["inference", "training"] = "inference",
    element_bytes: int = 4,
    attention: Attention = "fused",
    optimizer: Optimizer = "adam",
    gradient_bytes: int | None = None,
    checkpointing: bool = False,
    int8: bool = False,
    keep_trace: bool = True,
) -> MemoryCount:
    """Bytes held at once, part by part, for a batch of images of `image_size` pixels.

    element_bytes: of weights, input and activations. gradient_bytes: of gradients, the weights' own if None. In training with less than 4
    bytes, the optimizer also keeps float32 weights: with Adam 16 bytes a parameter, in float32 and in mixed precision alike.
    int8: weights as `int8_weights` says; ValueError in training. keep_trace: in inference, as in `inference_peak`.
    """
    s = Shapes.of(config, image_size, patch_size, batch, element_bytes)
    if int8 and mode == "training":
        raise ValueError("Weights in int8 have no gradients; they are for inference.")
    count = count_parameters(config)
    trace = kept(s, config.depth) + s.pooled + s.logits
    if mode == "inference":
        peak, matrices = max(moments(s, attention, keep_trace))
        weights = int8_weights(config, element_bytes) if int8 else count * element_bytes
        return MemoryCount(weights, 0, 0, s.pixels, peak, matrices, s.matrix, trace)
    return MemoryCount(
        weights=count * element_bytes,
        gradients=count * (element_bytes if gradient_bytes is None else gradient_bytes),
        optimizer=optimizer_states(config, optimizer) + count * STATE_BYTES * (element_bytes < STATE_BYTES),
        inputs=s.pixels,
        activations=saved_activations(config, image_size, patch_size, batch, element_bytes, attention, checkpointing),
        attention_matrices=0 if attention == "fused" else s.matrix * (1 if checkpointing else config.depth),
        attention_matrix=s.matrix,
        trace=trace,
    )


def largest_batch(
    config: ViTConfig, device_bytes: int, image_size: Size | None = None, patch_size: int | None = None, **options: Any
) -> int:
    """The most images whose `memory` fits in `device_bytes`; 0 if not even one does. `options` are those of `memory`."""

    def fits(batch: int) -> bool:
        return memory(config, image_size, patch_size, batch, **options).total <= device_bytes

    low, high = 0, 1
    while high < MOST_IMAGES and fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def largest_size(
    config: ViTConfig, device_bytes: int, patch_size: int | None = None, batch: int = 1, longest: int = 8192, **options: Any
) -> int:
    """The largest square image, in pixels a side and up to `longest`, whose `memory` fits in `device_bytes`; 0 if none does."""
    patch = side(config, patch_size)

    def fits(patches: int) -> bool:
        return memory(config, patch * patches, patch, batch, **options).total <= device_bytes

    low, high = 0, longest // patch + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low * patch
