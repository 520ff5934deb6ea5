"""Who stands where in the sequence: every token has one place, one name and one index."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.support.models.small import PLAIN
from vit_core.config import TokenLayout

layouts = st.builds(
    TokenLayout,
    grid=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    class_token=st.booleans(),
    distill_token=st.booleans(),
    num_registers=st.integers(0, 4),
)


@pytest.mark.parametrize(
    ("layout", "prefix", "cls", "dist", "registers", "tokens"),
    [
        (TokenLayout((2, 3)), 1, 0, None, slice(1, 1), 7),
        (TokenLayout((2, 3), num_registers=4), 5, 0, None, slice(1, 5), 11),
        (TokenLayout((2, 3), distill_token=True, num_registers=2), 4, 0, 1, slice(2, 4), 10),
        (TokenLayout((2, 3), class_token=False), 0, None, None, slice(0, 0), 6),
        (TokenLayout((2, 3), class_token=False, num_registers=1), 1, None, None, slice(0, 1), 7),
        (TokenLayout((14, 14)), 1, 0, None, slice(1, 1), 197),
    ],
)
def test_places(layout, prefix, cls, dist, registers, tokens):
    assert (layout.num_prefix_tokens, layout.cls, layout.dist, layout.registers) == (prefix, cls, dist, registers)
    assert (layout.num_patches, layout.num_tokens) == (tokens - prefix, tokens)
    assert layout.patches == slice(prefix, tokens)


def test_names():
    layout = TokenLayout((2, 3), distill_token=True, num_registers=2)
    names = [layout.name(token) for token in range(layout.num_tokens)]
    assert names[:4] == ["[CLS]", "[DIST]", "register 1", "register 2"]
    assert names[4:] == [f"row {row}, column {col}" for row in (1, 2) for col in (1, 2, 3)]


@given(layouts)
def test_a_config_makes_the_same_layout(layout):
    pool = "mean" if not layout.class_token else "cls_dist" if layout.distill_token else "cls"
    if layout.distill_token and not layout.class_token:
        return
    config = PLAIN.replace(
        class_token=layout.class_token, distill_token=layout.distill_token, num_registers=layout.num_registers, pool=pool
    )
    assert config.layout(layout.grid) == layout
    assert config.num_prefix_tokens == layout.num_prefix_tokens


@given(layouts)
def test_indices_and_places_are_inverse(layout):
    places = [layout.row_col(token) for token in range(layout.num_tokens)]
    assert places[: layout.num_prefix_tokens] == [None] * layout.num_prefix_tokens
    patches = range(layout.num_tokens)[layout.patches]
    assert [layout.token_at(*layout.row_col(token)) for token in patches] == list(patches)
    assert len({layout.name(token) for token in range(layout.num_tokens)}) == layout.num_tokens


@given(layouts)
def test_values_on_the_grid(layout):
    values = torch.arange(2 * layout.num_tokens).float().reshape(2, layout.num_tokens)
    on_grid = layout.on_grid(values)
    assert on_grid.shape == (2, *layout.grid)
    row, col = layout.grid[0] - 1, layout.grid[1] // 2
    assert torch.equal(on_grid[:, row, col], values[:, layout.token_at(row, col)])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda layout: layout.token_at(2, 0), "The grid has rows 0 to 1 and columns 0 to 2; got row 2, column 0."),
        (lambda layout: layout.token_at(0, -1), "The grid has rows 0 to 1 and columns 0 to 2; got row 0, column -1."),
        (lambda layout: layout.row_col(7), "The sequence has tokens 0 to 6; got 7."),
        (lambda layout: layout.name(-1), "The sequence has tokens 0 to 6; got -1."),
    ],
)
def test_places_that_do_not_exist(call, message):
    with pytest.raises(ValueError) as caught:
        call(TokenLayout((2, 3)))
    assert str(caught.value) == message
