"""CLIP's image tower: features as before, and with the class names' text features an answer: cosine times logit scale."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch.testing import assert_close

from tests.support.files.checkpoint_files import hf_folder, refusal
from tests.support.files.small_files import clip_tensors
from tests.support.models.small import pictures
from vit_core import checkpoints, cost
from vit_core.checkpoints import text_features
from vit_core.readout import features, head_matrix, head_on

NAMES = ("ant", "bee", "cat")
SCALE = 3.0
TEXTS = torch.randn(3, 6, generator=torch.Generator().manual_seed(5))
PROJECTION = torch.randn(12, 6, generator=torch.Generator().manual_seed(6))
NO_PROJECTION = "clip.pth has no projection into a space shared with texts, so that text features cannot be used with it."
HF_CLIP = {"model_type": "clip_vision_model", "architectures": ["CLIPVisionModelWithProjection"], "hidden_act": "quick_gelu"}


def written(path, texts=TEXTS, names=NAMES, **more):
    """A file of text features, by the ending of its name."""
    if path.suffix == ".npz":
        arrays = {"features": texts.numpy(), **more} | ({} if names is None else {"names": np.array(names)})
        np.savez(path, **arrays)
    else:
        metadata = {} if names is None else {"names": json.dumps(names)}
        save_file({"features": texts, **{name: torch.tensor(value) for name, value in more.items()}}, path, metadata)
    return path


def openai(folder, **changes):
    """A whole CLIP under OpenAI's names."""
    _, tensors = clip_tensors()
    tensors |= {"visual.proj": PROJECTION, "logit_scale": torch.tensor(SCALE), **changes}
    torch.save({name: tensor for name, tensor in tensors.items() if tensor is not None}, folder / "clip.pth")
    return folder / "clip.pth"


def expected(model, x, scale=SCALE):
    """The cosine of the projected features with each text, times the scale, from a model without text features."""
    return np.exp(scale) * F.cosine_similarity((model(x).pooled @ PROJECTION)[:, None], TEXTS[None], dim=-1)


@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_openais_names_answer_by_text_features(ending, tmp_path):
    path, x = openai(tmp_path), pictures(2, 16)
    said = {"family": "clip", "num_heads": 3}
    plain = checkpoints.load(path, **said)
    assert (plain.config.num_classes, plain.projection) == (0, None)  # without text features: features, as before
    model = checkpoints.load(path, text_features=written(tmp_path / f"texts{ending}"), **said)
    trace = model(x)
    assert_close(trace.logits, expected(plain, x))
    assert_close(trace.probs, expected(plain, x).softmax(-1))
    assert model.config.labels == NAMES
    weight, bias = head_matrix(trace)
    assert_close(features(trace) @ weight.T + bias, trace.logits[0])
    assert_close(head_on(trace, trace.norm_out[0])[0], trace.logits[0])
    counted = sum(parameter.numel() for parameter in model.parameters())
    assert (
        cost.parameters(model.config).total
        == counted
        == checkpoints.inspect(path, text_features=tmp_path / f"texts{ending}", **said).parameters
    )
    assert cost.macs(model.config).head == 12 * 6 + 6 * 3
    checkpoints.save(model.state_dict(), model.config, tmp_path / "kept.safetensors", torch.float32)
    assert_close(checkpoints.load(tmp_path / "kept.safetensors")(x).logits, trace.logits)


def test_a_folder_of_hugging_face_with_text_features_beside_the_weights(tmp_path):
    _, tensors = clip_tensors()
    names = {"conv1": "embeddings.patch_embedding", "class_embedding": "embeddings.class_embedding", "ln_pre": "pre_layrnorm"}
    names |= {"positional_embedding": "embeddings.position_embedding.weight", "ln_post": "post_layernorm", "c_fc": "fc1", "c_proj": "fc2"}
    names |= {
        "transformer.resblocks.": "encoder.layers.",
        "ln_1": "layer_norm1",
        "ln_2": "layer_norm2",
        "attn.out_proj": "self_attn.out_proj",
    }
    found = {"visual_projection.weight": PROJECTION.T.contiguous()}
    for name, tensor in tensors.items():
        if not name.startswith("visual.") or name == "visual.proj":
            continue
        for theirs, hf in names.items():
            name = name.replace(theirs, hf)
        name = f"vision_model.{name.removeprefix('visual.')}"
        if "attn.in_proj_" in name:
            parts = zip("qkv", tensor.chunk(3), strict=True)
            found |= {name.replace("attn.in_proj_", f"self_attn.{letter}_proj."): part.clone() for letter, part in parts}
        else:
            found[name] = tensor.clone()
    folder = hf_folder(tmp_path, HF_CLIP, tensors=found)
    x, plain = pictures(2, 16), checkpoints.load(folder)
    assert plain.config.num_classes == 0
    written(tmp_path / "text_features.npz", logit_scale=np.array(2.0))
    assert_close(checkpoints.load(folder)(x).logits, expected(plain, x, 2.0))
    assert set(checkpoints.models_in(tmp_path)) == {"model.safetensors"}  # text features are no model


@pytest.mark.parametrize(
    ("texts", "names", "more", "said"),
    [
        (TEXTS[0], NAMES, {}, "must hold `features` of shape [classes, width]; it has shape [6]."),
        (TEXTS, NAMES[:2], {}, "must name every row of its `features` in `names`; it has 2 names for 3 rows."),
        (TEXTS, None, {}, "must name every row of its `features` in `names`; it has "),
        (TEXTS * 0, NAMES, {}, "has features that are not finite, or all zero."),
        (TEXTS, NAMES, {"logit_scale": np.float32(100)}, "has a `logit_scale` that is no number from 0 to 10, a logarithm."),
    ],
)
@pytest.mark.parametrize("ending", [".npz", ".safetensors"])
def test_files_that_hold_no_text_features(texts, names, more, said, ending, tmp_path):
    path = written(tmp_path / f"texts{ending}", texts.contiguous(), names, **more)
    with pytest.raises(checkpoints.CheckpointError) as caught:
        text_features.read(path)
    assert str(caught.value).startswith(f"texts{ending} {said}")


def test_files_that_are_none(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"nothing of the kind")
    np.savez(tmp_path / "b.npz", features=TEXTS.numpy(), names=np.array(list(NAMES), dtype=object))
    said = {"a.npz": "a.npz is no readable file", "b.npz": "an array of it is damaged", "c.npz": "No such file", "d.txt": "got d.txt"}
    for name, text in said.items():
        with pytest.raises(checkpoints.CheckpointError, match=text):
            text_features.read(tmp_path / name)


@pytest.mark.parametrize(
    ("changes", "texts", "said"),
    [
        (
            {"visual.proj": None},
            TEXTS,
            "clip.pth has no projection into a space shared with texts, so that text features cannot be used with it.",
        ),
        ({}, TEXTS[:, :4], "The text features have 4 numbers each, and clip.pth projects its pictures to 6."),
        ({"logit_scale": None}, TEXTS, "Neither clip nor the text features say the logit scale: add it to their file as `logit_scale`."),
        ({"logit_scale": torch.tensor(99.0)}, TEXTS, "clip has a `logit_scale` of 99, which is no logarithm from 0 to 10."),
    ],
)
def test_text_features_that_do_not_fit(changes, texts, said, tmp_path):
    path = written(tmp_path / "texts.npz", texts)
    assert refusal(openai(tmp_path, **changes), family="clip", num_heads=3, text_features=path) == said


def test_without_positions(tmp_path):
    path = openai(tmp_path, **{"visual.positional_embedding": None})
    assert refusal(path, family="clip", num_heads=3).startswith(
        "clip.pth has no visual.positional_embedding: a ViT without a table of positions is not supported; if its positions are fixed"
    )
