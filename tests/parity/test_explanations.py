"""Second opinions on explanations: Captum's for the gradient methods on the bundled model, Hugging Face's ViT for those by attention."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library is first imported: nothing here may reach for the network

import pytest
import torch
from captum.attr import InputXGradient, IntegratedGradients, LayerGradCam, NoiseTunnel, Saliency
from captum.metrics import sensitivity_max
from torch import nn
from torch.testing import assert_close
from transformers import ViTConfig, ViTForImageClassification

import vit_core
from tests.support.models.small import pictures, randomise
from vit_core import checkpoints
from vit_core.patches import patchify
from vit_core.study import perturbation
from vit_core.study.explanations import gradients, tested
from vit_core.study.explanations.gradients import Question, asked
from vit_core.study.explanations.methods import METHODS

PATCH, LAYER = 16, 7
CLOSE = {"rtol": 1e-4, "atol": 1e-7}


class Told(nn.Module):
    """The model as Captum calls it: pictures in, logits out, with the patches' stream after a block as channels and places."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model, self.places = model, nn.Identity()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        def seen(stream: torch.Tensor) -> torch.Tensor:
            front = len(stream[0]) - (images.shape[2] // PATCH) * (images.shape[3] // PATCH)
            return torch.cat([stream[:, :front], self.places(stream[:, front:].transpose(1, 2)).transpose(1, 2)], dim=1)

        return self.model(images, PATCH, edits={(LAYER, "resid_post"): seen}).logits


@pytest.fixture(scope="module")
def trace():
    model = vit_core.load()
    return model(vit_core.preprocess(vit_core.open_image("assets/images/chelsea.jpg"), model, image_size=112), PATCH)


@pytest.fixture(scope="module")
def told(trace):
    return Told(trace.model).requires_grad_(False)


def on_patches(pixels: torch.Tensor) -> torch.Tensor:
    return patchify(pixels.detach(), PATCH)[0].double()


@pytest.fixture(params=[None, 3])
def question(request, trace):
    """The likeliest class, and another."""
    return asked(trace, request.param)


def leaf(trace) -> torch.Tensor:
    return trace.images.clone().requires_grad_()


def test_gradient(trace, told, question):
    theirs = Saliency(told).attribute(leaf(trace), target=question.label, abs=False)
    assert_close(gradients.gradient(trace, question), on_patches(theirs).norm(dim=1), **CLOSE)


def test_gradient_times_input(trace, told, question):
    theirs = on_patches(InputXGradient(told).attribute(leaf(trace), target=question.label)).sum(dim=1)
    ours = gradients.gradient_times_input(trace, question)
    assert_close(ours, theirs, rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))


def test_integrated_gradients(trace, told, question):
    plain = trace.images.mean(dim=(2, 3), keepdim=True).expand_as(trace.images).clone()
    theirs, gap = IntegratedGradients(told).attribute(
        leaf(trace),
        plain,
        target=question.label,
        n_steps=gradients.STEPS,
        method="gausslegendre",
        internal_batch_size=8,
        return_convergence_delta=True,
    )
    ours, summed = gradients.integrated_gradients(trace, question), on_patches(theirs).sum(dim=1)
    assert_close(ours.patches, summed, rtol=1e-4, atol=1e-4 * float(summed.abs().max()))
    assert ours.gap == pytest.approx(float(gap), abs=1e-4 * abs(ours.score - ours.baseline))


def test_smoothed_gradient(trace, told, question, monkeypatch):
    """With the noise that ours draws: Captum asks torch for its own."""
    spread = gradients.NOISE * (trace.images.max() - trace.images.min())
    generator = torch.Generator().manual_seed(0)
    noise = torch.cat([torch.randn((4, *trace.images.shape[1:]), generator=generator) for _ in range(gradients.DRAWS // 4)])
    monkeypatch.setattr(torch, "normal", lambda mean, std: noise.reshape(std.shape) * std)
    theirs = NoiseTunnel(Saliency(told)).attribute(
        leaf(trace), nt_type="smoothgrad", nt_samples=gradients.DRAWS, stdevs=float(spread), target=question.label, abs=False
    )
    assert_close(gradients.smooth_gradient(trace, question), on_patches(theirs).norm(dim=1), **CLOSE)


def test_cam(trace, told, question):
    theirs = LayerGradCam(told, told.places).attribute(leaf(trace), target=question.label, relu_attributions=True)[0, 0]
    ours = gradients.token_cam(trace, question, LAYER)
    assert_close(ours, theirs.detach().double(), rtol=1e-4, atol=1e-4 * float(ours.max()))


def test_sensitivity_to_noise(trace, told):
    """With the noise that ours draws."""
    noises = [other.images for other in tested.noisy(trace)]
    question, drawn = asked(trace), iter(noises)

    def explain(inputs: torch.Tensor | tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        images = inputs[0] if isinstance(inputs, tuple) else inputs
        return (gradients.gradient_times_input(trace.model(images.detach(), PATCH), question)[None],)

    theirs = sensitivity_max(
        explain, trace.images.clone(), lambda inputs: next(drawn), n_perturb_samples=len(noises), max_examples_per_batch=1
    )
    ours = tested.sensitivity(trace, question, explain(trace.images)[0], [method for method in METHODS if method.id == "product"])
    assert float(torch.stack(list(ours)).max()) == pytest.approx(float(theirs), rel=1e-4)


def test_attention_by_its_gradient_and_rollout(tmp_path):
    """By the attention weights and gradients of `transformers`, head by head as the papers write it."""
    settings = ViTConfig(
        hidden_size=24, num_hidden_layers=3, num_attention_heads=3, intermediate_size=40, image_size=16, patch_size=4, num_labels=7
    )
    settings._attn_implementation = "eager"
    theirs = randomise(ViTForImageClassification(settings), spread=0.15).eval()
    theirs.save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text('{"image_processor_type": "ViTImageProcessor"}')
    trace = checkpoints.load(tmp_path)(pictures(1))
    said = theirs(pictures(1), output_attentions=True)
    question = Question(2, 5)
    slopes = torch.autograd.grad(said.logits[0, 2] - said.logits[0, 5], said.attentions)
    relevance = rolled = torch.eye(17)
    for weights, slope in zip(said.attentions, slopes, strict=True):
        relevance = relevance + (weights * slope)[0].relu().mean(dim=0) @ relevance
        rolled = (torch.eye(17) + weights[0].mean(dim=0)) / 2 @ rolled
    assert_close(gradients.weighted_rollout(trace, question), relevance.detach().double(), rtol=1e-4, atol=1e-6)
    assert_close(perturbation.attention_on_patches(trace, None), rolled[0, 1:].detach(), rtol=1e-4, atol=1e-6)
