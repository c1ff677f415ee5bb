"""Cite and reproduce: under the numbers of a part of a page, what to write of them and how anybody gets them again."""

from collections.abc import Callable, Sequence
from shlex import quote
from typing import Final

import streamlit as st

from questions import cited
from questions.cited import Cited, Found, NotCited, Origin
from store.mart import current
from ui import inert, served, words

LABEL: Final = "Cite and reproduce"
# So many are chosen from in sight; more are a menu.
IN_SIGHT: Final = 8
LONGEST: Final = 600
# What is read of one snapshot is cited by it; what rests on many names the first of them and how many more there are.
NAMED: Final = 3


def under(sentence: str, numbers: Callable[[], Sequence[Cited]], *, key: str, note: str = "") -> None:
    """A closed part below a sentence, some cards or a chart; what is in it is asked for when somebody opens it.

    numbers: those that stand above it. note: how what stands above follows from them, where it is none of them itself.
    """
    with st.expander(LABEL, key=f"cite-{key}", on_change="rerun", icon=":material/format_quote:") as part:
        if part.open:
            if note:
                st.caption(note)
            _told(sentence, cited.written(numbers()), key)


def _told(sentence: str, numbers: Sequence[Cited], key: str) -> None:
    """One number in full: the citation, the statement that gives it, and how it is computed again from landing."""
    if not numbers:
        st.caption("No number stands here: what could not be read is none.")
        return
    called = [f"{inert.plain(one.said)}: {inert.plain(one.shown)}" for one in numbers]
    places = list(range(len(numbers)))
    if len(numbers) == 1:
        chosen = 0
    elif len(numbers) <= IN_SIGHT:
        told = [inert.markdown(one) for one in called]
        chosen = int(
            st.pills("Number", places, format_func=told.__getitem__, default=0, required=True, key=f"which-{key}") or 0
        )
    else:
        chosen = int(st.selectbox("Number", places, format_func=called.__getitem__, key=f"which-{key}"))
    one = numbers[chosen]
    found = served.asked(cited.found, one.origin)
    if found is None:
        st.caption("The mart that is served now no longer has this number.")
        return
    address = permalink(one.origin)
    st.code(
        citation(inert.plain(sentence, LONGEST), called[chosen], one, found, address), language=None, wrap_lines=True
    )
    mart = current(served.folder()).name
    st.caption(f"To the last digit, in the plain duckdb program, on the file of the page Data and method: `{mart}`.")
    # In one colour: those of Streamlit for SQL and for a shell are too pale to be read by all, in the light above all.
    st.code(cited.sql(one.origin), language=None, wrap_lines=True)
    st.caption("Computed again from what landed, with this program; `--node` asks a node that still has the block.")
    st.code(f"python -m ingest verify {quote(address)}", language=None, wrap_lines=True)


def permalink(origin: Origin) -> str:
    """The open page's own address with the number in it."""
    address = (st.context.url or "").partition("?")[0].partition("#")[0]
    return cited.link(address, st.query_params.to_dict(), origin)


def citation(sentence: str, called: str, one: Cited, found: Found, address: str) -> str:
    """All that a reader of the citation needs to find the number again, as plain text."""
    lines = [
        f"DeAI Observatory: {sentence.rstrip('.')}.",
        f"{called} (exactly {exactly(found.value)}).",
        *_read(found),
        "; ".join(_versions(one, found)),
        address,
    ]
    return "\n".join(line for line in lines if line)


def exactly(value: float | int | str | None) -> str:
    """A number to its last digit."""
    return words.MISSING if value is None else str(value) if isinstance(value, str) else repr(value)


def _read(found: Found) -> list[str]:
    """Where it was read: chain, block, hash and the hash of what landed, of each snapshot that it rests on."""
    rows = found.snapshots.to_dicts()
    told = [
        f"Read of {inert.plain(row['network'])}, chain {inert.plain(row['chain_id'])}, {inert.plain(row['reading'])}, "
        f"block {row['height']}, hash {inert.plain(row['hash'], 80) or 'none'}, {words.moment(row['time'])}; "
        f"landing sha256 {row['sha256']}"
        for row in rows[:NAMED]
    ]
    more = len(rows) - NAMED
    told += [f"and {words.several(more, 'snapshot')} more"] if more > 0 else []
    return [*told, *["SIMULATED: no number here is of a real network."] * any(row["simulated"] for row in rows)]


def _versions(one: Cited, found: Found) -> list[str]:
    """The version of the formula, of the labels where these count, and how parties are counted."""
    told = [f"method {found.method_version}"] * bool(found.method_version)
    told += [f"labels {found.labels_version}"] * bool(found.labels_version)
    return told + [f"parties counted under {one.origin.grouping}"] * bool(one.origin.grouping)


def asked() -> None:
    """What the link cites by which a reader came, as the mart has it; the page itself shows what is newest."""
    written = st.query_params.get(cited.CITE)
    if not written:
        return
    try:
        origin = cited.parsed(written)
    except NotCited as reason:
        st.caption(f"The link cites nothing that is known here: {inert.markdown(str(reason), 200)}.")
        return
    found = served.asked(cited.found, origin)
    if found is None:
        st.caption("The number that the link cites is no longer in what is served here; landing may still have it.")
        return
    at = f" at {words.block(origin.height)}" if origin.height is not None else ""
    st.caption(
        f"The link cites {inert.markdown(origin.metric)}{f' of {inert.markdown(origin.of)}' if origin.of else ''}"
        f"{at}: **{inert.markdown(exactly(found.value))}**. Below stands what is newest."
    )
