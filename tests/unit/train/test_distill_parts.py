"""What a distillation is made of: targets, tokens, fast products, schedule, and the pictures that it reads."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.distilling import CONFIG, small_teacher, write_pictures
from vit_core import checkpoints
from vit_core.train.distill.pictures import UNKNOWN, Pictures, Views, batch, classes_of, open_pictures
from vit_core.train.distill.products import use_half_products
from vit_core.train.distill.recipe import fitted, recipe
from vit_core.train.distill.streams import answer, limited, on_grid, shared_tokens


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def teacher(folder):
    return small_teacher(folder)


def test_a_teacher_whose_outliers_are_cut_still_answers_alike(teacher, folder):
    pixels, _ = batch(open_pictures(folder), 4, 16, Views(), torch.Generator().manual_seed(0))
    trace = teacher(pixels)
    said = answer(trace, 1e9)
    assert torch.equal(said.at(2.0), trace.blocks[-1].resid_post) and torch.equal(said.at(1.0), trace.blocks[0].resid_post)
    assert torch.allclose(said.at(0.5), (trace.blocks[0].resid_pre + trace.blocks[0].resid_post) / 2)
    stream = torch.ones(1, 5, 4)
    stream[0, 2] = 50.0
    assert limited(stream, 3.0)[0].norm(dim=-1).tolist() == pytest.approx([2, 2, 6, 2, 2])
    assert torch.equal(limited(stream, 100.0), stream)


def test_shared_tokens_and_other_grids(teacher):
    registers, plain = CONFIG.replace(num_registers=2).layout((2, 2)), CONFIG.layout((2, 2))
    mine, theirs = shared_tokens(registers, plain)
    assert mine.tolist() == [0, 3, 4, 5, 6] and theirs.tolist() == [0, 1, 2, 3, 4]
    stream = torch.arange(5.0).view(1, 5, 1)
    assert on_grid(stream, plain, (1, 1)).flatten().tolist() == pytest.approx([0.0, 2.5])
    assert on_grid(stream, plain, (2, 2)) is stream


def test_half_products_keep_names_and_come_close(teacher):
    copy = use_half_products(checkpoints.with_weights(CONFIG, teacher.state_dict()))
    x = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert copy.state_dict().keys() == teacher.state_dict().keys()
    exact = teacher(x).logits
    assert torch.allclose(copy(x).logits, exact, atol=0.05 * exact.abs().max().item())
    layer, rows = copy.blocks[0].mlp.fc1.requires_grad_(True), torch.randn(6, 16, requires_grad=True)
    layer(rows).square().sum().backward()
    gradients = rows.grad.clone(), layer.weight.grad.clone(), layer.bias.grad.clone()
    again = torch.nn.functional.linear(rows, layer.weight, layer.bias).square().sum()
    for mine, exact in zip(gradients, torch.autograd.grad(again, (rows, layer.weight, layer.bias)), strict=True):
        assert (mine - exact).norm() < 0.02 * exact.norm()


def test_schedule_and_sizes():
    plan = recipe(1000, 0, 10_000, tail=4000)
    assert [phase.kind for phase in plan.phases] == ["layers", "whole"]
    peak = plan.phases[1].rate
    assert plan.rate(1000) < peak / 100 and plan.rate(5000) == peak
    assert plan.rate(9000) == pytest.approx(peak / 2) and plan.rate(11_000) == pytest.approx(peak * plan.phases[1].lowest)
    longer = recipe(1000, 0, 20_000, tail=4000)
    assert all(plan.rate(seen) == longer.rate(seen) for seen in range(0, 7000, 500))
    assert plan.flexible_share(0) == plan.flexible[0] and plan.flexible_share(10**9) == plan.flexible[1]
    assert fitted({(224, 16): 0.5, (112, 8): 0.5}, CONFIG) == {(16, 4): 0.5, (8, 2): 0.5}
    assert plan.batch(10**6) == 1 and plan.batch(1) == plan.largest_batch


def test_names_find_their_classes():
    names = ("goldfish, Carassius auratus", "crane", "hen", "crane", "cup")
    rows = [
        {"name": "hen", "wnid": "n3"},
        {"name": "crane", "wnid": "n4"},
        {"name": "Goldfish", "wnid": "n1"},
        {"name": "cup", "wnid": "n5"},
    ]
    assert classes_of(rows, names) == [2, 3, 0, 4]
    assert classes_of([{"name": "crane"}, {"name": "tench"}], names) == [UNKNOWN, UNKNOWN]


def test_packed_pictures_keep_their_labels(tmp_path):
    pixels = Image.new("RGB", (8, 8), (200, 10, 10))
    pixels.save(tmp_path / "one.webp", lossless=True)
    blob = np.frombuffer((tmp_path / "one.webp").read_bytes(), dtype=np.uint8)
    np.savez(
        tmp_path / "train-0.npz", webp=np.concatenate([blob, blob]), offsets=np.array([0, len(blob), 2 * len(blob)]), label=np.array([1, 0])
    )
    (tmp_path / "classes.json").write_text(json.dumps([{"name": "b"}, {"name": "unheard of"}]))
    found = open_pictures(tmp_path, CONFIG.labels)
    assert len(found) == 2 and found.labels == [UNKNOWN, 1] and open_pictures(tmp_path).labels == []
    plain = Views(mosaics=(1.0,), recolour=0.0, sharpen=0.0)
    images, labels = batch(found, 6, 12, plain, torch.Generator().manual_seed(0))
    assert images.shape == (6, 3, 12, 12) and set(labels.tolist()) == {UNKNOWN, 1}
    assert torch.allclose(images.mean(dim=(0, 2, 3)) * 255, torch.tensor([200.0, 10, 10]), atol=2)
    tiles, labels = batch(found, 3, 13, Views(mosaics=(0.0, 0.0, 1.0)), torch.Generator().manual_seed(0))
    assert tiles.shape == (3, 3, 13, 13) and labels.tolist() == [UNKNOWN] * 3


def test_pictures_that_cannot_be_read_are_named(folder, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    with pytest.raises(ValueError, match=r"broken\.png"):
        open_pictures(tmp_path).read(0)
    with pytest.raises(ValueError, match="Packed picture 0 cannot be decoded"):
        Pictures([b"nor this"]).read(0)
    (tmp_path / "broken.png").unlink()
    with pytest.raises(ValueError, match="holds no pictures"):
        open_pictures(tmp_path)
    assert Pictures([b""]).label(0) == UNKNOWN
