"""The columns of the table of results: their names and what they hold."""

from published.derived import FP16_BYTES

ADAM_BYTES = 16


COLUMNS = {
    "model": "model",
    "top1": "top-1",
    "data": "pretrained on",
    "images": "pictures",
    "size": "read out at",
    "parameters": "parameters",
    "macs": "MACs",
    "fp16": "fp16 weights",
    "adam": "Adam state",
    "peak": "inference activations",
    "saved": "training activations",
    "days": "training, core-days",
}
COLUMN_NOTES = {
    "model": "Name as in the paper.",
    "top1": "ImageNet-1k validation, in percent.",
    "data": "What the model saw before it was fine-tuned or read out.",
    "images": "Pictures in that data set.",
    "size": "Side of the pictures at which the accuracy was measured.",
    "parameters": "Computed from the configuration.",
    "macs": "Multiply-accumulates for one picture at that size, computed.",
    "fp16": f"{FP16_BYTES} bytes a parameter.",
    "adam": f"Weights, gradients and Adam’s states: {ADAM_BYTES} bytes a parameter, in fp32 and in mixed precision alike.",
    "peak": "Activations at the fullest moment, one picture, fp16, fused attention; weights come on top.",
    "saved": "Activations saved for the backward pass, one picture, 2 bytes a number, fused attention; Adam’s state comes on top.",
    "days": "TPUv3-core-days of pretraining.",
}
ABSENT = "—"
