"""What a model costs, in closed form and in exact integers: parameters, multiply-accumulates, bytes. `vit_core.measure` checks them.

Symbols: N patches, n tokens (patches and prefix), D width, M the MLP's hidden width, a heads, L layers, K classes, P patch size, k side of
the stored patch kernel, C colour channels, b images in a batch, e bytes per element. Sizes default to the configuration's own.
"""

from dataclasses import dataclass, fields
from typing import Literal

from vit_core.config import TokenLayout, ViTConfig

Size = int | tuple[int, int]
Attention = Literal["fused", "explicit"]
Optimizer = Literal["sgd", "momentum", "adam"]

MLP_MATRICES = {"mlp": 2, "swiglu": 3}
OPTIMIZER_STATES = {"sgd": 0, "momentum": 1, "adam": 2}
STATE_BYTES = 4  # optimizers, master weights, LayerNorm statistics and log-sum-exps stay in float32


class Breakdown:
    """A count made of named parts."""

    def parts(self) -> dict[str, int]:
        """Name to count, in the order of the forward pass; the parts of a block are summed over all layers. They add up to `total`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def total(self) -> int:
        return sum(self.parts().values())


class ModelBreakdown(Breakdown):
    """A count of a whole model: `block` is one layer's, `depth` the number of layers."""

    def parts(self) -> dict[str, int]:
        parts: dict[str, int] = {}
        for name, value in super().parts().items():
            if name == "block":
                parts |= {part: self.depth * count for part, count in value.parts().items()}
            elif name != "depth":
                parts[name] = value
        return parts

    @property
    def blocks(self) -> int:
        """All layers together."""
        return self.depth * self.block.total


@dataclass(frozen=True)
class BlockParameters(Breakdown):
    """Learned numbers of one block: D(3D + 3) if biased, D(D + 1), 2DM + M + D (SwiGLU: 3DM + 2M + D), 4D, 2D if scaled."""

    qkv: int
    projection: int
    mlp: int
    norms: int
    layer_scale: int


@dataclass(frozen=True)
class ParameterCount(ModelBreakdown):
    """Learned numbers of a model."""

    patch_embed: int
    class_token: int
    distill_token: int
    registers: int
    mask_token: int
    positions: int
    pre_norm: int
    block: BlockParameters
    depth: int
    final_norm: int
    head: int


@dataclass(frozen=True)
class LayerMacs(Breakdown):
    """Multiply-accumulates of one layer: 3nD², n²D, n²D, nD², 2nDM (SwiGLU: 3nDM)."""

    qkv: int
    scores: int
    weighted_values: int
    projection: int
    mlp: int

    @property
    def attention_core(self) -> int:
        """Scores and weighted values: what is quadratic in the tokens."""
        return self.scores + self.weighted_values

    @property
    def attention_share(self) -> float:
        """The core's share of the layer, 0 to 1; n / (6D + n) where M = 4D."""
        return self.attention_core / self.total


@dataclass(frozen=True)
class MacCount(ModelBreakdown):
    """Multiply-accumulates of one forward pass with one image.

    Normalisation, activations, softmax and additions are left out, as is usual. `kernel_resize` is done once a pass, however many images.
    """

    kernel_resize: int
    patch_embed: int
    block: LayerMacs
    depth: int
    head: int

    @property
    def flops(self) -> int:
        """Floating-point operations: a multiplication and an addition each."""
        return 2 * self.total

    @property
    def attention_share(self) -> float:
        """Share of scores and weighted values in the whole pass, 0 to 1."""
        return self.depth * self.block.attention_core / self.total


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


@dataclass(frozen=True)
class Shapes:
    """Bytes of the tensors that the memory formulas add up, for one configuration, size and batch."""

    config: ViTConfig
    layout: TokenLayout
    patch_size: int
    batch: int
    element: int

    @classmethod
    def of(cls, config: ViTConfig, image_size: Size | None, patch_size: int | None, batch: int, element_bytes: int) -> "Shapes":
        if batch < 1 or element_bytes < 1:
            raise ValueError(f"`batch` and `element_bytes` must be at least 1; got {batch} and {element_bytes}.")
        return cls(config, layout(config, image_size, patch_size), side(config, patch_size), batch, element_bytes)

    @property
    def numbers(self) -> int:
        """One number per image."""
        return self.batch * self.element

    @property
    def stream(self) -> int:
        """One tensor `[b, n, D]`, as the residual stream."""
        return self.numbers * self.layout.num_tokens * self.config.embed_dim

    @property
    def hidden(self) -> int:
        """One tensor `[b, n, M]`, as the MLP's hidden layer."""
        return self.numbers * self.layout.num_tokens * self.config.mlp_hidden

    @property
    def matrix(self) -> int:
        """The attention weights of one layer, `[b, a, n, n]`."""
        return self.numbers * self.config.num_heads * self.layout.num_tokens**2

    @property
    def per_token(self) -> int:
        """One float32 for every token of every image."""
        return max(STATE_BYTES, self.element) * self.batch * self.layout.num_tokens

    @property
    def pixels(self) -> int:
        """The input, `[b, C, H, W]`, and also its patches, `[b, N, P²C]`."""
        return self.numbers * self.layout.num_patches * self.patch_size**2 * self.config.in_chans

    @property
    def cut_patches(self) -> int:
        """What cutting the input into patches copies: all of it, but for a grey image one patch wide, whose patches lie in order."""
        return 0 if self.config.in_chans == 1 and self.layout.grid[1] == 1 else self.pixels

    @property
    def patch_embeddings(self) -> int:
        return self.numbers * self.layout.num_patches * self.config.embed_dim

    @property
    def new_positions(self) -> int:
        """The position table resized to the grid; none at its own grid, where the parameter itself is used."""
        if self.layout.grid == self.config.native_grid:
            return 0
        return self.element * (self.config.num_pos_prefix + self.layout.num_patches) * self.config.embed_dim

    @property
    def resizes_kernel(self) -> bool:
        return self.patch_size != self.config.kernel

    @property
    def kernel(self) -> int:
        """The patch kernel at the size it is used at."""
        return self.element * self.config.embed_dim * self.config.in_chans * self.patch_size**2

    @property
    def resize_matrix(self) -> int:
        """The matrix that resizes the patch kernel."""
        return self.element * self.config.kernel**2 * self.patch_size**2

    @property
    def pooled(self) -> int:
        return self.numbers * self.config.embed_dim * (2 if self.config.distill_token else 1)

    @property
    def logits(self) -> int:
        """The logits, where they are not the pooled features themselves."""
        without_head = self.config.embed_dim if self.config.distill_token else 0
        return self.numbers * (self.config.num_classes or without_head)


def layout(config: ViTConfig, image_size: Size | None = None, patch_size: int | None = None) -> TokenLayout:
    """The tokens of an image of `image_size` pixels cut into `patch_size`, in any number; ValueError if the sizes do not divide."""
    size = config.image_size if image_size is None else image_size
    return config.layout(config.check_sizes(size, side(config, patch_size), within_range=False))


def side(config: ViTConfig, patch_size: int | None) -> int:
    """The patch size in pixels, the configuration's own if None."""
    return config.patch_size if patch_size is None else patch_size


def tokens(config: ViTConfig, image_size: Size | None = None, patch_size: int | None = None) -> int:
    """Tokens in the sequence: patches, and the class, distillation and register tokens in front of them."""
    return layout(config, image_size, patch_size).num_tokens


def parameters(config: ViTConfig) -> ParameterCount:
    """Learned numbers, part by part."""
    dim, hidden, (rows, cols) = config.embed_dim, config.mlp_hidden, config.native_grid
    matrices = MLP_MATRICES[config.ffn]
    return ParameterCount(
        patch_embed=dim * config.in_chans * config.kernel**2 + dim * config.patch_bias,
        class_token=dim * config.class_token,
        distill_token=dim * config.distill_token,
        registers=dim * config.num_registers,
        mask_token=dim * config.mask_token,
        positions=dim * (config.num_pos_prefix + rows * cols),
        pre_norm=2 * dim * config.pre_norm,
        block=BlockParameters(
            qkv=3 * dim * dim + 3 * dim * config.qkv_bias,
            projection=dim * dim + dim,
            mlp=matrices * dim * hidden + (matrices - 1) * hidden + dim,
            norms=4 * dim,
            layer_scale=2 * dim * config.layer_scale,
        ),
        depth=config.depth,
        final_norm=2 * dim,
        head=config.num_classes * ((dim + config.head_bias) + (dim + 1) * config.distill_token),
    )


def macs(config: ViTConfig, image_size: Size | None = None, patch_size: int | None = None) -> MacCount:
    """Multiply-accumulates of a forward pass with one image of `image_size` pixels, part by part."""
    dim, sequence = config.embed_dim, layout(config, image_size, patch_size)
    n, area, kernel_area = sequence.num_tokens, side(config, patch_size) ** 2, config.kernel**2
    return MacCount(
        kernel_resize=0 if area == kernel_area else dim * config.in_chans * kernel_area * area,
        patch_embed=sequence.num_patches * dim * config.in_chans * area,
        block=LayerMacs(
            qkv=3 * n * dim * dim,
            scores=n * n * dim,
            weighted_values=n * n * dim,
            projection=n * dim * dim,
            mlp=MLP_MATRICES[config.ffn] * n * dim * config.mlp_hidden,
        ),
        depth=config.depth,
        head=config.num_classes * dim * (2 if config.distill_token else 1),
    )


def tokens_where_attention_is_half(config: ViTConfig) -> int:
    """The fewest tokens at which scores and weighted values cost at least as much as the rest of a layer.

    2n²D = n(4D² + 2DM), so n = 2D + M, rounded up; with SwiGLU n = 2D + 3M/2. For M = 4D that is 6D.
    """
    return -(-(4 * config.embed_dim + MLP_MATRICES[config.ffn] * config.mlp_hidden) // 2)


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
) -> int:
    """Most bytes of activations alive at once in a forward pass that keeps its trace; weights and input are not counted.

    The last layer's MLP as a rule: `kept` of the layers before it, and e·b·max(6nD + hnM, 8nD + nM) with h of `hidden_tensors`;
    explicit attention adds its matrix, or peaks with two of them and 3nD. Small models can peak in patch embedding or head.
    """
    return max(moments(Shapes.of(config, image_size, patch_size, batch, element_bytes), attention))[0]


def moments(s: Shapes, attention: Attention) -> list[tuple[int, int]]:
    """Bytes alive, and attention matrices among them, at each moment of a forward pass that can be its peak."""
    before, after = kept(s, s.config.depth - 1), kept(s, s.config.depth)
    cast = s.resize_matrix * s.resizes_kernel * (s.element != STATE_BYTES)
    resized, flat = s.kernel * s.resizes_kernel, s.kernel * (s.config.in_chans > 1)
    embedding = s.cut_patches + max(cast + resized, resized + flat, (flat or resized) + s.patch_embeddings)
    mlp = max(6 * s.stream + hidden_tensors(s.config) * s.hidden, 8 * s.stream + s.hidden)
    heads_apart = 2 * s.logits if s.config.distill_token and s.config.num_classes else 0  # two heads' logits and their sum, then the mean
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
    normalised = s.layout.num_tokens if config.pool == "mean" else 1 + config.distill_token
    return front + back + s.stream + statistic * normalised


def normalises_pooled(config: ViTConfig) -> bool:
    """Whether the last norm sees the mean of the patches, and not the tokens."""
    return config.pool == "mean" and config.norm_position == "after_pool"


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
) -> MemoryCount:
    """Bytes held at once, part by part, for a batch of images of `image_size` pixels.

    element_bytes: of weights, input and activations. gradient_bytes: of gradients, the weights' own if None. In training with less than 4
    bytes, the optimizer also keeps float32 weights: with Adam 16 bytes a parameter, in float32 and in mixed precision alike.
    """
    s = Shapes.of(config, image_size, patch_size, batch, element_bytes)
    count = parameters(config).total
    trace = kept(s, config.depth) + s.pooled + s.logits
    if mode == "inference":
        peak, matrices = max(moments(s, attention))
        return MemoryCount(count * element_bytes, 0, 0, s.pixels, peak, matrices, s.matrix, trace)
    return MemoryCount(
        weights=count * element_bytes,
        gradients=count * (element_bytes if gradient_bytes is None else gradient_bytes),
        optimizer=count * STATE_BYTES * (OPTIMIZER_STATES[optimizer] + (element_bytes < STATE_BYTES)),
        inputs=s.pixels,
        activations=saved_activations(config, image_size, patch_size, batch, element_bytes, attention, checkpointing),
        attention_matrices=0 if attention == "fused" else s.matrix * (1 if checkpointing else config.depth),
        attention_matrix=s.matrix,
        trace=trace,
    )
