"""Numbers in formulas are written as the components write them (`tests/js/kit/format.test.js` holds the same pairs)."""

import pytest

from ui.kit.latex import four

PAIRS = [(0, "0"), (1 / 3, "0.3333"), (-12.3456, "-12.35"), (0.0001, "0.0001000"), (0.00001234, "1.234e-5"), (123456, "1.235e+5")]


@pytest.mark.parametrize("value,text", [*PAIRS, (-0.795, "-0.7950"), (1234, "1234"), (12345, "1.234e+4"), (1.0, "1.000")])
def test_four_significant_digits(value: float, text: str) -> None:
    assert four(value) == text
