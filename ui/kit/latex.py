"""Numbers and words as they stand in LaTeX."""


def latex_words(text: str) -> str:
    """A label that can stand inside a LaTeX text."""
    return "".join(c if c.isalnum() or c in " -" else " " for c in text)


def grouped(number: int) -> str:
    """Digits in groups of three, for LaTeX."""
    return f"{number:,}".replace(",", r"\,")
