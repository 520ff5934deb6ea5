"""The code shown on a page is the code that runs: read from its file, as it stands there."""

import ast
from pathlib import Path

import pytest

from ui.attention import explained as attention
from ui.kit import explain
from ui.overview import explained as overview


@pytest.mark.parametrize("thing", [*overview.CODE, *attention.CODE], ids=lambda thing: thing.__qualname__)
def test_shown_code_stands_in_its_file_and_parses(thing) -> None:
    file, first, text = explain.source(thing)
    lines = (explain.ROOT / Path(file)).read_text().splitlines()
    shown = text.rstrip("\n").splitlines()
    assert [line.strip() for line in lines[first - 1 : first - 1 + len(shown)]] == [line.strip() for line in shown]
    assert isinstance(ast.parse(text).body[0], ast.FunctionDef)


def test_a_check_reports_its_difference() -> None:
    check = explain.Check("a", 1.0, 1.25, "b")
    assert check.difference == 0.25
    assert "2.5e-01" in explain.check_table([check])


def test_sentences_and_formulas_are_one_text_of_paragraphs() -> None:
    pairs = [("**One.** First.", "a = b"), ("Second.", r"c_{1} \\ d")]
    assert explain.written(pairs).split("\n\n") == ["**One.** First.", "$$\na = b\n$$", "Second.", "$$\nc_{1} \\\\ d\n$$"]


def test_a_whole_number_keeps_all_its_digits() -> None:
    table = explain.check_table(
        [explain.Check("parameters", 86_567_656, 86_567_656, "added"), explain.Check("share", 0.123456789, 0.5, "")]
    )
    assert table.count("<td>86,567,656</td>") == 2 and "<td>0.123457</td>" in table
