"""Endpoints of one chain: which there are, and which is asked next."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlsplit

from ingest.allowance import Exhausted
from ingest.settings import WrongSetting
from store.rows import SourceDown

T = TypeVar("T")


class Rotation:
    """Endpoints of one chain, the best first; one that fails goes to the end of the line."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._endpoints = list(dict.fromkeys(endpoints))

    @property
    def first(self) -> str:
        """The endpoint that is asked first."""
        return self._endpoints[0]

    @property
    def endpoints(self) -> tuple[str, ...]:
        """All endpoints, the best first."""
        return tuple(self._endpoints)

    def ask(self, question: Callable[[str], T]) -> T:
        """The first endpoint's answer that is not SourceDown; raises SourceDown with every endpoint's reason."""
        reasons = []
        for endpoint in self.endpoints:
            try:
                return question(endpoint)
            except Exhausted:
                # No endpoint can answer what may not be asked.
                raise
            except SourceDown as error:
                reasons.append(str(error))
                self._endpoints.remove(endpoint)
                self._endpoints.append(endpoint)
        raise SourceDown("; ".join(reasons) or "no endpoint is configured")


def named(variable: str) -> tuple[str, ...]:
    """The addresses that an environment variable names, separated by commas; none where it is not set.

    Raises WrongSetting where one cannot be an endpoint; it may hold a key, so it is not repeated.
    """
    found = tuple(address.strip() for address in os.environ.get(variable, "").split(",") if address.strip())
    for number, address in enumerate(found, 1):
        if not _is_endpoint(address):
            raise WrongSetting(
                f"{variable}: address {number} must be http://HOST[:PORT][/PATH] or https://..., without ? or #"
            )
    return found


def _is_endpoint(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and not {"?", "#"} & set(address)
