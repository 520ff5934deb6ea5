"""The practice page: the choice of demonstrations, the open one’s picture, and the table of its results."""

import streamlit as st

from ui.kit.components import component
from ui.kit.tabs import tab_choice
from ui.practice import distil, payload, runs, setting, ways, words
from ui.practice.setting import DEMOS, Place
from ui.state import session
from ui.work import watch
from ui.work.job import Macs


def tabs() -> None:
    """The choice of demonstrations; only the open one is computed."""
    tab_choice("Demonstration", DEMOS, setting.place().demo, setting.choose, "demonstration")


def strategy(place: Place) -> None:
    """The open strategy in one sentence."""
    st.markdown(words.WHAT[place.demo])


def said(place: Place) -> list[str]:
    """What the page says in words around the open strategy's picture."""
    found = [f"{DEMOS[place.demo]}. {words.WHAT[place.demo].replace('**', '')}"]
    return found if place.demo in setting.COMPARED else [*found, words.READ[place.demo].replace("`", ""), *published(place)]


def published(place: Place) -> list[str]:
    """What is published about the open strategy, each with its sources."""
    return [f"{''.join(text for text, _ in item['parts'])} ({'; '.join(item['sources'])})" for item in words.published(place.demo)]


def stage(place: Place) -> None:
    """The open strategy's picture."""
    try:
        if place.demo == "distil":
            choose_teacher(place)
        kind, macs, build = payload.stage(place)
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return

    def draw(data: bytes) -> None:
        if place.demo in setting.SCALED:
            component("practice_scales")(key="practice_scales", data=data)
        else:
            component("practice")(key="practice", data=data)

    alone = place.demo not in setting.SCALED  # there, formulas and checks take what was run
    watch.payload("practice", kind, Macs(macs), build, draw, words.RUNS[place.demo], alone=alone)


def choose_teacher(place: Place) -> None:
    """Who teaches: any other model."""
    names = distil.teachers()
    if names:
        st.session_state["teacher"] = distil.teacher_of(place)
        st.selectbox(
            "Teacher",
            list(names),
            format_func=names.__getitem__,
            key="teacher",
            on_change=lambda: setting.change(t=st.session_state["teacher"]),
        )


def results(place: Place) -> None:
    """The table, filled as the runs come in; of the others, what they are and what is published, for their stage holds all results."""
    if place.demo not in setting.COMPARED:
        st.markdown(words.READ[place.demo])
        for text in published(place):
            st.markdown(text)
        return
    compared = ways.ways(place)

    def show(found: list[runs.Outcome]) -> None:
        component("practice_results")(key="practice_results", data=results_data(found, place))

    runs.follow(place, compared, show)


def results_data(found: list[runs.Outcome], place: Place) -> dict:
    """What the table is sent."""
    chosen = session.current()
    rows = runs.rows(found, place)
    itself = next(row for row in rows if row["now"]) if place.demo in ("patches", "sizes") else rows[0]
    about = {
        "read": words.READ[place.demo],
        "more": words.MORE.get(place.demo, ""),
        "published": words.published(place.demo),
    }
    own = f"{chosen.image_size} / {chosen.patch_size}, in fp32, with all tokens and full attention"
    return {"demo": place.demo, "rows": rows, "own": own, "picture": session.picture_title(), "itself": itself["ratio"], **about}
