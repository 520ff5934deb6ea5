"""A log that nobody can fill."""

import logging

from vit_explainer import quiet


def test_of_the_same_line_a_few_are_written_in_a_while() -> None:
    now = 100.0
    told = quiet.Quiet(lambda: now)

    def line(number: int) -> logging.LogRecord:
        return logging.LogRecord("streamlit.x", logging.WARNING, "x.py", number, "said", (), None)

    assert [told.filter(line(7)) for _ in range(6)] == [True, True, True, False, False, False]
    assert told.filter(line(8))  # another place
    now += quiet.WHILE
    assert told.filter(line(7))
    for number in range(10_000):
        told.filter(line(number))
    assert len(told.seen) <= quiet.KINDS + 1


def test_it_is_asked_by_what_serves_the_app(monkeypatch) -> None:
    logger = logging.getLogger("streamlit.of_this_test")
    other = logging.getLogger("vit_explainer.of_this_test")
    quiet.quieten()
    for one, expected in ((logger, 1), (other, 0)):
        assert sum(isinstance(found, quiet.Quiet) for found in one.filters) == expected
    for name in [*logging.root.manager.loggerDict]:
        named = logging.getLogger(name)
        for found in [found for found in named.filters if isinstance(found, quiet.Quiet)]:
            named.removeFilter(found)
