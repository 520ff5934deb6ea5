"""The walkthrough's other half: payloads and words against the trace, the whole program run on its own, checks, questions, and drivers of neurons."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.unit.test_patch_pages import unpack
from ui import cached, walkthrough_forward, walkthrough_payload, walkthrough_questions, walkthrough_steps
from ui.state import Selection
from ui.walkthrough_words import SLUGS, words
from vit_core.neurons import most_active, strongest_patches

SELECTION = Selection(picture="coffee", image_size=96, patch_size=16, layer=3, head=5, token=17)
ROOT = walkthrough_forward.__file__.rsplit("/ui/", 1)[0]


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
    assert walkthrough_payload.step_of(replace(SELECTION, view=view)) == step


@pytest.mark.parametrize(("picture", "size", "patch"), [("chelsea", 224, 16), ("rocket", 256, 32), ("coffee", 64, 8)])
def test_the_program_runs_on_its_own_and_gives_the_logits(picture: str, size: int, patch: int, tmp_path) -> None:
    trace = analysed(picture, size, patch).trace
    (tmp_path / "assets" / "models").mkdir(parents=True)
    (tmp_path / walkthrough_forward.WEIGHTS).symlink_to(f"{ROOT}/{walkthrough_forward.WEIGHTS}")
    (tmp_path / walkthrough_forward.PIXELS).write_bytes(walkthrough_forward.pixels_file(trace))
    (tmp_path / "program.py").write_text(walkthrough_forward.program(trace))
    lines = [
        "import runpy, sys, torch",
        "found = runpy.run_path('program.py')",
        "torch.save(found['logits'], 'logits.pt')",
        "strange = {'vit_core', 'ui', 'streamlit', 'PIL', 'timm', 'transformers', 'jaxtyping'} & {name.split('.')[0] for name in sys.modules}",
        "assert not strange, strange",
    ]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    logits = torch.load(tmp_path / "logits.pt")
    assert (logits - trace.logits[0]).abs().max() <= 1e-5
    assert 25 <= len(walkthrough_forward.program(trace).strip().splitlines()) <= 40


def test_the_base_part_holds_the_trace(analysis) -> None:
    header, arrays = unpack(walkthrough_payload.base_payload(analysis))
    trace = analysis.trace
    assert header["part"] == "base" and [step["slug"] for step in header["steps"]] == list(SLUGS)
    for name, tensor in {
        "embeddings": trace.patch_embeddings[0],
        "tokens": trace.tokens[0],
        "positions": trace.pos_embedding[0].detach(),
        "pooled": trace.pooled[0],
        "logits": trace.logits[0],
        "probs": trace.probs[0],
    }.items():
        np.testing.assert_array_equal(arrays[name], tensor.numpy(), err_msg=name)
    for layer in range(trace.depth + 1):
        np.testing.assert_array_equal(arrays["clsRows"][layer], trace.resid(layer)[0, 0].numpy())
    np.testing.assert_array_equal(arrays["pixels"], np.asarray(analysis.shown))


def test_the_attention_part_holds_one_layer(analysis) -> None:
    block, arrays = analysis.trace.block(3), walkthrough_payload.attention_part(analysis.trace, 3)
    size = analysis.trace.config.head_dim
    for name in ("q", "k", "v"):
        np.testing.assert_array_equal(arrays[name][:, 5 * size : 6 * size], getattr(block, name)[0, 5].numpy())
    np.testing.assert_array_equal(arrays["headOut"][:, :size], block.head_out[0, 0].numpy())
    np.testing.assert_allclose(arrays["resid"] + arrays["update"], block.resid_mid[0].numpy(), atol=1e-6)


def test_the_layers_part_holds_the_stream_and_the_lens(analysis) -> None:
    header, arrays = unpack(walkthrough_payload.layers_payload(analysis))
    trace = analysis.trace
    np.testing.assert_array_equal(arrays["stream"][4], trace.resid(4)[0].numpy())
    assert [header["labels"][i] for i in arrays["lensClass"][-1]] == [label for label, _ in trace.top_k(5)]
    np.testing.assert_allclose(arrays["lens"][-1], [p for _, p in trace.top_k(5)], rtol=1e-5)
    np.testing.assert_allclose(arrays["attnAdds"][2], trace.block(2).attn_update[0].norm(dim=-1).numpy(), rtol=1e-6)


def test_no_part_is_larger_than_three_megabytes() -> None:
    found = analysed("chelsea", 224, 16)
    attention = walkthrough_payload.pack(found, "attention", walkthrough_payload.attention_part(found.trace, 0), 0)
    assert max(map(len, (walkthrough_payload.base_payload(found), attention, walkthrough_payload.layers_payload(found)))) <= 3e6


@pytest.mark.parametrize("step", SLUGS)
def test_each_step_has_words_formulas_code_checks_exports_and_a_script(step: str, analysis) -> None:
    trace = analysis.trace
    said = next(entry for entry in words(trace) if entry["slug"] == step)
    assert all(said[part] for part in ("title", "look", "learned", "stated", "fact", "terms"))
    assert walkthrough_steps.CODE[step]
    assert all(sentence and latex for sentence, latex in walkthrough_steps.formulas(trace, SELECTION, step))
    for token in (0, SELECTION.token):
        for check in walkthrough_steps.checks(trace, replace(SELECTION, token=token), step):
            assert check.shown == pytest.approx(check.recomputed, rel=2e-4, abs=2e-5), check.name
    for export in walkthrough_steps.exports(trace, SELECTION, step):
        assert len(export.make()) > 100


@pytest.mark.parametrize("step", SLUGS)
def test_each_script_runs(step: str, analysis, monkeypatch, capsys) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(walkthrough_steps.script(analysis.trace, SELECTION, step), step, "exec"), {})
    assert capsys.readouterr().out


@pytest.mark.parametrize("step", SLUGS)
def test_the_model_answers_each_question(step: str, analysis) -> None:
    question = walkthrough_questions.QUESTIONS[step]
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
