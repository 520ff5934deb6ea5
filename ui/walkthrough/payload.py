"""What the walkthrough's stage is sent: the part that every step draws from, and what attention, MLP and layers need beyond it."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL.Image import Image
from torch import Tensor, nn

from ui.kit.patches import kernel_arrays, kernel_facts
from ui.kit.payload import data_uri, layout_facts, pack
from ui.state import view
from ui.walkthrough.words import SLUGS, words
from vit_core import analysis as readings
from vit_core.images import preprocess, to_image
from vit_core.layers import LayerScale
from vit_core.model import VisionTransformer
from vit_core.readout import class_names, features, head_matrix, lead_rows, lead_start, whole_names, without_norm
from vit_core.study.assembly import prefix_rows
from vit_core.study.heads import head_profiles
from vit_core.study.neurons import Drivers, strongest_patches
from vit_core.study.opening import opening
from vit_core.trace import ViTTrace

if TYPE_CHECKING:
    from ui.state.selection import Selection
    from ui.work.analysis import Analysis

OF_PATCHES = ("patches", "vocabulary", "positions")
"""Steps that are about patches: where none is chosen, they look at the one that the picture opens with."""
PARTS = ("attention", "mlp", "layers", "drivers")
GALLERY_SIZE, DRIVERS, CLASSES, LENS = 224, 6, 8, 5
MANY = 1 << 20

Gallery = tuple[list[Drivers], list[dict], tuple[int, int]]


def step_of(selection: "Selection") -> int:
    """The open step, from 0; the first where the link's view says nothing that can be."""
    return view.read("walkthrough", selection.view, "step") - 1


def with_subject(selection: "Selection", trace: ViTTrace, patch: int) -> "Selection":
    """The selection as the open step looks at it: `patch`, where the step is about patches and a token without a place is chosen."""
    first = trace.layout.num_prefix_tokens
    placeless = selection.token < first and SLUGS[step_of(selection)] in OF_PATCHES
    return replace(selection, token=first + patch) if placeless else selection


def pack_part(found: "Analysis", part: str, arrays: Mapping[str, np.ndarray], layer: int | None = None, **facts: Any) -> bytes:
    """A part's arrays with a mark of the run that they belong to: a picture seen by a model at a setting."""
    trace = found.trace
    seen = np.asarray(found.shown).tobytes() + trace.pooled.numpy().tobytes() + f"{trace.patch_size}".encode()
    return pack(arrays, part=part, layer=layer, run=hashlib.blake2b(seen, digest_size=8).hexdigest(), **facts)


def layer_payload(found: "Analysis", part: str, layer: int) -> bytes:
    """One layer's `attention` or `mlp`, and whether its weights had to be rounded."""
    block = found.trace.block(layer).block
    arrays = attention_part(found.trace, layer) if part == "attention" else mlp_part(found.trace, layer)
    learned = block.attn if part == "attention" else block.mlp
    return pack_part(found, part, arrays, layer, rounded=any(rounded(tensor) for tensor in learned.parameters()))


def flat_heads(tensor: Tensor) -> np.ndarray:
    """`[1, heads, T, head_dim]` as `[T, heads * head_dim]`."""
    return tensor[0].transpose(0, 1).flatten(1).numpy()


def weights(tensor: Tensor) -> np.ndarray:
    """Learned numbers in half precision where that loses nothing, as with the bundled model's, or where there are more than a million of
    them."""
    half = tensor.detach().half()
    return (half if tensor.numel() > MANY or torch.equal(half.float(), tensor) else tensor.detach()).numpy()


def rounded(tensor: Tensor) -> bool:
    """Whether `weights` loses something."""
    return tensor.numel() > MANY and not torch.equal(tensor.detach().half().float(), tensor)


def bias(layer: nn.Linear) -> np.ndarray:
    """A layer's bias; zeros where it has none."""
    return np.zeros(layer.out_features, np.float32) if layer.bias is None else layer.bias.detach().numpy()


def scale(layer: nn.Module, dim: int) -> np.ndarray:
    """The factors of a LayerScale; ones where the model has none."""
    return layer.gamma.detach().numpy() if isinstance(layer, LayerScale) else np.ones(dim, np.float32)


def base_payload(found: "Analysis") -> bytes:
    """Picture, embeddings, positions, tokens, layer 1's q and k, what the answer is read off in each layer, and the classifier; all sizes
    and words."""
    trace = found.trace
    config, first = trace.config, trace.block(0)
    arrays = {
        **kernel_arrays(trace.model, trace.patch_size),
        "pixels": np.asarray(found.shown),
        "embeddings": trace.patch_embeddings[0].numpy(),
        "positions": trace.pos_embedding[0].detach().numpy(),
        "tokens": trace.tokens[0].numpy(),
        "prefixRows": prefix_rows(trace.model).numpy(),
        "q0": flat_heads(first.q),
        "k0": flat_heads(first.k),
        "looks": np.stack([readings.reader_attention(trace, layer)[0].mean(dim=0).numpy() for layer in range(trace.depth)]),
        "readerRows": lead_rows(trace).numpy(),
        "readerStart": lead_start(trace).numpy(),
        "features": features(trace).numpy(),
    }
    facts: dict[str, Any] = {
        "steps": words(trace),
        "subject": trace.layout.num_prefix_tokens + opening(trace).patch,
        "ofPatches": [SLUGS.index(slug) for slug in OF_PATCHES],
        "hidden": config.mlp_hidden,
        "ffn": config.ffn,
        "act": config.act,
        "eps": config.norm_eps,
        "preNorm": config.pre_norm,
        "posPrefix": config.num_pos_prefix,
        "normFirst": config.norm_position == "before_pool",
        "mean": list(config.preprocessing.mean),
        "std": list(config.preprocessing.std),
        "temperature": config.temperature,
        "classes": config.num_classes,
    }
    if config.num_classes:
        weight, offset = head_matrix(trace)
        best = trace.logits[0].topk(min(CLASSES, config.num_classes)).indices
        skipped = without_norm(trace)
        names, whole = class_names(config), whole_names(config)
        arrays |= {"logits": trace.logits[0].numpy(), "probs": trace.probs[0].numpy(), "topClass": best.numpy().astype(np.int32)}
        arrays |= {"topWeight": weight[best].numpy(), "topBias": offset[best].numpy()}
        facts |= {"topNames": [names[i] for i in best.tolist()], "topWhole": [whole[i] for i in best.tolist()]}
        facts |= {"skipped": [names[int(skipped.argmax())], float(skipped.max())]}
    return pack_part(found, "base", arrays, **facts, **{**layout_facts(found.trace), **kernel_facts(trace.model, trace.patch_size)})


def attention_part(trace: ViTTrace, layer: int) -> dict[str, np.ndarray]:
    """One layer's attention from the stream that enters to the stream that leaves it, with the matrices in between."""
    block = trace.block(layer)
    attn, norm = block.block.attn, block.block.norm1
    return {
        "resid": block.resid_pre[0].numpy(),
        "norm": block.norm1_out[0].numpy(),
        "q": flat_heads(block.q),
        "k": flat_heads(block.k),
        "v": flat_heads(block.v),
        "headOut": flat_heads(block.head_out),
        "update": block.attn_update[0].numpy(),
        "wQkv": weights(attn.qkv.weight),
        "bQkv": bias(attn.qkv),
        "wOut": weights(attn.proj.weight),
        "bOut": bias(attn.proj),
        "scale": scale(block.block.ls1, trace.config.embed_dim),
        "gamma": norm.weight.detach().numpy(),
        "beta": norm.bias.detach().numpy(),
    }


def mlp_part(trace: ViTTrace, layer: int) -> dict[str, np.ndarray]:
    """One layer's MLP: its input, what stands before the activation (for SwiGLU gate and value side by side), both matrices, what it
    adds."""
    block = trace.block(layer)
    into, out = block.block.mlp.linears
    return {
        "norm": block.norm2_out[0].numpy(),
        "pre": block.mlp_pre_act[0].numpy(),
        "update": block.mlp_update[0].numpy(),
        "w1": weights(into.weight),
        "b1": bias(into),
        "w2": weights(out.weight),
        "b2": bias(out),
        "scale": scale(block.block.ls2, trace.config.embed_dim),
    }


def gallery_setting(model: VisionTransformer) -> tuple[int, int]:
    """Image and patch size at which the gallery is run: the model's own patches, and a picture of about 224 pixels that they divide."""
    patch, (low, high) = model.config.patch_size, model.config.grid_range
    return patch * max(low, min(high, round(GALLERY_SIZE / patch))), patch


def gallery_drivers(
    model: VisionTransformer,
    pictures: Mapping[str, Image],
    in_turn: Callable[..., ViTTrace] = lambda run, *args, **more: run(*args, **more),
) -> Gallery:
    """For every layer the patches of the pictures that drive its neurons; the pictures as the model sees them (title, address); the sizes.

    `in_turn` runs the model when its turn comes, with what a page is waiting for.
    """
    shown, (size, patch) = [], gallery_setting(model)

    def traces() -> Iterator[ViTTrace]:
        for title, picture in pictures.items():
            pixels = preprocess(picture, model, image_size=size)
            shown.append({"title": title, "address": data_uri(to_image(pixels, model.config.preprocessing), GALLERY_SIZE)})
            yield in_turn(model, pixels, patch_size=patch)

    return strongest_patches(traces(), DRIVERS), shown, (size, patch)


def drivers_payload(found: "Analysis", done: Gallery, layer: int) -> bytes:
    """The gallery's patches that drive each neuron of a layer most, strongest first."""
    drivers, pictures, (size, patch) = done
    arrays = {
        "driveValue": drivers[layer].activation.numpy(),
        "drivePicture": drivers[layer].picture.numpy().astype(np.int32),
        "drivePatch": drivers[layer].patch.numpy().astype(np.int32),
    }
    return pack_part(found, "drivers", arrays, layer, drivers=DRIVERS, gallery=pictures, gallerySize=[size, patch])


def layers_payload(found: "Analysis") -> bytes:
    """Through the layers: the stream, in half precision for the map alone; lengths, mean cosines, what each part adds, reach, and the
    logit lens."""
    trace = found.trace
    config, profiles = trace.config, head_profiles(trace)
    stream = [trace.resid(layer)[0] for layer in range(trace.depth + 1)]
    units = [F.normalize(rows, dim=-1) for rows in stream]
    layers = range(trace.depth)
    arrays = {
        "stream": np.stack([rows.half().numpy() for rows in stream]),
        "lengths": np.stack([rows.norm(dim=-1).numpy() for rows in stream]),
        "meanCosine": np.stack([(unit @ unit[trace.layout.patches].mean(dim=0)).numpy() for unit in units]),
        "attnAdds": np.stack([trace.block(layer).attn_update[0].norm(dim=-1).numpy() for layer in layers]),
        "mlpAdds": np.stack([trace.block(layer).mlp_update[0].norm(dim=-1).numpy() for layer in layers]),
        "distance": profiles.distance.numpy(),
    }
    facts: dict[str, Any] = {
        "kinds": [kind for layer in profiles.kinds for kind in layer],
        "uniform": profiles.uniform_distance,
        "lensNames": [],
    }
    if config.num_classes:
        lens = (readings.logit_lens(trace)[:, 0] / config.temperature).softmax(dim=-1).topk(min(LENS, config.num_classes), dim=-1)
        names, whole = class_names(config), whole_names(config)
        arrays["lens"] = lens.values.numpy()
        facts["lensNames"] = [[names[i] for i in row] for row in lens.indices.tolist()]
        facts["lensWhole"] = [[whole[i] for i in row] for row in lens.indices.tolist()]
    return pack_part(found, "layers", arrays, **facts)
