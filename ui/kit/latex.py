"""Numbers and words as they stand in LaTeX."""

import re


def latex_words(text: str) -> str:
    """A label that can stand inside a LaTeX text."""
    return "".join(c if c.isalnum() or c in " -" else " " for c in text)


def grouped(number: int) -> str:
    """Digits in groups of three, for LaTeX."""
    return f"{number:,}".replace(",", r"\,")


def plain_four(value: float) -> str:
    """A number with four significant digits, as the components write it (`kit/numbers/format.js`)."""
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e4 or size < 1e-4:
        digits, power = f"{value:.3e}".split("e")
        return f"{digits}e{int(power):+d}"
    return f"{value:#.4g}".rstrip(".")


def four(value: float) -> str:
    """The same inside a formula, where a bare "e+4" would read as a sum."""
    return re.sub(r"e([+-])(\d+)", r"\\mathrm{e{\1}\2}", plain_four(value))
