"""A configuration as the browser’s copy of the closed forms reads it."""

from typing import Any

from vit_core.config import ViTConfig
from vit_core.readout import PATCHES, readout


def config_facts(config: ViTConfig) -> dict[str, Any]:
    """What the closed forms need to know of a model, under the names that the browser's copy of them uses."""
    read = readout(config)
    return {
        "name": config.name,
        "dim": config.embed_dim,
        "depth": config.depth,
        "heads": config.num_heads,
        "hidden": config.mlp_hidden,
        "classes": config.num_classes,
        "channels": config.in_chans,
        "patch": config.patch_size,
        "kernel": config.kernel,
        "posGrid": list(config.native_grid),
        "posPrefix": config.num_pos_prefix,
        "classToken": config.class_token,
        "distillToken": config.distill_token,
        "registers": config.num_registers,
        "maskToken": config.mask_token,
        "patchBias": config.patch_bias,
        "qkvBias": config.qkv_bias,
        "headBias": config.head_bias,
        "projection": config.projection,
        "preNorm": config.pre_norm,
        "layerScale": config.layer_scale,
        "gated": config.ffn == "swiglu",
        "act": config.act,
        "readHeads": read.heads,
        "readVectors": len(read.readers),
        "readsPatches": PATCHES in read.readers,
        "normAfterPool": config.norm_position == "after_pool",
    }
