"""The measurement beside the prediction: run in a process of its own, which a person can cancel, one at a time on this server."""

import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from typing import IO

import streamlit as st

from ui.kit.places import ROOT
from ui.memory_scaling.setting import Setting
from vit_core.cost.compare import LONGEST_SECONDS, Plan, Row, free_bytes, refusal, stages

STATE, SLOT = "_measurement", threading.Lock()
UNITS = {"bytes": " bytes", "seconds": " s", "": ""}
running: list["Job"] = []


@dataclass
class Job:
    """A measurement under way or done; its process writes a line of JSON for each stage."""

    plan: Plan
    process: subprocess.Popen
    output: IO[bytes]
    started: float = field(default_factory=time.monotonic)
    cancelled: bool = False

    @property
    def over(self) -> bool:
        return self.process.poll() is not None

    def rows(self) -> list[Row]:
        """What has been measured so far."""
        self.output.seek(0)
        lines = self.output.read().decode().split("\n")[:-1]
        return [Row(**json.loads(line)) for line in lines]

    def cancel(self) -> None:
        self.cancelled = True
        self.process.kill()
        self.process.wait()

    def outcome(self) -> str | None:
        """A sentence where it did not come to its end."""
        if self.cancelled:
            return "Cancelled. What was measured until then is shown."
        if self.process.returncode == 0:
            return None
        if time.monotonic() - self.started >= LONGEST_SECONDS:
            return f"Stopped after {LONGEST_SECONDS} seconds. What was measured until then is shown."
        return "The measurement ended early: most likely this machine ran out of memory. What was measured until then is shown."


def plan_of(setting: Setting) -> Plan:
    """What the page's setting means on this machine: float32, no checkpointing."""
    options = setting.options
    keeps = options.get("keep_trace", True)
    return Plan(setting.config, setting.image_size, setting.patch_size, setting.batch, setting.trains, options["attention"], keeps)


def start(plan: Plan) -> str | None:
    """Start measuring; a sentence if that cannot be."""
    with SLOT:
        running[:] = [job for job in running if not job.over]
        if running:
            return "Another measurement is running on this server; wait a moment and press again."
        reason = refusal(plan, free_bytes())
        if reason:
            return reason
        output = tempfile.TemporaryFile()  # noqa: SIM115 (it lives as long as the job)
        command = [sys.executable, "-m", "vit_core.cost.compare", plan.to_json()]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL)
        job = Job(plan, process, output)
        running.append(job)
        st.session_state[STATE] = job
    return None


def section(setting: Setting) -> None:
    """The button, the progress while it runs, and the table."""
    plan, job = plan_of(setting), st.session_state.get(STATE)
    st.markdown("#### Measured")
    st.caption(
        "The server builds a model of these sizes, runs it at this setting and measures: PyTorch’s FLOP counter on explicit products, "
        "saved-tensor hooks, and the lifetimes of all tensors (on a GPU the allocator’s peak). Always in float32 and without checkpointing; "
        "predicted for the same."
    )
    if job is not None and not job.over:
        watch()
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


@st.fragment(run_every=0.7)
def watch() -> None:
    """What has been measured so far, and a way to stop."""
    job = st.session_state[STATE]
    if job.over:
        st.rerun()
    names, rows = list(stages(job.plan)), job.rows()
    at = names[min(len(rows), len(names) - 1)]
    st.progress(len(rows) / len(names), f"Measuring {job.plan.config.name}: {at} ({len(rows)} of {len(names)} done)")
    if st.button("Cancel", key="cancel measurement"):
        job.cancel()
        st.rerun()
    show_rows(rows)


def show(job: Job, plan: Plan) -> None:
    """A finished measurement; it says so where the page has moved on."""
    said = job.outcome()
    if said:
        st.info(said, icon=":material/info:")
    done = job.plan
    if done != plan:
        kind = "training" if done.training else "inference"
        st.caption(
            f"Below: {done.config.name} at {done.image_size} / {done.patch_size}, batch {done.batch}, {kind}, {done.attention} attention."
        )
    show_rows(job.rows())


def show_rows(rows: list[Row]) -> None:
    """The table, as far as it goes."""
    cells = [(row.name, number(row.predicted, row.unit), number(row.measured, row.unit), error(row)) for row in rows]
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
