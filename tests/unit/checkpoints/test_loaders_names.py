"""Names that nobody foresaw: layouts that people have published, and random changes of the known ones, give a model or a true sentence."""

import json
import random
import re
from pathlib import Path

import pytest
import torch

from tests.support.files import small_files
from tests.support.files.claims import false_claims
from vit_core import checkpoints
from vit_core.checkpoints.errors import CheckpointError, MissingFacts
from vit_core.checkpoints.examine import checked, under_other_names
from vit_core.checkpoints.facts import Facts, merged
from vit_core.checkpoints.files.weights import Entry, Weights

LAYOUTS = json.loads((Path(small_files.__file__).parent / "public_layouts.json").read_text(encoding="utf-8"))
"""Names and shapes of the tensors of 35 small ViT-like files on the web; `{0-5}` stands for each number of a range. The 36th is a program
(TorchScript), which is refused as such."""
LOADED, OFFERED = {32}, {4, 6, 8, 17, 24, 25, 26, 29}
"""Places in `LAYOUTS`: what loads under known names, and what loads once its mapping is accepted."""
SAID = Facts("vit", num_heads=1)


def expanded(layout):
    """Every name with its shape."""
    found = {}
    for name, shape in layout.items():
        names = [name]
        while ranged := re.search(r"\{(\d+)-(\d+)\}", names[0]):
            numbers = range(int(ranged[1]), int(ranged[2]) + 1)
            names = [each.replace(ranged[0], str(i), 1) for each in names for i in numbers]
        found |= dict.fromkeys(names, tuple(shape))
    return found


def examined(shapes, facts=SAID):
    """The checkpoint that a file with such tensors would be."""
    entries = {name: Entry("float32", shape) for name, shape in shapes.items()}
    settled, said = under_other_names(entries, {}, facts, "a.pth")
    return checked(settled, merged(said, facts, "a.pth"), Weights("PyTorch", entries, torch.zeros, 0), "a.pth")


@pytest.mark.parametrize("number", range(len(LAYOUTS)))
def test_a_public_layout_loads_or_gets_a_true_sentence(number):
    shapes = expanded(LAYOUTS[number])
    if number in LOADED:
        assert examined(shapes).plan
        return
    with pytest.raises(CheckpointError) as caught:
        examined(shapes)
    wrong, count = false_claims(str(caught.value), shapes)
    assert count and not wrong
    offers = "say so with `accept_mapping`" in str(caught.value)
    assert offers == (number in OFFERED), str(caught.value)
    if offers:
        plan = examined(shapes, Facts("vit", num_heads=1, accept_mapping=True)).plan
        assert sorted(piece.name for pieces in plan.values() for piece in pieces) == sorted(shapes)


def test_an_accepted_mapping_computes_what_timms_names_do(tmp_path):
    known = small_files.timm_tensors()
    parts = {"blocks.0.": "transformer.layers.0.", "attn.qkv.": "self_attn.in_proj_", "attn.proj": "self_attn.out_proj"}
    parts |= {"mlp.fc1": "linear1", "mlp.fc2": "linear2", "head.": "classify."}
    renamed = {}
    for name, tensor in known.items():
        for ours, theirs in parts.items():
            name = name.replace(ours, theirs)
        renamed[name] = tensor
    torch.save(renamed, tmp_path / "a.pth")
    loaded = checkpoints.load(tmp_path / "a.pth", family="vit", num_heads=3, accept_mapping=True)
    assert all(torch.equal(tensor, known[name]) for name, tensor in loaded.state_dict().items())


# Random changes.


def bases():
    timm = {name: tuple(tensor.shape) for name, tensor in small_files.timm_tensors().items()}
    vision = {name: tuple(tensor.shape) for name, tensor in small_files.torchvision_tensors().items()}
    google = {name: array.shape for name, array in small_files.google_arrays().items()}
    return [timm, vision, google, {name: tuple(tensor.shape) for name, tensor in small_files.hf_tensors().items()}]


def changed(shapes, rng):
    """Names put behind a prefix, renamed all or one, lost, doubled, or with another's shape."""
    shapes = dict(shapes)
    for _ in range(rng.choice([1, 1, 2, 3])):
        name, other = rng.choice(list(shapes)), rng.choice(list(shapes))
        kind = rng.randrange(8)
        word = rng.choice(["net", "vit", "backbone", "attn", "mlp", "x", "student", "blocks", "layers.0", "norm", "head"])
        if kind == 0:
            shapes = {f"{word}.{key}": shape for key, shape in shapes.items()}
        elif kind == 1:
            part = rng.choice(name.replace("/", ".").split("."))
            shapes = {key.replace(part, word): shape for key, shape in shapes.items()}
        elif kind == 2:
            shapes[f"{word}.{name}"] = shapes.pop(name)
        elif kind == 3 and len(shapes) > 1:
            del shapes[name]
        elif kind == 4:
            shapes |= {f"{word}.{key}": shape for key, shape in shapes.items()}
        elif kind == 5:
            shapes[name] = shapes[other]
        elif kind == 6:
            shapes[name] = shapes[name][::-1]
        else:
            shapes[f"{name}.{word}"] = shapes[name]
    return shapes


def test_random_names_give_a_model_or_a_true_sentence():
    told, models = [], 0
    for seed in range(500):
        shapes = changed(bases()[seed % 4], random.Random(seed))
        try:
            checkpoint = examined(shapes, Facts("vit", num_heads=3))
        except CheckpointError as error:
            text = str(error)
            if isinstance(error, MissingFacts) and error.names == ("image_size",):
                continue
            wrong, count = false_claims(text, shapes)
            assert not wrong, (seed, text, wrong)
            assert text.endswith((".", "…")) and "\n" not in text and len(text) < 2000, (seed, text)
            told.append(count)
        else:
            models += 1
            used = {piece.name: piece.shape for pieces in checkpoint.plan.values() for piece in pieces}
            assert all(shapes[name] == shape for name, shape in used.items()), seed
    assert models > 20
    assert sum(count > 0 for count in told) > 0.7 * len(told)
