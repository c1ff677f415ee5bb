"""One test of many small cases: pytest's own work for a test is a hundred times that of such a case."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from tests.worlds.examples import few

Test = Callable[..., None]


def each(
    names: str | tuple[str, ...], cases: Iterable[Any], ids: Callable[[Any], object] | None = None
) -> Callable[[Test], Test]:
    """As pytest.mark.parametrize, but within one test, in which every case is tried and each that fails is named.

    Fixtures are shared by the cases. Of a table (pytest.mark.table) a fast run tries a few.
    `ids` says how a value is called; what it calls nothing is written out.
    """
    given = [names] if isinstance(names, str) else list(names)
    rows = [(case,) if len(given) == 1 else tuple(case) for case in cases]

    def called(value: object) -> str:
        return str(ids(value) or "") if ids else repr(value)[:200]

    def around(test: Test) -> Test:
        @wraps(test)
        def tried(**fixtures: Any) -> None:
            failed = []
            table = any(mark.name == "table" for mark in getattr(tried, "pytestmark", ()))
            for row in few(rows) if table else rows:
                try:
                    test(**fixtures, **dict(zip(given, row, strict=True)))
                except Exception as error:  # noqa: BLE001 - whatever fails is told with all else that does
                    error.add_note(f"case {', '.join(map(called, row))}")
                    failed.append(error)
            if failed:
                raise ExceptionGroup(f"{len(failed)} of {len(rows)} cases", failed)

        asked = inspect.signature(test)
        left = [one for name, one in asked.parameters.items() if name not in given]
        assert len(left) == len(asked.parameters) - len(given), f"{test.__name__} does not take {given}"
        assert rows, f"{test.__name__} has no case"
        tried.__signature__ = asked.replace(parameters=left)  # type: ignore[attr-defined]
        return tried

    return around
