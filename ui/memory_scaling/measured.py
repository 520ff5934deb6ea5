"""The measurement beside the prediction: run in a process of its own, which a person can cancel, one at a time on this server."""

import json
import sys
from typing import cast

import streamlit as st

from ui.kit.places import ROOT
from ui.memory_scaling.setting import Setting
from ui.work import watch
from ui.work.job import Job, Problem, Slot, in_process
from ui.work.jobs import jobs
from vit_core.cost.compare import LONGEST_SECONDS, Plan, Row, free_bytes, refusal, stages

STATE = "_measurement"
SLOT = Slot()  # others wait in line
PATIENCE = 30.0  # seconds without anyone who looks, then one that waits gives up its place
UNITS = {"bytes": " bytes", "seconds": " s", "": ""}
CANCELLED = "Cancelled. What was measured until then is shown."


def plan_of(setting: Setting) -> Plan:
    """What the page's setting means on this machine: float32, no checkpointing."""
    options = setting.options
    keeps = options.get("keep_trace", True)
    return Plan(setting.config, setting.image_size, setting.patch_size, setting.batch, setting.trains, options["attention"], keeps)


def start(plan: Plan) -> str | None:
    """Start measuring; a sentence if that cannot be."""
    reason = None if jobs.is_busy(SLOT) else refusal(plan, free_bytes())  # another one's memory is free again when it is over
    if reason:
        return reason
    names = list(stages(plan))

    def line(job: Job) -> str:
        if job.ahead:
            return f"Measurements run one at a time: {job.ahead} before yours, then it begins by itself"
        return f"Measuring {plan.config.name}: {names[min(job.done, len(names) - 1)]} ({job.done} of {len(names)} done)"

    command = [sys.executable, "-m", "vit_core.cost.compare", plan.to_json()]
    measure = in_process(command, ROOT, lambda text: Row(**json.loads(text)), ended_early)

    def work(job: Job) -> None:
        reason = refusal(plan, free_bytes())
        if reason:
            raise Problem(reason)
        measure(job)

    job = Job(
        ("measurement", plan),
        work,
        f"The measurement of {plan.config.name}",
        len(names),
        [],
        line,
        CANCELLED,
        alike=False,
        patience=PATIENCE,
        slot=SLOT,
    )
    st.session_state[STATE] = jobs.begin(job, watch.me(), again=True)
    return None


def ended_early(seconds: float) -> str:
    """Why a measurement's process did not come to its end."""
    if seconds >= LONGEST_SECONDS:
        return f"Stopped after {LONGEST_SECONDS} seconds. What was measured until then is shown."
    return "The measurement ended early: most likely this machine ran out of memory. What was measured until then is shown."


def section(setting: Setting) -> None:
    """The button, the progress while it runs, and the table."""
    plan, job = plan_of(setting), st.session_state.get(STATE)
    st.markdown("#### Measured")
    st.caption(
        "The server builds a model of these sizes, runs it at this setting and measures: PyTorch’s FLOP counter on explicit products, "
        "saved-tensor hooks, and the lifetimes of all tensors (on a GPU the allocator’s peak). Always in float32 and without "
        "checkpointing; predicted for the same."
    )
    if job is not None and not job.over:
        follow(job)
        return
    label = f"Measure {plan.config.name} at {plan.image_size} / {plan.patch_size}, batch {plan.batch}"
    if st.button(label, key="measure", type="primary"):
        reason = start(plan)
        if reason:
            st.info(reason, icon=":material/info:")
        else:
            st.rerun()
    if job is not None:
        show(job, plan)


def follow(job: Job) -> None:
    """How far a measurement is, or how many come before it."""

    def running() -> Job | None:
        job.look(watch.me())
        return None if job.over else job

    watch.follow(running, head=lambda job: watch.progress(job, "measurement"), body=lambda: show_rows(job.value))


def show(job: Job, plan: Plan) -> None:
    """A finished measurement; it says so where the page has moved on."""
    watch.why_not(job)
    done = cast(Plan, job.key[1])
    if done != plan:
        kind = "training" if done.training else "inference"
        st.caption(
            f"Below: {done.config.name} at {done.image_size} / {done.patch_size}, batch {done.batch}, {kind}, {done.attention} attention."
        )
    show_rows(job.value)


def show_rows(rows: list[Row]) -> None:
    """The table, as far as it goes."""
    cells = [(row.name, number(row.predicted, row.unit), number(row.measured, row.unit), error(row)) for row in list(rows)]
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>" for line in cells)
    head = "<tr><th>quantity</th><th>predicted</th><th>measured</th><th>error of the prediction</th></tr>"
    if rows:
        st.html(f"<div class='vit-check'><table>{head}{body}</table></div>")


def number(value: float | None, unit: str) -> str:
    if value is None:
        return "—"
    return f"{value:,.4g}{UNITS[unit]}" if unit == "seconds" else f"{value:,.0f}{UNITS[unit]}"


def error(row: Row) -> str:
    if row.error is None:
        return "—"
    return "none: exact" if row.error == 0 else f"{row.error:+.2g}%"
