"""The acceptance test of the loader and of the forward: random small models of Hugging Face, saved by it, computed alike by us."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library is first imported: nothing here may reach for the network

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch.testing import assert_close
from transformers import ViTConfig, ViTForImageClassification, ViTModel
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from tests.support.models.small import pictures, randomise
from vit_core import checkpoints
from vit_core.images import preprocess

SMALL = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "intermediate_size": 40,
    "image_size": 16,
    "patch_size": 4,
    "num_labels": 7,
    "attn_implementation": "eager",
}
CLOSE = {"atol": 1e-5, "rtol": 1e-5}


def theirs(kind=ViTForImageClassification, seed: int = 0, bare: dict | None = None, **changes):
    """One of Hugging Face's models with random weights, every bias included."""
    return randomise(kind(ViTConfig(**(SMALL | changes)), **(bare or {})), seed, spread=0.15).eval()


def ours(model, folder):
    model.save_pretrained(folder)
    if not (folder / "preprocessor_config.json").exists():
        (folder / "preprocessor_config.json").write_text('{"image_processor_type": "ViTImageProcessor"}')
    return checkpoints.load(folder)


@torch.no_grad()
def assert_same(model, loaded, x, **options):
    """Every layer's residual stream and attention weights, the features, and the logits where there are classes."""
    reference = model(x, output_hidden_states=True, output_attentions=True, **options)
    trace = loaded(x)
    depth = model.config.num_hidden_layers
    assert (len(reference.hidden_states), len(reference.attentions), trace.depth) == (depth + 1, depth, depth)
    for layer in range(depth + 1):
        assert_close(trace.resid(layer), reference.hidden_states[layer], **CLOSE)
    for layer in range(depth):
        assert_close(trace.attn_weights(layer), reference.attentions[layer], **CLOSE)
    if isinstance(model, ViTForImageClassification):
        assert_close(trace.logits, reference.logits, **CLOSE)
    else:
        assert_close(trace.norm_out, reference.last_hidden_state, **CLOSE)
        assert_close(trace.pooled, reference.last_hidden_state[:, 0], **CLOSE)
        assert trace.logits is trace.pooled


CASES = {
    "defaults": {},
    "eps of CLIP": {"layer_norm_eps": 1e-5},
    "large eps": {"layer_norm_eps": 1e-2},
    "no query, key and value biases": {"qkv_bias": False},
    "gelu_new": {"hidden_act": "gelu_new"},
    "gelu_pytorch_tanh": {"hidden_act": "gelu_pytorch_tanh"},
    "quick_gelu": {"hidden_act": "quick_gelu"},
    "other patch": {"patch_size": 6, "image_size": 18},
    "patch as a pair": {"patch_size": [2, 2], "image_size": [8, 8]},
    "picture wider than high": {"image_size": [8, 20]},
    "one channel": {"num_channels": 1},
    "narrow MLP": {"intermediate_size": 7},
    "one head": {"num_attention_heads": 1},
    "one class": {"num_labels": 1},
    "two classes": {"num_labels": 2},
    "no classes": {"num_labels": 0},
    "dropout, which evaluation leaves out": {"hidden_dropout_prob": 0.5, "attention_probs_dropout_prob": 0.5},
}


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES)
def test_classifiers(changes, tmp_path):
    model = theirs(**changes)
    size = model.config.image_size
    x = pictures(2, *([size] if isinstance(size, int) else size), chans=model.config.num_channels)
    loaded = ours(model, tmp_path)
    assert_same(model, loaded, x)
    assert loaded.config.labels == tuple(model.config.id2label[i] for i in range(model.config.num_labels))


@pytest.mark.parametrize("bare", [{}, {"add_pooling_layer": False}, {"use_mask_token": True}], ids=str)
def test_bare_models(bare, tmp_path):
    model = theirs(ViTModel, bare=bare)
    loaded = ours(model, tmp_path)
    assert_same(model, loaded, pictures())
    assert loaded.config.num_classes == 0
    if loaded.config.mask_token:
        assert torch.equal(loaded.mask_token, model.embeddings.mask_token[0])


@pytest.mark.parametrize("size", [(24, 24), (8, 8), (8, 32), (20, 12), (4, 36)], ids=str)
@pytest.mark.parametrize("kind", [ViTForImageClassification, ViTModel])
def test_other_resolutions(kind, size, tmp_path):
    model = theirs(kind)
    assert_same(model, ours(model, tmp_path), pictures(1, *size), interpolate_pos_encoding=True)


def test_labels(tmp_path):
    names = {i: name for i, name in enumerate(["ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay", "kiwi", "lynx"])}
    loaded = ours(theirs(id2label=names, label2id={name: i for i, name in names.items()}, num_labels=12), tmp_path)
    assert loaded.config.labels == tuple(names.values())


@settings(max_examples=15)
@given(
    seed=st.integers(0, 1000),
    heads=st.sampled_from([1, 2, 4]),
    head_dim=st.integers(1, 8),
    changes=st.fixed_dictionaries(
        {
            "num_hidden_layers": st.integers(1, 4),
            "intermediate_size": st.integers(1, 40),
            "hidden_act": st.sampled_from(["gelu", "gelu_new", "gelu_pytorch_tanh", "quick_gelu"]),
            "layer_norm_eps": st.sampled_from([1e-12, 1e-6, 1e-5, 1e-3]),
            "qkv_bias": st.booleans(),
            "num_labels": st.integers(0, 9),
        }
    ),
    patch=st.integers(1, 5),
    grid=st.integers(1, 5),
)
def test_any_small_model(tmp_path_factory, seed, heads, head_dim, changes, patch, grid):
    sizes = {"hidden_size": 2 * heads * head_dim, "num_attention_heads": heads, "patch_size": patch, "image_size": grid * patch}
    model = theirs(seed=seed, **sizes, **changes)
    assert_same(model, ours(model, tmp_path_factory.mktemp("model")), pictures(2, grid * patch, seed=seed))


@pytest.mark.parametrize("fields", [{}, {"resample": 3, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}], ids=str)
def test_preprocessing(fields, tmp_path):
    processor = ViTImageProcessorPil(size={"height": 16, "width": 16}, **fields)
    processor.save_pretrained(tmp_path)
    loaded = ours(theirs(), tmp_path)
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8))
    expected = processor(images=image, return_tensors="pt")["pixel_values"]
    assert_close(preprocess(image, loaded, image_size=16, fit="stretch"), expected, **CLOSE)
