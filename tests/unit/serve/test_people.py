"""What is said of a crowd: its row, what more processes give, and whose a server's time is; on numbers that are made up."""

import psutil
import pytest

from tests.support.load import capacity, profile
from tests.support.load.crowd import Crowd, gather, table
from tests.support.loops import run


def crowd(processes: int, answers: int, server: float, failures: int = 0) -> Crowd:
    """Twenty seconds of one."""
    waits = {"page": [0.1] * (answers - 1), "resolution": [2.0]}
    used = {"server": server, "nginx": 0.5 * (processes - 1), "people": 1.0}
    return Crowd(24, [0.3, 0.5], waits, ["gone"] * failures, processes=processes, seconds=20.0, answered=answers, used=used)


def test_a_row_says_who_used_the_cores() -> None:
    row = crowd(2, 100, 30.0, failures=1).row()
    assert [row[f"cores: {who}"] for who in ("server", "nginx", "people")] == ["1.50", "0.03", "0.05"]
    assert (row["processes"], row["median"], row["p95"], row["first page, median"], row["failures"]) == (
        "2",
        "100 ms",
        "100 ms",
        "500 ms",
        "1",
    )
    assert table([row, row]).count("\n") == 3


def test_what_more_processes_give_is_a_ratio_of_all_rounds() -> None:
    alone = capacity.Setup(1, 1, [crowd(1, 150, 30.0), crowd(1, 170, 34.0)])
    one = capacity.Setup(1, 2, [crowd(1, 100, 20.0), crowd(1, 120, 24.0)])
    several = capacity.Setup(2, 2, [crowd(2, 170, 38.0), crowd(2, 204, 39.0)])
    told = capacity.told([alone, one, several])
    assert told.splitlines()[-3:] == [
        "2 processes against one that has all cores: 1.17 × the answers, from 1.20 × the time of cores.",
        "2 processes against one with the cores of one of them: 1.70 × the answers, from 1.75 × the time of cores.",
        "Of the machine’s cores, nginx and the people took 0.08.",
    ]
    assert "| 1 of 2 | 24 | 5.0 | 1.00 | 0.00 | 0.05 | 5.0 |" in told and "| 2 | 24 | 8.5 | 1.90 | 0.03 | 0.05 | 4.5 |" in told


def test_what_is_counted_begins_when_a_crowd_has_settled() -> None:
    spent = iter([{"server": 1.0}, {"server": 3.0}])
    found = run(gather("http://127.0.0.1:1", 1, 0.4, lambda: 5.0, used=lambda: next(spent), settle=0.2))
    assert found.used == {"server": 2.0} and found.seconds == pytest.approx(0.2, abs=0.15) and found.failures


def test_a_crowd_forgets_what_it_did_before() -> None:
    seen = crowd(1, 10, 5.0)
    seen.action_bytes = 99
    seen.forget_answers()
    assert not seen.waits and not seen.action_bytes and seen.firsts


def test_a_stack_is_the_models_however_deep_in_torch_and_what_waits_is_nobodys() -> None:
    page = "thread;ScriptRunner._run_script (streamlit/runtime/scriptrunner/script_runner.py:9);<module> (app.py:3)"
    stacks = [
        f"{page};VisionTransformer.forward (vit_core/model.py:9);Linear.forward (torch/nn/modules/linear.py:1) 40",
        f"{page};Turns._take (ui/work/turns.py:9);Event.wait (threading.py:2);Condition.wait (threading.py:3) 90",
        f"{page};strip (ui/shell/strip.py:9);_bidi_component (streamlit/components/v2/bidi_component/main.py:4) 30",
        f"{page};story (ui/overview/page.py:4) 20",
        "MainThread;run_forever (asyncio/base_events.py:1) 10",
    ]
    found = profile.shares("\n".join(stacks))
    assert found == {
        "the model": 0.4,
        "Streamlit's script run and elements": 0.3,
        "our pages": 0.2,
        "sending: hashes, protobuf, websocket": 0.1,
    }
    assert profile.table(found).splitlines()[2] == "| the model | 40% |"


def test_without_the_profiler_one_sentence_says_so(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="needs py-spy"), profile.written([psutil.Process()], 1.0, tmp_path / "stacks"):
        pass
