"""The people that the benchmarks send do what a browser does: the app answers each of their actions, and sends little of it twice."""

from urllib.parse import parse_qsl

from tests.support.load.crowd import Habits, gather, table
from tests.support.load.person import Person, fetch
from tests.support.loops import run


def test_a_person_is_answered_as_a_browser_is(server) -> None:
    async def visit() -> Person:
        person = Person(server.url)
        await person.enter("attention", "picture=coffee", files=True)
        first = person.received
        assert person.widgets.keys() >= {"Resolution", "Your own picture"} and "practice" in person.pages and person.files
        await person.go("")
        await person.go("attention")
        before = person.received
        await person.go("")
        assert person.by_reference and person.received - before < first / 2
        await person.resize(0)
        assert person.sizes[0].split()[0] in dict(parse_qsl(person.query)).values()
        await person.leave()
        return person

    assert not run(visit()).exceptions


def test_a_crowd_is_answered(server) -> None:
    crowd = run(gather(server.url, 3, 8, lambda: 1.0, Habits(uploads=0.5), lambda: {"server": 1.0}))
    assert not crowd.failures and not crowd.exceptions
    assert len(crowd.firsts) == 3 and crowd.waits and crowd.first_bytes and crowd.action_bytes
    assert table([crowd.row()]).count("\n") == 2
    assert crowd.cores == {"server": 0.0} and 0 < crowd.answered <= len(crowd.waits)
    assert fetch(server.url, ["/ready"])
