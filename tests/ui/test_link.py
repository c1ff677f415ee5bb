"""A choice is in the page's address, and an address that names what is not here is answered."""

from datetime import date

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    from datetime import date

    import streamlit as st

    from ui import link

    link.respell("net", lambda asked: {"old": "two"}.get(asked, asked))
    net = link.choice("Network", ["one", "two"], str.upper, key="net")
    side = link.segments("Side", {"buy": "Buy", "sell": "Sell"}, key="side", default="buy")
    who = link.several("Who", ["a", "b", "c"], str.upper, key="who", default=["a"])
    with st.form("part of it"):
        part = link.slid_or_typed("Part", 1.0, 9.0, key="part", default=5.0, step=0.5)
        st.form_submit_button("Apply", on_click=link.settle, args=("part", 5.0))
    many = link.number("Many", 1, 99, key="many", default=2)
    usual = {"from": date(2026, 6, 1), "to": date(2026, 7, 1)}
    days = link.days({"from": "From", "to": "To"}, date(2009, 1, 1), date(2026, 8, 1), default=usual)
    link.pin("kept", "always")
    st.text(f"{net} {side} {','.join(who)} {part:g}")
    st.text(" ".join(map(str, days)))
    st.text(f"{many}")


def opened(**query: str) -> AppTest:
    test = AppTest.from_function(page)
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    assert not test.exception
    return test


def said(shown: AppTest) -> dict[str, str]:
    return {key: value if isinstance(value, str) else value[0] for key, value in shown.query_params.items()}


def test_without_a_word_the_first_is_shown_and_the_address_stays_short() -> None:
    shown = opened()
    assert shown.text[0].value == "one buy a 5"
    assert said(shown) == {"kept": "always"}
    shown.selectbox(key="net").set_value("two").run()
    shown.multiselect(key="who").set_value(["b", "c"]).run()
    shown.slider(key="part").set_value(7)
    shown.button[0].click().run()
    assert shown.text[0].value == "two buy b,c 7"
    assert said(shown) == {"kept": "always", "net": "two", "who": "b,c", "part": "7"}


def test_what_the_address_says_is_shown_also_in_an_old_spelling() -> None:
    shown = opened(net="old", side="sell", who="b,c", part="2")
    assert shown.text[0].value == "two sell b,c 2"
    assert not shown.toast


@pytest.mark.slow
def test_what_is_not_here_is_told_and_the_usual_is_shown() -> None:
    shown = opened(net="gone", side="lost", who="x,b", part="99")
    assert shown.text[0].value == "one buy b 5"
    assert sorted(one.value.split("'")[1] for one in shown.toast) == ["99", "gone", "lost", "x"]
    assert opened(part="many").text[0].value == "one buy a 5"


def test_back_and_forth_show_what_was_shown_there() -> None:
    shown = opened(side="sell")
    shown.selectbox(key="net").set_value("two").run()
    shown.multiselect(key="who").set_value(["b", "c"]).run()
    shown.slider(key="part").set_value(7)
    shown.button[0].click().run()
    after = said(shown)
    for key in ("net", "who", "part"):
        del shown.query_params[key]
    shown.run()
    assert shown.text[0].value == "one sell a 5"
    assert said(shown) == {"kept": "always", "side": "sell"}
    for key, value in after.items():
        shown.query_params[key] = value
    shown.run()
    assert shown.text[0].value == "two sell b,c 7"


def test_a_choice_after_going_back_holds() -> None:
    shown = opened(net="two")
    shown.query_params["net"] = "one"
    shown.run()
    shown.selectbox(key="net").set_value("two").run()
    shown.slider(key="part").set_value(7)
    shown.button[0].click().run()
    assert shown.text[0].value == "two buy a 7"


def test_of_two_days_the_address_has_both_or_none_and_back_takes_back_both() -> None:
    shown = opened()
    assert shown.text[1].value == "2026-06-01 2026-07-01"
    shown.date_input(key="from").set_value(date(2024, 2, 29)).run()
    assert said(shown) == {"kept": "always", "from": "2024-02-29", "to": "2026-07-01"}
    for key in ("from", "to"):
        del shown.query_params[key]
    shown.run()
    assert shown.text[1].value == "2026-06-01 2026-07-01"
    assert said(shown) == {"kept": "always"}


@pytest.mark.parametrize("asked", ["2027-01-01", "1 Jun 2026", "2026-02-30", ""])
def test_a_day_that_is_none_is_told_and_the_usual_is_shown(asked: str) -> None:
    shown = opened(**{"from": asked, "to": "2026-07-02"})
    assert shown.text[1].value == "2026-06-01 2026-07-02"
    assert [one.value.split("'")[1].replace("\\", "") for one in shown.toast] == [asked]


def test_a_number_is_slid_or_typed_and_both_say_the_same_when_it_is_applied() -> None:
    shown = opened(many="7")
    assert shown.text[2].value == "7"
    shown.number_input(key="part typed").set_value(2.5)
    assert shown.text[0].value.endswith(" 5")
    shown.button[0].click().run()
    assert shown.text[0].value.endswith(" 2.5")
    assert (shown.slider(key="part").value, said(shown)["part"]) == (2.5, "2.5")
    shown.slider(key="part").set_value(8.0)
    shown.button[0].click().run()
    assert shown.text[0].value.endswith(" 8")
    assert shown.number_input(key="part typed").value == 8.0
    # Back: both say what the address says.
    shown.query_params["part"] = "2.5"
    shown.run()
    assert (shown.slider(key="part").value, shown.number_input(key="part typed").value) == (2.5, 2.5)


def test_of_a_number_typed_and_slid_at_once_the_typed_one_counts() -> None:
    shown = opened(part="3")
    shown.slider(key="part").set_value(8.0)
    shown.number_input(key="part typed").set_value(4.0)
    shown.button[0].click().run()
    assert (shown.slider(key="part").value, said(shown)["part"]) == (4.0, "4")


def test_a_day_that_is_emptied_is_the_one_before() -> None:
    shown = opened(**{"from": "2026-05-04", "to": "2026-07-01"})
    shown.date_input(key="from").set_value(None).run()
    assert not shown.exception
    assert shown.text[1].value == "2026-05-04 2026-07-01"
    assert not shown.date_input(key="from").proto.required
