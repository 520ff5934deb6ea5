"""The table of published models, and the configuration of each plain ViT in it."""

import pytest
import torch

from vit_core.config import IMAGENET_MEAN, ViTConfig
from vit_core.model import VisionTransformer
from vit_core.presets import NOT_PLAIN, SOURCES, VARIANTS, Accuracy, presets, read_accuracy, read_row, specs

BY_NAME = {spec.name: spec for spec in specs()}


def test_every_model_is_a_preset_or_has_a_reason_not_to_be():
    assert len(BY_NAME) == len(specs()) == 40
    assert presets.keys() | NOT_PLAIN.keys() == BY_NAME.keys()
    assert not presets.keys() & NOT_PLAIN.keys()
    assert presets.keys() == VARIANTS.keys()
    assert all(len(reason.split()) > 5 for reason in NOT_PLAIN.values())


@pytest.mark.parametrize("name", presets)
def test_parameters_are_exactly_those_of_the_table(name):
    with torch.device("meta"):
        model = VisionTransformer(presets[name])
    assert sum(p.numel() for p in model.parameters()) == BY_NAME[name].params_exact


@pytest.mark.parametrize("name", presets)
def test_sizes_are_those_of_the_table(name):
    config, spec = presets[name], BY_NAME[name]
    assert config.name == name
    for field in ("patch_size", "image_size", "depth", "embed_dim", "num_heads", "mlp_hidden"):
        assert getattr(config, field) == getattr(spec, field)
    assert config.head_dim == spec.embed_dim // spec.num_heads
    assert not config.flexible


@pytest.mark.parametrize("name", presets)
def test_survives_plain_values(name):
    assert ViTConfig.from_dict(presets[name].to_dict()) == presets[name]


def test_families_keep_their_quirks():
    vit, deit, distilled, dino = (presets[name] for name in ("ViT-B/16", "DeiT-B/16", "DeiT-B-distil", "DINO-B/8"))
    plain, registers, giant = (presets[name] for name in ("DINOv2-B/14", "DINOv2-B/14-reg4", "DINOv2-g/14"))
    clip, scaled = presets["CLIP-L/14@336"], presets["ViT-G/14"]
    assert {config.norm_eps for name, config in presets.items() if not name.startswith("CLIP")} == {1e-6}
    assert (vit.act, deit.act, dino.act, clip.act) == ("gelu_tanh", "gelu", "gelu", "quick_gelu")
    assert (vit.preprocessing.mean[0], deit.preprocessing.mean, clip.preprocessing.mean[0]) == (0.5, IMAGENET_MEAN, 0.48145466)
    assert (vit.preprocessing.interpolation, deit.preprocessing.interpolation) == ("bilinear", "bicubic")
    assert distilled.distill_token and distilled.pool == "cls_dist" and not deit.distill_token
    assert dino.num_classes == plain.num_classes == scaled.num_classes == 0
    assert plain.layer_scale and plain.mask_token and not plain.num_registers and registers.num_registers == 4
    assert (plain.pos_interpolation, registers.pos_interpolation) == ("bicubic", "bicubic_antialias")
    assert (plain.ffn, giant.ffn, giant.mlp_hidden) == ("mlp", "swiglu", 4096)
    assert (clip.norm_eps, clip.pre_norm, clip.patch_bias, clip.head_bias, clip.num_classes) == (1e-5, True, False, False, 768)
    assert clip.native_grid == (24, 24)
    assert (scaled.class_token, scaled.pool, scaled.num_prefix_tokens) == (False, "mean", 0)


def test_accuracies_carry_their_source():
    assert BY_NAME["ViT-B/16"].top1[:3] == (
        Accuracy("I1k@384", 77.91, "V5"),
        Accuracy("I21k@384", 83.97, "V5"),
        Accuracy("JFT300M@384", 84.15, "V5"),
    )
    assert Accuracy("JFT300M@512", 87.76, "V2") in BY_NAME["ViT-L/16"].top1
    assert BY_NAME["ViT-22B/14"].top1 == (Accuracy("linear-probe", 89.5, "I1", "secondary"),)
    figures = [figure for spec in specs() for figure in spec.top1]
    assert all(60 < figure.value < 100 for figure in figures)
    assert all(figure.source in spec.sources for spec in specs() for figure in spec.top1)
    assert {source for spec in specs() for source in spec.sources} == SOURCES.keys()


def test_published_figures_are_kept_as_printed():
    assert BY_NAME["ViT-L/16"].params_published == "307M(V1)/303M(Z2)"
    assert (BY_NAME["ViT-B/16"].gmacs_224, BY_NAME["ViT-B/16"].gflops_224) == (17.56, 35.1)
    assert (BY_NAME["ViT-L/16"].eval_size, BY_NAME["ViT-L/16"].gmacs_eval) == (512, 362.0)
    assert all(spec.gflops_224 == pytest.approx(2 * spec.gmacs_224, abs=0.06) for spec in specs())


def test_the_list_is_the_callers_own():
    specs().clear()
    assert len(specs()) == 40


def test_unreadable_figures_are_named():
    with pytest.raises(ValueError, match=r'vit_specs.csv: M/1 has "I1k 77" where "setting=value \[source\]" is expected'):
        read_accuracy("I1k 77", "M/1")
    assert read_accuracy("kNN=74.5 [N] (unverified)", "M/1") == Accuracy("kNN", 74.5, "N", "unverified")
    with pytest.raises(ValueError, match="M/1 names sources that are not listed: Q1, Q2"):
        read_row({"name": "M/1", "source": "N;Q2", "top1": "kNN=74.5 [Q1]"})
