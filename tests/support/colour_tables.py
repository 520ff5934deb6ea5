"""The components' colour tables, from Plotly's so that canvas and chart agree: `python -m tests.support.colour_tables` writes them."""

import base64

from plotly.colors import sample_colorscale, unlabel_rgb

from ui.kit.places import COMPONENTS

FILE = COMPONENTS / "kit" / "picture" / "colour-tables.js"
SCALES = {"viridis": "Viridis", "cividis": "Cividis", "diverging": "RdBu_r"}
WIDTH = 128  # characters of a line
HEAD = """// 256 colours of each map as base64 of R, G, B bytes, sampled from Plotly's. Written by `python -m tests.support.colour_tables`.
"""


def sampled(scale: str) -> bytes:
    """256 colours of one of Plotly's scales, R, G and B of each."""
    colours = sample_colorscale(scale, [i / 255 for i in range(256)])
    return bytes(round(value) for colour in colours for value in unlabel_rgb(colour))


def module() -> str:
    """The whole file."""
    parts = []
    for name, scale in SCALES.items():
        text = base64.b64encode(sampled(scale)).decode()
        lines = [f'    "{text[at : at + WIDTH]}",' for at in range(0, len(text), WIDTH)]
        parts.append("\n".join([f"  {name}: [", *lines, '  ].join(""),']))
    return "\n".join([HEAD + "export const COLOUR_TABLES = {", *parts, "};\n"])


if __name__ == "__main__":
    FILE.write_text(module())
