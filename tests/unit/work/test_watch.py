"""What ends a part of a page that looks again and again: by itself, without the page, where nothing else depends on it."""

from types import SimpleNamespace

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import scriptrunner
from streamlit.runtime.scriptrunner_utils.script_run_context import FragmentThreadState, ThreadState

from ui.work import watch


class Again(Exception):
    """The page is run once more."""


@pytest.fixture
def sent(monkeypatch) -> list[ForwardMsg]:
    """What the browser is sent, by a part that runs by itself."""
    found: list[ForwardMsg] = []
    context = SimpleNamespace(fragment_ids_this_run=["another", "part", "a third"], enqueue=found.append)
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda: context)
    monkeypatch.setattr(ThreadState, "get", lambda: FragmentThreadState(fragment_id="part"))

    def rerun() -> None:
        raise Again

    monkeypatch.setattr(watch.st, "rerun", rerun)
    return found


def test_a_part_that_has_all_tells_the_browser_to_look_no_more(sent: list[ForwardMsg]) -> None:
    """Of it alone: Streamlit runs parts together that are due at the same moment, and the others may still wait."""
    watch.stand_still()
    assert [list(message.stop_auto_rerun.fragment_ids) for message in sent] == [["part"]]


@pytest.mark.parametrize("ids", [None, []])
def test_while_the_page_is_run_it_is_run_once_more(sent: list[ForwardMsg], monkeypatch, ids) -> None:
    context = SimpleNamespace(fragment_ids_this_run=ids, enqueue=sent.append)
    monkeypatch.setattr(scriptrunner, "get_script_run_ctx", lambda: context)
    with pytest.raises(Again):
        watch.stand_still()
    assert not sent


@pytest.mark.parametrize(("alone", "made", "again"), [(True, b"there", False), (True, None, True), (False, b"there", True)])
def test_the_page_follows_where_it_depends_on_what_was_made_or_has_to_say_why_there_is_nothing(
    sent: list[ForwardMsg], monkeypatch, alone: bool, made: bytes | None, again: bool
) -> None:
    ends = []
    monkeypatch.setattr(watch, "follow", lambda running, **more: ends.append(more["at_end"]))
    monkeypatch.setattr(watch, "in_line", lambda: -1)
    monkeypatch.setattr(watch, "poll", lambda: 1.0)
    monkeypatch.setattr(watch.session, "payload_key", lambda kind: (kind, "model", "picture", 224, 16))
    monkeypatch.setattr(watch.session, "analysis", lambda: None)
    monkeypatch.setattr(watch.cached.payload, "found", lambda *key: made)
    watch.payload("place", "kind", watch.Macs(1), lambda analysis: b"", lambda data: None, "Making it", alone=alone)
    if again:
        with pytest.raises(Again):
            ends[0]()
    else:
        ends[0]()
    assert len(sent) == (not again)
