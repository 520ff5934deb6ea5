"""Texts whose figures know their source, as the browser shows them."""

from typing import Any

from published.evidence import Part, claims


def packed_parts(text: tuple[Part, ...]) -> list[list[str]]:
    """A text for the browser: [text] or [text, kind, note] a part."""
    return [[part.text] if part.kind == "plain" else [part.text, part.kind, part.note] for part in text]


def packed_claims() -> list[dict[str, Any]]:
    """Every claim, for the browser."""
    kept = ("id", "topic", "stated", "verdict")
    return [
        {name: getattr(claim, name) for name in kept}
        | {"fact": packed_parts(claim.fact), "why": packed_parts(claim.why), "sources": list(claim.sources)}
        for claim in claims().values()
    ]
