"""Parts of a page that wait, each for something that is there a moment later (`?ends=0.5,0.8,…`, seconds), and then stand still."""

import sys
import time
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from ui.work import watch
from ui.work.job import Job

began = st.session_state.setdefault("began", time.monotonic())


def part(number: int, end: float) -> None:
    """One that waits until `end`."""

    def running() -> Job | None:
        return Job(("part", number), None) if time.monotonic() - began < end else None

    def body() -> None:
        time.sleep(0.02)
        st.text(f"part {number}")

    watch.follow(running, head=lambda _: st.html("<p class='vit-waiting'>Waiting …</p>"), body=body, at_end=watch.stand_still, every=0.1)


st.title("Parts")
for number, end in enumerate(float(end) for end in st.query_params["ends"].split(",")):
    part(number, end)
