"""How a page shows a job: how far it is and how long it still takes, a way to stop it, why it ended early, and what it makes."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import streamlit as st

from ui.state import session
from ui.work import cached
from ui.work.job import CANCELLED, STOPPED, Job, Key, Macs, in_steps, nothing_yet
from ui.work.jobs import jobs
from ui.work.turns import turns

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ui.work.analysis import Analysis

ME, FOLLOWED, DRAWN, GIVEN_UP = "_me", "_job", "_drawn", "_given_up"
POLL, POLL_MADE, POLL_MOST = 0.6, 0.3, 2.0
PATIENCE = 30.0  # seconds without anyone who looks, then no step is taken any more
IN_LINE = Macs(3 * 10**10)  # what a page waits for itself: about half a second on two cores, less where there are others
AT_ONCE = Macs(10**12)  # what begins by itself
PROFILED, ROLLED_OUT = 700, 150  # multiply-accumulates that take as long as one attention weight in `head_profiles`, in a rollout

Build = Callable[["Analysis"], bytes]
Draw = Callable[[bytes], object]


def crowd() -> float:
    """How many share a core: this session, those who stand in line, and the part of the others who acted lately that comes to one core."""
    return 1 + turns.waiting + turns.others / turns.most


def in_line() -> Macs:
    """How many multiply-accumulates a page waits for itself now: those who stand in line behind it, or come meanwhile, wait for them too.

    Fifty people who go from page to page are answered at once then, with what takes several runs of the model a little later.
    """
    return Macs(int(IN_LINE // crowd()))


def poll(seconds: float = POLL_MADE) -> float:
    """Seconds between two looks at what is being made: fewer looks where there are others."""
    return min(POLL_MOST, seconds * crowd())


def me() -> str:
    """This session, as a job knows those who look."""
    return st.session_state.setdefault(ME, uuid4().hex)


def follow(
    running: Callable[[], Job | None],
    *,
    head: Callable[[Job], Any],
    body: Callable[[], Any],
    idle: Callable[[], Any] = lambda: None,
    at_end: Callable[[], Any] = st.rerun,
    every: float = POLL,
) -> None:
    """`body()` again and again while there is a job `running()` for this session, under its `head`; otherwise once, under `idle()`.

    When the job ends, or is begun by `idle`, `at_end()` follows: the page is run once more.
    """
    waiting = running() is not None

    @st.fragment(run_every=every if waiting else None)
    def part() -> None:
        job = running()
        with st.container():  # always one element, so that what is shown keeps its place
            if job is not None:
                head(job)
            else:
                if waiting:
                    st.empty()  # in the head's place: a run that another one ends early does not take away what it has not drawn again
                idle()
        body()
        if (job is not None) != waiting:  # after `body`: a page is never without its picture
            at_end()

    part()


def stand_still() -> None:
    """In a part of a page that runs again by itself: it has all that it waited for, and does not any more. The rest of the page stays as it
    is: to run it for this, too, would cost as much as an answer.
    """
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from streamlit.runtime.scriptrunner import get_script_run_ctx
    from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

    context = get_script_run_ctx()
    if context is None or not context.fragment_ids_this_run:  # the page is being run
        st.rerun()
    message = ForwardMsg()
    message.stop_auto_rerun.fragment_ids.append(ThreadState.get().fragment_id)  # of those that are run at once, this one alone
    context.enqueue(message)


def told(job: Job) -> str:
    """How far a job is, and about how long it still takes."""
    left = job.left
    return job.line(job) + (f", about {left:.0f} s left" if left is not None else "")


def progress(job: Job, key: str) -> None:
    """How far a job is, about how long it still takes, and Cancel."""
    line, stop = st.columns([5, 1], vertical_alignment="center")
    line.progress(job.share, told(job))
    stop.button("Cancel", key=f"cancel {key}", on_click=job.leave, args=(me(),), width="stretch")


def why_not(job: Job | None) -> None:
    """Why a job did not come to its end, if it did not."""
    if job is not None and job.outcome:
        st.info(job.outcome, icon=":material/info:")


def followed(key: Key) -> Job | None:
    """The job in steps that this session follows, if it is the one of this key."""
    job = st.session_state.get(FOLLOWED)
    return job if job is not None and job.key == key else None


def start(key: Key, steps: Callable[[], Iterator["Tensor"]], total: int, line: Callable[[Job], str] = Job.line) -> None:
    """Follow the job of a key, begun if it is not under way already; this session leaves the one before."""
    before = st.session_state.get(FOLLOWED)
    if before is not None:
        before.leave(me())
    stopped = CANCELLED if line is Job.line else STOPPED
    job = Job(key, in_steps(steps), str(key[0]), total, nothing_yet(total), line=line, stopped=stopped, patience=PATIENCE)
    st.session_state[FOLLOWED] = jobs.begin(job, me(), again=jobs.result(key) is None)


def runs(
    key: Key,
    steps: Callable[[], Iterator["Tensor"]],
    total: int,
    macs: Macs,
    show: Callable[["np.ndarray"], None],
    *,
    line: Callable[[Job], str] = Job.line,
    offer: str = "",
    at_once: Macs | None = None,
) -> None:
    """`show(values)` now and while the `total` runs of the model give them, under how far they are; then the page is run once more.

    All runs together take `macs` multiply-accumulates: up to `at_once`, or `AT_ONCE`, they begin by themselves, above by a button. Where
    the values are not one a run, `line` says how far it is, and `offer` what the button does.
    """
    begin = partial(start, key, steps, total, *(() if line is Job.line else (line,)))
    if jobs.result(key) is None and followed(key) is None and macs <= (AT_ONCE if at_once is None else at_once):
        begin()

    def running() -> Job | None:
        job = followed(key)
        if job is None or job.over or me() not in job.looks:
            return None
        job.look(me())
        return job

    def idle() -> None:
        if jobs.result(key) is None:
            why_not(followed(key))
            st.button(offer or f"Run the model {total:,} times", key=f"run {key[0]}", type="primary", on_click=begin)

    def body() -> None:
        known, job = jobs.result(key), followed(key)
        show(known if known is not None else job.value if job is not None else nothing_yet(total))

    follow(running, head=lambda job: progress(job, str(key[0])), idle=idle, body=body, every=poll(POLL))


def payload(place: str, kind: str, macs: Macs, build: Build, draw: Draw, what: str, layers: int = 0, alone: bool = False) -> None:
    """`draw(payload)` for the selection: the payload is `build(analysis)`, made once, like `session.payload`'s, and must not ask the
    session.

    Up to `in_line()` multiply-accumulates the page waits for it. Above, `what` says what is being done, over the last that was drawn in
    this `place`, dimmed, if it is still kept; when it is there, the page is run once more, or, where nothing else on it depends on that
    (`alone`), this part of it.
    """
    key, analysis = session.payload_key(kind), session.analysis()
    job_key = ("payload", *key)
    if macs <= in_line() and cached.payload.found(*key) is None:
        session.payload(kind, build)

    def running() -> Job | None:
        if cached.payload.found(*key) is not None or st.session_state.get(GIVEN_UP) == job_key:
            return None
        job = jobs.ask(job_key, what, lambda: cached.payload(*key, lambda: build(analysis)), who=me(), layers=layers)
        return None if job.problem else job

    def give_up(job: Job) -> None:
        st.session_state[GIVEN_UP] = job_key
        job.leave(me())

    def again() -> None:
        st.session_state.pop(GIVEN_UP, None)
        jobs.forget(job_key)

    def head(job: Job) -> None:
        if not job.by_layer:
            st.html(f"<p class='vit-waiting' role='status'>{what} …</p>")
            return
        line, stop = st.columns([5, 1], vertical_alignment="center")
        line.progress(job.share, f"{what}: {told(job)}")
        stop.button("Cancel", key=f"cancel {place}", on_click=give_up, args=(job,), width="stretch")

    def idle() -> None:
        failed = jobs.find(job_key)
        if failed is not None and cached.payload.found(*key) is None:
            why_not(failed)
            st.button("Try again", key=f"again {place}", on_click=again)

    def body() -> None:
        drawn, made = st.session_state.setdefault(DRAWN, {}), cached.payload.found(*key)
        if made is not None:
            drawn[place] = key
        shown = made if made is not None else cached.payload.found(*drawn[place]) if place in drawn else None
        if shown is not None:
            with st.container(key=f"{'dimmed' if made is None else 'drawn'}_{place}"):
                draw(shown)

    def at_end() -> None:
        if alone and cached.payload.found(*key) is not None:
            stand_still()
        else:
            st.rerun()

    follow(running, head=head, idle=idle, body=body, at_end=at_end, every=poll())
