"""Times of many runs, in a few words."""


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie (nearest rank)."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def median_and_p95(values: list[float]) -> str:
    """Milliseconds, as the table shows them."""
    return f"median {percentile(values, 0.5):.1f} ms, p95 {percentile(values, 0.95):.1f} ms"
