"""What the patch embedding’s components are sent: pixels, kernel, embeddings and what they keep; the calculator’s presets and setting."""

import numpy as np

from ui.kit.patches import PATCHES, kernel_arrays, kernel_facts
from ui.kit.payload import layout_facts, pack
from ui.patch_embedding.setting import Calculation, of_preset
from ui.work.analysis import Analysis
from vit_core.images import to_image
from vit_core.presets import presets
from vit_core.study.embedding import (
    convolution,
    directions_kept,
    filter_components,
    patch_errors,
    projection,
    reconstruct,
)


def stage(analysis: Analysis) -> bytes:
    """The model's own pixels, the patch kernel, embeddings before and after positions, the rebuilt picture and its errors, the filters'
    components.
    """
    trace, model = analysis.trace, analysis.trace.model
    rebuilt = reconstruct(trace)
    errors = patch_errors(trace, rebuilt)[0]
    components_, shares = filter_components(model.patch_embed.proj.weight.detach())
    arrays = {
        "pixels": np.asarray(analysis.shown),
        "kept": np.asarray(to_image(rebuilt, trace.config.preprocessing)),
        "errors": errors.numpy(),
        "embeddings": trace.patch_embeddings[0].numpy(),
        "tokens": trace.tokens[0, trace.layout.patches].numpy(),
        "components": components_.numpy(),
        **kernel_arrays(model, trace.patch_size),
    }
    return pack(
        arrays,
        **{**layout_facts(analysis.trace), **kernel_facts(model, trace.patch_size)},
        mean=list(trace.config.preprocessing.mean),
        std=list(trace.config.preprocessing.std),
        shares=shares.tolist(),
        rank=directions_kept(projection(trace)[0]),
        error=float(errors.square().mean().sqrt()),
        convolution=float((convolution(trace) - trace.patch_embeddings).abs().max()),
    )


def calculator(calculation: Calculation) -> dict:
    """What the browser's calculator needs."""
    keys = ("size", "patch", "chans", "dim", "prefix", "bias")
    rows = [{"name": name, **{key: getattr(of_preset(config), key) for key in keys}} for name, config in presets.items()]
    now = [getattr(calculation, key) for key in keys]
    return {"presets": rows, "patches": list(PATCHES), "now": now}
