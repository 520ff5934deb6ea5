"""The theme: settings that Streamlit knows, and text that is legible on every ground."""

import tomllib

import pytest
from streamlit.config import get_config_options

from tests.support.source import ROOT


def config() -> dict:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_streamlit_knows_every_setting():
    def flat(values: dict, prefix: str = "") -> set[str]:
        nested = (flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}"} for key, value in values.items())
        return set().union(*nested)

    assert not flat(config()) - get_config_options().keys()


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance of an sRGB colour in 0…255. Source: WCAG 2.2."""
    linear = [c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def contrast(text: tuple[float, ...], ground: tuple[float, ...]) -> float:
    low, high = sorted((luminance(text), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


def over(colour: tuple[float, ...], ground: tuple[float, ...], share: float) -> tuple[float, ...]:
    return tuple(share * c + (1 - share) * g for c, g in zip(colour, ground, strict=True))


def test_contrast_by_the_book():
    assert contrast(rgb("#000000"), rgb("#ffffff")) == pytest.approx(21)
    assert contrast(rgb("#777777"), rgb("#ffffff")) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible(scheme):
    theme = config()["theme"][scheme]
    grounds = {rgb(part[key]) for part in (theme, theme["sidebar"]) for key in ("backgroundColor", "secondaryBackgroundColor")}
    texts = {key: rgb(value) for key, value in theme.items() if key.endswith(("TextColor", "textColor", "primaryColor", "linkColor"))}
    assert len(texts) >= 10
    ratios = {(key, ground): contrast(text, ground) for key, text in texts.items() for ground in grounds}
    # Captions are the text colour at 60%; coloured words may stand on a tint of their own colour (10% in light, 20% in dark).
    ratios |= {("caption", ground): contrast(over(texts["textColor"], ground, 0.6), ground) for ground in grounds}
    for name in ("red", "orange", "yellow", "blue", "green", "violet", "gray"):
        share = 0.1 if scheme == "light" else 0.2
        tints = [over(rgb(theme[f"{name}Color"]), ground, share) for ground in grounds]
        ratios |= {(f"{name} on its tint", tint): contrast(texts[f"{name}TextColor"], tint) for tint in tints}
    assert not {what: round(ratio, 2) for what, ratio in ratios.items() if ratio < 4.5}
