"""Explanations put to the test: closed loops of the curves, noise, models drawn anew, and the command over many pictures."""

import pytest
import torch
from torch.testing import assert_close

from tests.support.models.small import pictures, small_model
from ui.kit.places import ROOT
from vit_core import checkpoints
from vit_core.images import to_image
from vit_core.study import perturbation
from vit_core.study.effect import Followed, spearman
from vit_core.study.explanations import __main__ as command
from vit_core.study.explanations import gradients, tested
from vit_core.study.explanations.gradients import Question, asked
from vit_core.study.explanations.methods import METHODS, QUICK


def traced(seed: int = 0, **changes):
    return small_model(seed=seed, **changes).double()(pictures(1).double())


def test_orders_and_curves_begin_and_end_where_they_must():
    """Insertion of all is the model's answer, and so is the removal of none."""
    trace = traced()
    maps = torch.stack([tested.last_map(method, trace, asked(trace)) for method in METHODS])
    every = tested.orders(trace.layout, maps)
    assert len(every) == len(METHODS) + 1 + perturbation.ORDERS and all(sorted(order.tolist()) == list(range(16)) for order in every)
    followed = Followed.of(trace)
    curves = perturbation.curves_of(torch.cat(list(perturbation.curve_values(trace, followed, every, 4))), 16, 4)
    for ends in (curves.deletion[:, 0], curves.insertion[:, -1]):
        assert_close(ends.double(), torch.full_like(ends, followed.value).double())
    matrix = torch.tensor(tested.agreement(maps))
    assert_close(matrix, matrix.T)
    assert_close(matrix.diagonal(), torch.ones(len(METHODS)))


def test_the_centre_prior_falls_from_the_middle():
    layout = small_model()(pictures(1)).layout
    prior = tested.centre_prior(layout).reshape(4, 4)
    assert_close(prior, prior.flip(0))
    assert_close(prior, prior.T)
    assert float(prior[1, 1]) == pytest.approx(-(0.5**0.5)) and float(prior[0, 0]) == pytest.approx(-(4.5**0.5))


def test_all_in_one_are_the_same_numbers_and_areas():
    trace = small_model()(pictures(1))
    question = asked(trace)
    values = torch.cat(list(tested.maps_and_curves(trace, question, 4)))
    assert len(values) == sum(tested.counts(16, 4))
    maps = values[: tested.counts(16, 4)[0]].reshape(len(METHODS), -1)[:, :16]
    again = torch.cat(list(tested.maps_and_curves(trace, question, 4, known=values[: tested.counts(16, 4)[0]])))
    assert_close(again, values, equal_nan=True)
    followed, found = Followed.of(trace), tested.areas(values, 16, 4)
    curves = perturbation.curves_of(
        torch.cat(list(perturbation.curve_values(trace, followed, tested.orders(trace.layout, maps), 4))), 16, 4
    )
    for own, theirs in zip(found, curves.areas, strict=True):
        assert_close(own[: len(METHODS) + 1], theirs[: len(METHODS) + 1])
        assert float(own[-1]) == pytest.approx(float(theirs[len(METHODS) + 1 :].mean()))


def test_noise_is_even_and_no_larger_than_it_says():
    trace = traced()
    reach = 0.1 * float(trace.images.max() - trace.images.min())
    one, other = (next(tested.noisy(trace, 1, 0.1, seed)).images - trace.images for seed in (0, 1))
    assert float(one.abs().max()) <= reach and float(one.abs().mean()) == pytest.approx(reach / 2, rel=0.1)
    assert not torch.allclose(one, other)
    assert_close(next(tested.noisy(trace, 1, 0.1)).images - trace.images, one)


def test_a_map_under_noise_moves_as_far_as_it_says():
    trace, question = traced(), Question(2, 4)
    maps = torch.stack([tested.last_map(method, trace, question) for method in tested.STEADY])
    found = torch.stack(list(tested.sensitivity(trace, question, maps)))
    assert found.shape == (tested.NOISES, len(METHODS) - 2) and (found >= 0).all()
    other = next(tested.noisy(trace))
    for at in (0, 3):
        again = tested.last_map(tested.STEADY[at], other, question)
        assert float(found[0, at]) == pytest.approx(float((again - maps[at]).norm() / maps[at].norm()), rel=1e-5)
    nothing = torch.stack(list(tested.sensitivity(trace, question, torch.zeros(1, 16).double(), tested.STEADY[:1], 1)))
    assert nothing.isnan().all()


def test_the_command_prints_the_means_and_goes_on_where_it_was_stopped(tmp_path, capsys, monkeypatch):
    model, files = small_model(), [tmp_path / name for name in ("one.png", "other.png")]
    for seed, file in enumerate(files):
        to_image(pictures(1, seed=seed).clamp(-1, 1), model.config.preprocessing).save(file)
    checkpoints.save(model.state_dict(), model.config, tmp_path / "mine.safetensors")
    kept, page = tmp_path / "kept.json", tmp_path / "page.md"
    page.write_text("# Title\n\n## Mine\n\nold\n\n## Theirs\n\nstays\n")
    asked_for = [*map(str, files), "--model", str(tmp_path / "mine.safetensors"), "--size", "16", "--patch", "4"]
    asked_for += ["--name", "Mine", "--keep", str(kept), "--into", str(page)]
    assert command.main(asked_for) == 0
    said = capsys.readouterr().out
    both = torch.stack([command.of_picture(checkpoints.load(tmp_path / "mine.safetensors"), file, 16, 4) for file in files])
    for i, name in enumerate(command.ORDERS):
        row = next(line for line in said.splitlines() if line.startswith(f"| {name} |")).replace("*", "").split(" | ")
        assert [float(cell) for cell in row[1:3]] == pytest.approx(both.mean(0)[:, i].tolist(), abs=6e-5)
    assert page.read_text().count("## Mine") == 1 and "old" not in page.read_text() and page.read_text().endswith("## Theirs\n\nstays\n")
    monkeypatch.setattr(command, "of_picture", None)  # not asked again
    assert command.main(asked_for) == 0 and capsys.readouterr().out == said
    monkeypatch.undo()
    assert command.main([str(tmp_path / "none.png")]) == 1 and "none.png" in capsys.readouterr().err


def test_weights_drawn_anew_change_what_maps_say():
    trace = traced()
    question = asked(trace)
    maps = torch.stack([tested.last_map(method, trace, question) for method in QUICK])
    found = torch.stack(list(tested.randomisation(trace, question, maps)))
    assert found.shape == (trace.depth + 1, len(QUICK)) and tested.stages(trace.depth) == ["classifier", "block 3", "block 2", "block 1"]
    rollout = [method.id for method in QUICK].index("rollout")
    assert float(found[0, rollout]) == pytest.approx(1)  # it does not know of the classifier
    (_, other) = next(iter(gradients.randomised(trace.model, 0)))
    again = other(trace.images)
    assert float(found[0, 0]) == pytest.approx(spearman(tested.last_map(QUICK[0], again, question), maps[0]))


def test_the_document_has_every_order_and_two_models():
    text = (ROOT / "docs" / "EXPLANATIONS.md").read_text(encoding="utf-8")
    tables = text.split("\n## ")[1:]
    assert len(tables) == 2 and tables[0].startswith("Bundled model\n")
    for name in command.ORDERS:
        rows = [[line for line in table.splitlines() if line.startswith(f"| {name} |")] for table in tables]
        assert [len(found) for found in rows] == [1, 1], name
