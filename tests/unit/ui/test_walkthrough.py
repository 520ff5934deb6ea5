"""The walkthrough's other half: payloads and words against the trace, the whole program run on its own, checks, questions, and drivers of
neurons.
"""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.support.answers import said
from tests.support.browser.apps.walkthrough_app import analysed as analysed_variant
from tests.support.models.small import VARIANTS
from tests.support.payload import unpack
from ui.kit.export import shipped_file
from ui.state.selection import Selection
from ui.walkthrough import explained, forward, payload, questions
from ui.walkthrough.words import SLUGS, words
from ui.work import cached
from vit_core.data.bundled import default
from vit_core.study.neurons import most_active, strongest_patches
from vit_core.study.opening import opening

WEIGHTS = shipped_file(default().weights)
SELECTION = Selection(picture="coffee", image_size=96, patch_size=16, layer=3, head=5, token=17)
ROOT = forward.__file__.rsplit("/ui/", 1)[0]


def analysed(picture: str, size: int, patch: int) -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", picture, size, patch, cached.gallery_picture(picture))


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return analysed("coffee", 96, 16)


@pytest.mark.parametrize(
    ("view", "step"),
    [
        ("", 0),
        ('{"step": 1}', 0),
        ('{"step": 9}', 8),
        ('{"step": 10}', 0),
        ('{"step": 0}', 0),
        ('{"step": "3"}', 0),
        ('{"step": true}', 0),
        ("[3]", 0),
        ("{", 0),
    ],
)
def test_the_step_of_a_link(view: str, step: int) -> None:
    assert payload.step_of(replace(SELECTION, view=view)) == step


def test_steps_about_patches_look_at_the_patch_that_the_picture_opens_with(analysis) -> None:
    header, _ = unpack(payload.base_payload(analysis))
    patch = opening(analysis.trace).patch
    assert header["subject"] == patch + 1 and header["ofPatches"] == [1, 2, 4]
    for step in range(9):
        there = replace(SELECTION, view=f'{{"step": {step + 1}}}')
        placeless = replace(there, token=0)
        looked_at = payload.with_subject(placeless, analysis.trace, patch)
        assert looked_at == (replace(there, token=patch + 1) if step in header["ofPatches"] else placeless)
        assert payload.with_subject(there, analysis.trace, patch) == there  # a patch that was chosen stays


@pytest.mark.parametrize(("picture", "size", "patch"), [("chelsea", 224, 16), ("rocket", 256, 32), ("coffee", 64, 8)])
def test_the_program_runs_on_its_own_and_gives_the_logits(picture: str, size: int, patch: int, tmp_path) -> None:
    trace = analysed(picture, size, patch).trace
    (tmp_path / WEIGHTS).parent.mkdir(parents=True)
    (tmp_path / WEIGHTS).symlink_to(f"{ROOT}/{WEIGHTS}")
    (tmp_path / forward.PIXELS).write_bytes(forward.pixels_file(trace))
    (tmp_path / "program.py").write_text(forward.program(trace, WEIGHTS))
    lines = [
        "import runpy, sys, torch",
        "sys.modules |= dict.fromkeys(('safetensors', 'jaxtyping', 'numpy'))  # torch alone: these cannot be imported",
        "found = runpy.run_path('program.py')",
        "torch.save(found['logits'], 'logits.pt')",
        "strange = {'vit_core', 'ui', 'streamlit', 'PIL', 'timm', 'transformers'} & {name.split('.')[0] for name in sys.modules}",
        "assert not strange, strange",
    ]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    logits = torch.load(tmp_path / "logits.pt")
    assert (logits - trace.logits[0]).abs().max() <= 1e-5
    assert 25 <= len(forward.program(trace).strip().splitlines()) <= 50


def test_the_base_part_holds_the_trace(analysis) -> None:
    header, arrays = unpack(payload.base_payload(analysis))
    trace = analysis.trace
    assert header["part"] == "base" and [step["slug"] for step in header["steps"]] == list(SLUGS)
    for name, tensor in {
        "embeddings": trace.patch_embeddings[0],
        "tokens": trace.tokens[0],
        "positions": trace.pos_embedding[0].detach(),
        "features": trace.pooled[0],
        "logits": trace.logits[0],
        "probs": trace.probs[0],
    }.items():
        np.testing.assert_array_equal(arrays[name], tensor.numpy(), err_msg=name)
    for layer in range(trace.depth + 1):
        np.testing.assert_array_equal(arrays["readerRows"][layer], trace.resid(layer)[0, 0].numpy())
    np.testing.assert_array_equal(arrays["pixels"], np.asarray(analysis.shown))


def test_the_attention_part_holds_one_layer(analysis) -> None:
    block, arrays = analysis.trace.block(3), payload.attention_part(analysis.trace, 3)
    size = analysis.trace.config.head_dim
    for name in ("q", "k", "v"):
        np.testing.assert_array_equal(arrays[name][:, 5 * size : 6 * size], getattr(block, name)[0, 5].numpy())
    np.testing.assert_array_equal(arrays["headOut"][:, :size], block.head_out[0, 0].numpy())
    np.testing.assert_allclose(arrays["resid"] + arrays["update"], block.resid_mid[0].numpy(), atol=1e-6)


def test_the_layers_part_holds_the_stream_and_the_lens(analysis) -> None:
    header, arrays = unpack(payload.layers_payload(analysis))
    trace = analysis.trace
    rows = trace.resid(4)[0]
    np.testing.assert_array_equal(arrays["stream"][4], rows.half().numpy())
    np.testing.assert_allclose(arrays["lengths"][4], rows.norm(dim=-1).numpy(), rtol=1e-6)
    cosines = torch.cosine_similarity(rows[17], rows[trace.layout.patches], dim=-1)
    assert arrays["meanCosine"][4, 17] == pytest.approx(float(cosines.mean()), abs=1e-6)
    assert header["lensNames"][-1] == [label for label, _ in said(trace, 5)]
    np.testing.assert_allclose(arrays["lens"][-1], [p for _, p in said(trace, 5)], rtol=1e-5)
    np.testing.assert_allclose(arrays["attnAdds"][2], trace.block(2).attn_update[0].norm(dim=-1).numpy(), rtol=1e-6)


def test_all_parts_together_are_smaller_than_seven_megabytes() -> None:
    found = analysed("chelsea", 224, 16)
    parts = [payload.layer_payload(found, part, 0) for part in ("attention", "mlp")]
    assert sum(map(len, (payload.base_payload(found), payload.layers_payload(found), *parts))) <= 7e6


def test_the_bundled_weights_are_sent_exactly_in_half_precision(analysis) -> None:
    header, arrays = unpack(payload.layer_payload(analysis, "mlp", 3))
    assert arrays["w1"].dtype == np.float16 and header["rounded"] is False
    np.testing.assert_array_equal(arrays["w1"].astype(np.float32), analysis.trace.block(3).block.mlp.fc1.weight.numpy())


def test_weights_that_half_precision_would_change_are_sent_whole_unless_they_are_many(monkeypatch) -> None:
    exact = torch.tensor([[1.0, 1.0 + 2**-20]])
    assert payload.weights(exact).dtype == np.float32 and not payload.rounded(exact)
    monkeypatch.setattr(payload, "MANY", 1)
    assert payload.weights(exact).dtype == np.float16 and payload.rounded(exact)


def test_parts_of_another_model_do_not_belong_to_the_same_run() -> None:
    runs = {unpack(payload.base_payload(analysed_variant(name)))[0]["run"] for name in ("plain", "tanh", "registers")}
    assert len(runs) == 3


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("token", [0, 5])
def test_each_step_explains_any_model(variant: str, token: int) -> None:
    found = analysed_variant(variant)
    trace, selection = found.trace, Selection(picture="chelsea", image_size=16, patch_size=4, layer=1, head=2, token=token)
    _, arrays = unpack(payload.base_payload(found))
    layers = unpack(payload.layers_payload(found))
    assert ("logits" in arrays) == bool(layers[0]["lensNames"]) == bool(trace.config.num_classes)
    if trace.config.num_classes:
        again = arrays["topWeight"] @ arrays["features"] + arrays["topBias"]
        np.testing.assert_allclose(again, trace.logits[0, arrays["topClass"].tolist()].numpy(), atol=1e-5)
    assert len(arrays["prefixRows"]) == trace.layout.num_prefix_tokens
    for told in words(trace):
        step, parts = told["slug"], explained.STEPS[told["slug"]]
        assert all(told[part] for part in ("look", "learned", "stated", "fact", "terms"))
        assert all(sentence and latex for sentence, latex in parts.formulas(trace, selection))
        for check in parts.checks(trace, selection):
            assert check.shown == pytest.approx(check.recomputed, rel=2e-4, abs=2e-5), (step, check.name)
        assert explained.row_of(trace, selection, step) and explained.tensors_of(trace, selection, step)
        question = questions.question_of(trace, step)
        with torch.inference_mode():
            right, answer = question.answer(trace, selection)
        assert 0 <= right < len(question.options) and answer.endswith(".") and "{" not in answer


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_program_of_any_model_gives_its_logits(variant: str, tmp_path, monkeypatch, capsys) -> None:
    trace = analysed_variant(variant).trace
    (tmp_path / forward.OTHER_WEIGHTS).write_bytes(forward.weights_file(trace))
    (tmp_path / forward.PIXELS).write_bytes(forward.pixels_file(trace))
    monkeypatch.chdir(tmp_path)
    found: dict = {}
    exec(compile(forward.program(trace, forward.OTHER_WEIGHTS), variant, "exec"), found)
    assert capsys.readouterr().out
    torch.testing.assert_close(found["logits"], trace.logits[0], atol=1e-5, rtol=1e-5)


def test_the_gallery_is_run_at_the_models_own_patches() -> None:
    model = analysed_variant("dinov2").trace.model
    size, patch = payload.gallery_setting(model)
    assert (size, patch) == (224, 4)
    drivers, shown, sizes = payload.gallery_drivers(model, {name: cached.gallery_picture(name) for name in ("brick", "rocket", "coffee")})
    assert sizes == (size, patch) and len(drivers) == 3 and [row["title"] for row in shown] == ["brick", "rocket", "coffee"]
    assert drivers[0].activation.shape == (20, payload.DRIVERS)


@pytest.mark.parametrize("step", SLUGS)
def test_each_step_has_words_formulas_code_checks_exports_and_a_script(step: str, analysis) -> None:
    trace = analysis.trace
    said = next(entry for entry in words(trace) if entry["slug"] == step)
    assert all(said[part] for part in ("title", "look", "learned", "stated", "fact", "terms"))
    assert explained.code_of(trace, step)
    assert all(sentence and latex for sentence, latex in explained.STEPS[step].formulas(trace, SELECTION))
    for token in (0, SELECTION.token):
        for check in explained.STEPS[step].checks(trace, replace(SELECTION, token=token)):
            assert check.shown == pytest.approx(check.recomputed, rel=2e-4, abs=2e-5), check.name
    for export in explained.exports(trace, SELECTION, step):
        assert len(export.make()) > 100


@pytest.mark.parametrize("step", SLUGS)
def test_each_script_runs(step: str, analysis, monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(explained.script(analysis.trace, SELECTION, step), step, "exec"), {})
    assert capsys.readouterr().out


@pytest.mark.parametrize("step", SLUGS)
def test_the_model_answers_each_question(step: str, analysis) -> None:
    question = questions.question_of(analysis.trace, step)
    with torch.inference_mode():
        right, found = question.answer(analysis.trace, SELECTION)
    assert 0 <= right < len(question.options)
    assert any(character.isdigit() for character in found) and found.endswith(".")


def test_swapping_blocks_by_hand_is_the_model_where_nothing_is_swapped(analysis) -> None:
    from vit_core.model import Editor

    x = analysis.trace.tokens
    for block in analysis.trace.model.blocks:
        x = block(x, Editor({}, None)).resid_post
    torch.testing.assert_close(analysis.trace.model.read_out(x, analysis.trace.layout)[1], analysis.trace.logits)


def test_the_strongest_patches_of_a_neuron(analysis) -> None:
    traces = [analysis.trace, analysed("brick", 96, 16).trace, analysed("rocket", 96, 16).trace]
    found = strongest_patches(traces, k=3, each=40)[2]
    acts = torch.stack([trace.block(2).mlp_post_act[0, trace.layout.patches] for trace in traces])  # [pictures, N, hidden]
    for neuron in (0, 5, 700):
        values, order = acts[:, :, neuron].flatten().topk(3)
        torch.testing.assert_close(found.activation[neuron], values)
        assert (found.picture[neuron] * acts.shape[1] + found.patch[neuron]).tolist() == order.tolist()
    one_each = strongest_patches(traces, k=3, each=1)[2]
    assert sorted(one_each.picture[5].tolist()) == [0, 1, 2]


@pytest.mark.parametrize(("traces", "count"), [(0, 0), (1, 2)])
def test_too_few_patches_to_choose_from(traces: int, count: int, analysis) -> None:
    with pytest.raises(ValueError, match=f"The 6 strongest patches cannot be chosen from {count}"):
        strongest_patches([analysis.trace] * traces)


def test_the_most_active_neurons(analysis) -> None:
    post = analysis.trace.block(1).mlp_post_act[0, 4]
    assert most_active(analysis.trace, 1, 4, k=1) == [(int(post.argmax()), float(post.max()))]
