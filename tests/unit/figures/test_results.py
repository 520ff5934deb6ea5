"""Charts of published results: each result is a dot of its data's colour and its protocol's shape, and lines join what belongs together."""

from vit_figures.look import AMBER, BLUE, GREY
from vit_figures.results import DATA_COLOURS, PROTOCOL_SHAPES, Result, accuracy, by_line


def of(x: float, top1: float, **more) -> Result:
    return Result(x, top1, "B/16", f"{x:.0f} parameters", f"top-1 {top1}%", "Table 5", **{"data": "ImageNet-1k"} | more)


def test_dots_wear_their_datas_colour_and_their_protocols_shape() -> None:
    results = [of(1e6, 70, line="a"), of(1e8, 80, line="a", protocol="zero-shot"), of(1e7, 75, data="JFT-300M", link=3)]
    made = accuracy(results, "Accuracy", "parameters (log)")
    lines = [one for one in made.data if one.mode == "lines"]
    assert [(list(one.x), one.line.color, one.legendgroup) for one in lines] == [([1e6, 1e8], BLUE, "ImageNet-1k")]
    dots = {one.name: one for one in made.data if one.customdata is not None}
    assert list(dots["ImageNet-1k"].marker.symbol) == ["circle", "diamond"] and dots["JFT-300M"].marker.color == AMBER
    assert list(dots["JFT-300M"].customdata) == [["B/16", "10000000 parameters", "top-1 75%", "Table 5", 3]]
    keys = [one for one in made.data if one.x == (None,)]
    assert [one.name for one in keys] == ["ImageNet-1k", "JFT-300M", "trained or fine-tuned", "zero-shot"]
    assert {one.marker.color for one in keys[2:]} == {GREY} and not any(one.showlegend for one in dots.values())
    assert made.layout.xaxis.type == "log" and made.layout.yaxis.title.text == "top-1 on ImageNet, %"


def test_one_protocol_needs_no_key_of_shapes_and_captions_stand_beside_the_dots() -> None:
    made = accuracy([of(1, 70, caption="L/16"), of(10, 80)], "T", "days")
    assert [one.name for one in made.data] == ["ImageNet-1k", "ImageNet-1k"]
    assert made.data[0].mode == "markers+text" and list(made.data[0].text) == ["L/16", ""]


def test_by_line_each_line_has_a_colour_and_a_name() -> None:
    made = by_line([of(10, 80, line="a"), of(1, 70, line="a"), of(1, 60, line="b")], "T", "x")
    assert [(one.name, list(one.x)) for one in made.data] == [("a", [1, 10]), ("b", [1])]
    assert len({one.line.color for one in made.data}) == 2


def test_every_colour_and_shape_is_another() -> None:
    assert len(set(DATA_COLOURS.values())) == len(DATA_COLOURS) and len(set(PROTOCOL_SHAPES.values())) == len(PROTOCOL_SHAPES)
