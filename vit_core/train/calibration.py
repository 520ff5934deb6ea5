"""How far a probability can be taken at its word: a temperature for the logits, and the error that is left."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

BINS = 15


def fit_temperature(logits: Float[Tensor, "count classes"], labels: Int[Tensor, " count"]) -> float:
    """The T that makes `softmax(logits / T)` likeliest (Guo et al. 2017), between 0.01 and 100.

    The negative log-likelihood is convex in 1/T; its slope, mean logit under the prediction minus the true class's, is bisected to zero.
    """
    logits = logits.double()
    true = logits.gather(1, labels.view(-1, 1)).mean()
    low, high = 0.01, 100.0
    for _ in range(60):
        inverse = (low * high) ** 0.5
        slope = ((logits * inverse).softmax(dim=1) * logits).sum(dim=1).mean() - true
        low, high = (low, inverse) if slope > 0 else (inverse, high)
    return 1 / (low * high) ** 0.5


def calibration_error(confidence: Float[Tensor, " count"], right: Bool[Tensor, " count"], bins: int = BINS) -> float:
    """Expected calibration error (Guo et al. 2017): mean distance of confidence from accuracy over bins of equal width, by their size."""
    index = (confidence * bins).ceil().long().clamp(1, bins) - 1
    gap = torch.zeros(bins, dtype=torch.float64).index_add_(0, index, confidence.double() - right.double())
    return gap.abs().sum().item() / len(confidence)


def calibration(logits: Float[Tensor, "count classes"], labels: Int[Tensor, " count"], seed: int = 0) -> dict:
    """Fit the temperature on a random half of the pictures; compare confidence and accuracy on the other half, before and after."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    fit, held_out = order.chunk(2)
    temperature = fit_temperature(logits[fit], labels[fit])

    def measure(scale: float) -> dict[str, float]:
        log_probs = (logits[held_out].double() / scale).log_softmax(dim=1)
        confidence, guess = log_probs.exp().max(dim=1)
        error = calibration_error(confidence, guess == labels[held_out])
        return {"error": error, "nll": F.nll_loss(log_probs, labels[held_out]).item(), "confidence": confidence.mean().item()}

    pictures = {"fitted_on": len(fit), "measured_on": len(held_out), "bins": BINS}
    return {"temperature": temperature, **pictures, "before": measure(1.0), "after": measure(temperature)}
