"""Numbers in formulas are written as the components write them (`tests/js/kit/format.test.js` holds the same pairs)."""

import pytest

from ui.kit.latex import four, plain_four

PAIRS = [(0, "0"), (1 / 3, "0.3333"), (-12.3456, "-12.35"), (0.0001, "0.0001000"), (0.00001234, "1.234e-5"), (123456, "1.235e+5")]


@pytest.mark.parametrize("value,text", [*PAIRS, (-0.795, "-0.7950"), (1234, "1234"), (12345, "1.234e+4"), (1.0, "1.000")])
def test_four_significant_digits(value: float, text: str) -> None:
    assert plain_four(value) == text


def test_an_exponent_in_a_formula_is_no_sum() -> None:
    assert four(24270) == r"2.427\mathrm{e{+}4}" and four(-1.234e-5) == r"-1.234\mathrm{e{-}5}" and four(0.5) == "0.5000"
