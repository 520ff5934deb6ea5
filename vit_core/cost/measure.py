"""What a model costs, measured on the running model: parameters, multiply-accumulates, bytes, seconds. `vit_core.cost` predicts them.

The model that is given is never changed: what needs another attention kernel or gradients runs on a twin that shares its weights.
"""

import statistics
import time
import weakref
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from torch.utils.flop_counter import FlopCounterMode

from vit_core.config import as_pair
from vit_core.cost import Attention, Size
from vit_core.model import Editor, VisionTransformer
from vit_core.patches import kernel_resize_matrix
from vit_core.positions import interpolate_positions


class Seconds(NamedTuple):
    """Wall-clock time of one forward pass, in seconds, over `repeats` passes."""

    median: float
    minimum: float
    repeats: int


def parameters(model: VisionTransformer) -> int:
    """Learned numbers in the model."""
    return sum(parameter.numel() for parameter in model.parameters())


def macs(model: VisionTransformer, image_size: Size | None = None, patch_size: int | None = None) -> int:
    """Multiply-accumulates of the matrix products in a forward pass with one image, as PyTorch's FLOP counter sees them.

    Counted with explicit attention: the counter knows no formula for the fused kernel on the CPU and takes it for 0 (PyTorch 2.13).
    """
    model, images, patch_size = prepare(twin(model, "explicit"), image_size, patch_size, 1)
    with FlopCounterMode(display=False) as counter:
        model(images, patch_size)
    return counter.get_total_flops() // 2


def saved_activations(
    model: VisionTransformer,
    image_size: Size | None = None,
    patch_size: int | None = None,
    batch: int = 1,
    attention: Attention | None = None,
    keep_trace: bool = False,
) -> int:
    """Bytes that autograd saves in a forward pass in training, each storage once; weights and input are not counted.

    `keep_trace` adds what only the trace holds on to. `attention` is the model's own if None.
    """
    model, images, patch_size = prepare(twin(model, attention, learns=True), image_size, patch_size, batch)
    saved: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.enable_grad(), saved_tensors_hooks(pack, lambda tensor: tensor):
        trace = model(images, patch_size)
    if keep_trace:
        blocks = [t for b in trace.blocks for t in (b.resid_pre, b.q, b.k, b.v, b.head_out, b.resid_mid, b.resid_post)]
        saved += [trace.patch_embeddings, trace.pos_embedding, trace.tokens, *blocks, trace.pooled, trace.logits]
    known = {storage_id(tensor) for tensor in (images, *model.parameters())}
    storages = {storage_id(tensor): tensor.untyped_storage().nbytes() for tensor in saved}
    return sum(size for key, size in storages.items() if key not in known)


def inference_peak(
    model: VisionTransformer,
    image_size: Size | None = None,
    patch_size: int | None = None,
    batch: int = 1,
    attention: Attention | None = None,
    keep_trace: bool = True,
) -> int:
    """Most bytes of activations alive at once in a forward pass; weights and input are not counted. `keep_trace` as in `vit_core.cost`.

    On the CPU, from the lifetimes of all tensors that the operations return, working space inside an operation left out. On a GPU, by the
    allocator, which rounds sizes up and does see working space.
    """
    model, images, patch_size = prepare(twin(model, attention), image_size, patch_size, batch)
    run = model if keep_trace else partial(layer_by_layer, model)
    if images.is_cuda:
        torch.cuda.synchronize(images.device)
        torch.cuda.reset_peak_memory_stats(images.device)
        before = torch.cuda.memory_allocated(images.device)
        run(images, patch_size)
        torch.cuda.synchronize(images.device)
        return torch.cuda.max_memory_allocated(images.device) - before
    with LiveBytes() as live:
        run(images, patch_size)
    return live.peak


def layer_by_layer(model: VisionTransformer, images: Tensor, patch_size: int) -> Tensor:
    """The model's own parts in the order of its forward pass, each layer's trace let go when the next begins. Returns the logits."""
    layout = model.config.layout(model.config.check_sizes((images.shape[2], images.shape[3]), patch_size))
    with torch.inference_mode():
        embedded = model.patch_embed(images, patch_size), interpolate_positions(model.pos_embed, model.config, layout.grid)
        x = model.norm_pre(model.assemble(*embedded))
        del embedded
        for layer, block in enumerate(model.blocks):
            x = block(x, Editor({}, layer), explicit=model.attention == "explicit").resid_post
        return model.read_out(x, layout)[1]


def seconds(
    model: VisionTransformer, image_size: Size | None = None, patch_size: int | None = None, batch: int = 1, repeats: int = 5
) -> Seconds:
    """Time of a forward pass, after one that is not counted. ValueError if `repeats` is below 1."""
    if repeats < 1:
        raise ValueError(f"`repeats` must be at least 1; got {repeats}.")
    model, images, patch_size = prepare(twin(model), image_size, patch_size, batch)
    taken = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        model(images, patch_size)
        if images.is_cuda:
            torch.cuda.synchronize(images.device)
        taken.append(time.perf_counter() - start)
    return Seconds(statistics.median(taken[1:]), min(taken[1:]), repeats)


def twin(model: VisionTransformer, attention: Attention | None = None, learns: bool = False) -> VisionTransformer:
    """Another module over the same weights, with the attention kernel asked for, in training or evaluation mode."""
    with torch.device("meta"):
        other = VisionTransformer(model.config, model.attention if attention is None else attention)
    other.load_state_dict(model.state_dict(), assign=True)
    return other.train(learns).requires_grad_(learns)


def prepare(model: VisionTransformer, image_size: Size | None, patch_size: int | None, batch: int) -> tuple[VisionTransformer, Tensor, int]:
    """The model, a batch of grey images in its type and on its device, and the patch size, with the cached resize matrix already there."""
    config, weight = model.config, model.pos_embed
    size = as_pair(config.image_size if image_size is None else image_size)
    patch_size = config.patch_size if patch_size is None else patch_size
    config.check_sizes(size, patch_size)
    if patch_size != config.kernel:
        kernel_resize_matrix(config.kernel, patch_size, torch.promote_types(weight.dtype, torch.float32))
    return model, torch.zeros(batch, config.in_chans, *size, dtype=weight.dtype, device=weight.device), patch_size


def storage_id(tensor: Tensor) -> int:
    """The same number for all views of one piece of memory."""
    return tensor.untyped_storage().data_ptr()


class LiveBytes(TorchDispatchMode):
    """Adds up the storages that operations make, and takes each off when its last tensor dies. `peak` is the highest sum, in bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.live = self.peak = 0
        self.alive: set[int] = set()

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """For torch: its compiler, which nothing here uses, need not be kept out. That would import it, for more than a second."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = {storage_id(leaf) for leaf in tree_flatten((args, kwargs))[0] if isinstance(leaf, Tensor)}
        result = func(*args, **kwargs)
        for leaf in tree_flatten(result)[0]:
            if isinstance(leaf, Tensor):
                self.note(leaf, given)
        return result

    def note(self, tensor: Tensor, given: set[int]) -> None:
        """Count the storage of an operation's result, unless it belongs to an operand or is counted already."""
        storage = tensor.untyped_storage()
        key, size = storage.data_ptr(), storage.nbytes()
        if key in given or key in self.alive or size == 0:
            return
        self.alive.add(key)
        self.live += size
        self.peak = max(self.peak, self.live)
        weakref.finalize(storage, self.forget, key, size)

    def forget(self, key: int, size: int) -> None:
        self.alive.discard(key)
        self.live -= size
