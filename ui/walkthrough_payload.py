"""What the walkthrough's stage is sent: the parts that its steps draw, each only while its step is open."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from PIL.Image import Image

from ui import cached, components, session
from ui.patch_grid import kernel_arrays, kernel_facts
from ui.walkthrough_words import SLUGS, words
from vit_core import analysis as readings
from vit_core.heads import head_profiles
from vit_core.images import preprocess, to_image
from vit_core.model import VisionTransformer
from vit_core.neurons import Drivers, strongest_patches
from vit_core.trace import ViTTrace

if TYPE_CHECKING:
    from ui.cached import Analysis
    from ui.state import Selection

GALLERY_SIZE, GALLERY_PATCH, DRIVERS = 224, 16, 6
OWN_PARTS = ("attention", "mlp", "layers")
DRIVERS_FROM = SLUGS.index("cls")  # the step from which on the MLP step is near enough to prepare
BACKGROUND, STARTING = ThreadPoolExecutor(max_workers=1), Lock()
DRIVERS_OF: dict[str, Future] = {}


def step_of(selection: "Selection") -> int:
    """The open step, from 0; the first where the link's view says nothing that can be."""
    try:
        asked = json.loads(selection.view or "{}").get("step")
    except (ValueError, AttributeError):
        asked = None
    return asked - 1 if type(asked) is int and 1 <= asked <= len(SLUGS) else 0


def payload(selection: "Selection") -> bytes:
    """The bytes for the open step: `base` serves six of them, the other three have a part of their own, made for a layer where they show one."""
    number, layer = step_of(selection), selection.layer
    if number >= DRIVERS_FROM:
        drivers_of(selection.model)
    return part_of(SLUGS[number], layer)


def payload_ahead(selection: "Selection") -> bytes | None:
    """The bytes for the step after the open one, where it draws another part: sent after all else, so that going on need not wait."""
    number = step_of(selection) + 1
    return part_of(SLUGS[number], selection.layer) if number < len(SLUGS) and SLUGS[number] in OWN_PARTS else None


def part_of(step: str, layer: int) -> bytes:
    """The bytes of the part that a step draws."""
    if step == "attention":
        return session.payload(f"walkthrough attention {layer}", lambda found: pack(found, "attention", attention_part(found.trace, layer), layer))
    if step == "mlp":
        return session.payload(f"walkthrough mlp {layer}", lambda found: mlp_payload(found, layer))
    if step == "layers":
        return session.payload("walkthrough layers", layers_payload)
    return session.payload("walkthrough base", base_payload)


def pack(found: "Analysis", part: str, arrays: dict[str, np.ndarray], layer: int | None = None, **facts) -> bytes:
    """A part's arrays with what every step needs: the picture's pixels, the sizes, the words and the likeliest classes."""
    trace = found.trace
    config, pixels = trace.config, np.asarray(found.shown)
    return components.pack(
        {**arrays, "pixels": pixels},
        **{**components.layout_facts(found), **kernel_facts(trace.model, trace.patch_size), **facts},
        part=part,
        layer=layer,
        run=hashlib.blake2b(pixels.tobytes() + f"{config.name} {trace.patch_size}".encode(), digest_size=8).hexdigest(),
        steps=words(trace),
        top=trace.top_k(5),
        classes=config.num_classes,
        hidden=config.mlp_hidden,
        act=config.act,
        eps=config.norm_eps,
        mean=list(config.preprocessing.mean),
        std=list(config.preprocessing.std),
        temperature=config.temperature,
    )


def flat_heads(tensor) -> np.ndarray:
    """`[1, heads, T, head_dim]` as `[T, heads * head_dim]`."""
    return tensor[0].transpose(0, 1).flatten(1).numpy()


def base_payload(found: "Analysis") -> bytes:
    """Embeddings, positions, tokens, layer 1's q and k, where [CLS] looks in each layer, its row in each layer, and the head."""
    trace = found.trace
    head = trace.model.head
    first = trace.block(0)
    cls = 0 if trace.layout.cls is None else trace.layout.cls
    looks = np.stack([trace.attn_weights(layer, cls)[0, :, 0].mean(0).numpy() for layer in range(trace.depth)])
    arrays = {
        **kernel_arrays(trace.model, trace.patch_size),
        "embeddings": trace.patch_embeddings[0].numpy(),
        "positions": trace.pos_embedding[0].detach().numpy(),
        "tokens": trace.tokens[0].numpy(),
        "q0": flat_heads(first.q),
        "k0": flat_heads(first.k),
        "looks": looks,
        "clsRows": np.stack([trace.resid(layer)[0, cls].numpy() for layer in range(trace.depth + 1)]),
        "clsStart": trace.model.cls_token[0, 0].detach().numpy(),
        "pooled": trace.pooled[0].numpy(),
        "headWeight": head.weight.detach().numpy(),
        "headBias": head.bias.detach().numpy(),
        "logits": trace.logits[0].numpy(),
        "probs": trace.probs[0].numpy(),
    }
    return pack(found, "base", arrays, labels=list(trace.config.labels))


def attention_part(trace: ViTTrace, layer: int) -> dict[str, np.ndarray]:
    """One layer's attention from the stream that enters to the stream that leaves it, with the matrices in between."""
    block = trace.block(layer)
    attn = block.block.attn
    return {
        "resid": block.resid_pre[0].numpy(),
        "norm": block.norm1_out[0].numpy(),
        "q": flat_heads(block.q),
        "k": flat_heads(block.k),
        "v": flat_heads(block.v),
        "headOut": flat_heads(block.head_out),
        "update": block.attn_update[0].numpy(),
        "wQkv": attn.qkv.weight.detach().numpy(),
        "bQkv": attn.qkv.bias.detach().numpy(),
        "wOut": attn.proj.weight.detach().numpy(),
        "bOut": attn.proj.bias.detach().numpy(),
        "gamma": block.block.norm1.weight.detach().numpy(),
        "beta": block.block.norm1.bias.detach().numpy(),
    }


def drivers_of(model_name: str) -> Future:
    """`gallery_drivers` of a model, begun in the background when first asked for: it takes a run of the model for every picture."""
    with STARTING:
        if model_name not in DRIVERS_OF:
            pictures = {row.title: cached.gallery_picture(name) for name, row in cached.gallery().items()}
            DRIVERS_OF[model_name] = BACKGROUND.submit(gallery_drivers, cached.model(model_name), pictures)
        return DRIVERS_OF[model_name]


def gallery_drivers(model: VisionTransformer, pictures: Mapping[str, Image]) -> tuple[list[Drivers], list[dict]]:
    """For every layer the patches of the pictures that drive its neurons, at 224 / 16; and the pictures as the model sees them, title and address."""
    shown = []

    def traces() -> Iterator[ViTTrace]:
        for title, picture in pictures.items():
            pixels = preprocess(picture, model, image_size=GALLERY_SIZE)
            shown.append({"title": title, "address": components.data_uri(to_image(pixels, model.config.preprocessing), GALLERY_SIZE)})
            yield model(pixels, patch_size=GALLERY_PATCH)

    return strongest_patches(traces(), DRIVERS), shown


def mlp_payload(found: "Analysis", layer: int) -> bytes:
    """One layer's MLP: its input, the activations before GELU, both matrices, what it adds, and the gallery patches that drive each neuron."""
    block = found.trace.block(layer)
    mlp = block.block.mlp
    drivers, pictures = drivers_of(session.current().model).result()
    arrays = {
        "norm": block.norm2_out[0].numpy(),
        "pre": block.mlp_pre_act[0].numpy(),
        "update": block.mlp_update[0].numpy(),
        "w1": mlp.fc1.weight.detach().numpy(),
        "b1": mlp.fc1.bias.detach().numpy(),
        "w2": mlp.fc2.weight.detach().numpy(),
        "b2": mlp.fc2.bias.detach().numpy(),
        "driveValue": drivers[layer].activation.numpy(),
        "drivePicture": drivers[layer].picture.numpy().astype(np.int32),
        "drivePatch": drivers[layer].patch.numpy().astype(np.int32),
    }
    facts = {"drivers": DRIVERS, "gallery": pictures, "galleryGrid": GALLERY_SIZE // GALLERY_PATCH}
    return pack(found, "mlp", arrays, layer, **facts)


def layers_payload(found: "Analysis") -> bytes:
    """The whole residual stream, how much each part adds to it, each head's reach, and the logit lens."""
    trace = found.trace
    config = trace.config
    profiles = head_profiles(trace)
    lens = (readings.logit_lens(trace)[:, 0] / config.temperature).softmax(dim=-1).topk(min(5, config.num_classes), dim=-1)
    layers = range(trace.depth)
    arrays = {
        "stream": np.stack([trace.resid(layer)[0].numpy() for layer in range(trace.depth + 1)]),
        "attnAdds": np.stack([trace.block(layer).attn_update[0].norm(dim=-1).numpy() for layer in layers]),
        "mlpAdds": np.stack([trace.block(layer).mlp_update[0].norm(dim=-1).numpy() for layer in layers]),
        "distance": profiles.distance.numpy(),
        "lens": lens.values.numpy(),
        "lensClass": lens.indices.numpy().astype(np.int32),
    }
    kinds = [kind for layer in profiles.kinds for kind in layer]
    return pack(found, "layers", arrays, labels=list(config.labels), kinds=kinds, uniform=profiles.uniform_distance)
