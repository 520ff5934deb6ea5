"""timm's names of architectures, as `vision_transformer.py`, `deit.py` and their neighbours of timm 1.0 have them (facts): which are plain
ViTs, with how many heads, and why the others are refused."""

import pytest

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.families.timm_config import parts_of, to_config

PLAIN = {
    (192, 3): "vit_tiny_patch16_224 deit_tiny_patch16_224 deit_tiny_distilled_patch16_224 vit_tiny_patch16_384",
    (256, 4): "vit_xsmall_patch16_clip_224 vit_wee_patch16_reg1_gap_256",
    (320, 5): "vit_little_patch16_reg1_gap_256 vit_little_patch16_reg4_gap_256",
    (384, 6): "vit_small_patch8_224 vit_small_patch32_384 deit3_small_patch16_224_in21ft1k vit_small_patch16_36x1_224 "
    "vit_small_patch14_reg4_dinov2 vit_small_patch16_224_dino",
    (512, 8): "deit3_medium_patch16_224 vit_medium_patch16_gap_240 vit_medium_patch16_gap_256 vit_medium_patch32_clip_224 "
    "vit_medium_patch16_reg4_gap_256 vit_mediumd_patch16_reg4_gap_384",
    (640, 10): "vit_betwixt_patch16_gap_256 vit_betwixt_patch16_reg4_gap_256 vit_betwixt_patch32_clip_224",
    (768, 12): "vit_base_patch16_224_miil vit_base_patch16_224_in21k vit_base_patch16_siglip_gap_224 vit_base_patch14_reg1_tipsv2 "
    "vit_base_patch32_clip_quickgelu_224 deit_base_distilled_patch16_384 vit_base_patch16_reg4_gap_256",
    (768, 16): "vit_base_patch16_gap_224",
    (832, 13): "vit_so150m2_patch16_reg1_gap_256",
    (896, 14): "vit_base_patch16_plus_240 vit_base_patch32_plus_256 vit_base_patch16_plus_clip_240 vit_so150m_patch16_reg4_gap_256",
    (1024, 16): "vit_large_patch14_clip_336 vit_large_patch16_siglip_gap_512",
    (1152, 16): "vit_so400m_patch14_siglip_gap_896 vit_so400m_patch14_reg1_tipsv2",
    (1280, 16): "vit_huge_patch14_gap_224 deit3_huge_patch14_224",
    (1408, 16): "vit_giant_patch16_gap_224",
    (1536, 24): "vit_giant_patch14_dinov2 vit_giant_patch14_reg1_tipsv2",
    (1536, 16): "vit_giantopt_patch16_siglip_gap_256",
    (1664, 16): "vit_gigantic_patch14_clip_quickgelu_224",
}
REFUSED = {
    "pools its features by attention (SigLIP and others)": "vit_base_patch16_siglip_224 vit_so400m_patch14_siglip_384 "
    "vit_so150m_patch16_reg4_map_256",
    "rotates queries and keys by position (DINOv3 and others)": "vit_small_patch16_rope_224 vit_base_patch16_rope_reg1_gap_256 "
    "vit_pe_core_base_patch16_224 vit_small_plus_patch16_dinov3 vit_7b_patch16_dinov3 vit_base_patch16_lingbot",
    "has relative positions in its attention (SAM, ViTDet and others)": "vit_relpos_base_patch16_224 vit_srelpos_small_patch16_224 "
    "vit_relpos_base_patch32_plus_rpn_256",
    "has parts of a block side by side, not one behind the other": "vit_small_patch16_18x2_224 vit_base_patch16_xp_224 "
    "vit_pwee_patch16_reg1_gap_256 vit_dpwee_patch16_reg1_gap_256",
    "attends by the difference of two softmaxes": "vit_dwee_patch16_reg1_gap_256 vit_dlittle_patch16_reg1_gap_256",
    "normalises behind attention and MLP, not before them": "vit_base_patch16_rpn_224",
    "has no norm behind its last block": "vit_intern300m_patch14_448 vit_base_patch16_radio_v3",
}
UNKNOWN = "resnet50 vit_base_r50_s16_224 vit_base_patch16_sapiens2 vit_base_mci_224 eva02_base_patch14_224 vit_tiny_r_s16_p8_224"


def said(name, width):
    return to_config({"architecture": name}, {"embed_dim": width, "num_classes": 0, "norm_position": "before_pool"})


@pytest.mark.parametrize(("width", "heads", "name"), [(*sizes, name) for sizes, names in PLAIN.items() for name in names.split()])
def test_plain_architectures(width, heads, name):
    found = said(name, width)
    assert found["num_heads"] == heads
    assert found["norm_eps"] == (1e-5 if "_clip_" in name else 1e-6)
    tanh = {"vit_large_patch16_siglip_gap_512", "vit_giantopt_patch16_siglip_gap_256"}
    assert found["act"] == ("quick_gelu" if "quickgelu" in name else "gelu_tanh" if name in tanh else "gelu")


def test_another_width_than_the_sizes_leaves_the_heads_open():
    assert "num_heads" not in said("vit_tiny_patch16_224", 200)


@pytest.mark.parametrize(("reason", "name"), [(reason, name) for reason, names in REFUSED.items() for name in names.split()])
def test_architectures_that_are_no_plain_vit(reason, name):
    with pytest.raises(CheckpointError) as caught:
        parts_of(name)
    assert str(caught.value) == f"{name} {reason}, which is not supported."


@pytest.mark.parametrize("name", UNKNOWN.split())
def test_architectures_that_are_not_known(name):
    with pytest.raises(CheckpointError, match=f"^Of timm's architectures, plain vit_.* are supported; got {name}"):
        parts_of(name)
