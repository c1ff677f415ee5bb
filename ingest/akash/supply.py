"""Providers of Akash: what they have leased out, what they say of themselves, and who signed for them."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final, TypeVar

from ingest.akash.escrow import Market, group_of, market
from ingest.cosmos.lcd import Lcd, NotFound
from ingest.fields import address, listed, once, own, some, text
from ingest.network import DAILY, HOURLY, Reading
from store.rows import Facts, Kind, Measure, frame, holdings, observation

PROVIDERS: Final = ("/akash/provider/v1beta4/providers", "/akash/provider/v1beta3/providers")
# Asked provider by provider: the list of all is read as another message by nodes since v1.0.0, and names nobody.
SIGNED: Final = tuple(f"/akash/audit/{version}/audit/attributes/{{}}/list" for version in ("v1", "v1beta3"))
# Attributes that say who stands behind a provider and where it is; e-mail addresses are not kept.
SELF_TOLD: Final = ("organization", "country", "location-region", "hosting-provider", "tier")
LONGEST_TEXT: Final = 10_000

Read = Callable[[Lcd], Facts]
T = TypeVar("T")


def resource(name: str) -> Read:
    """The reading of one leased resource: cpu, memory, storage or gpu."""

    def leased(node: Lcd) -> Facts:
        """What each provider has leased out: the resources that the orders of its running leases ask for (deployment
        groups), not what it has. Storage is ephemeral and persistent together.
        """
        amounts: dict[str, int] = {}
        for provider, units in _leased(market(node), name):
            amounts[provider] = amounts.get(provider, 0) + units
        rows = holdings(("providers", provider, units) for provider, units in amounts.items() if units)
        return Facts(rows, empty=True)

    return leased


def gpu_models(node: Lcd) -> Facts:
    """Leased GPUs by provider and the model that the order asks for (deployment groups): `a|b` where it takes either,
    any/any where it does not say.
    """
    now = market(node)
    units: dict[tuple[str, str], int] = {}
    for payment in now.leases():
        for model, count in now.groups[group_of(payment.lease)].gpus.items():
            units[payment.provider, model] = units.get((payment.provider, model), 0) + count
    rows = [
        observation(f"leased_gpu:{model}", node.block.time, count, "gpus", subject=provider)
        for (provider, model), count in sorted(units.items())
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=True)


def provider_text(node: Lcd) -> Facts:
    """What providers say of themselves on chain (provider module): address of the host, website, organization, country.
    Nobody checks it; see who signed for it.
    """

    def told(providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for one in once(providers, _owner) for row in _told(one, node.block.time)]

    return Facts(frame(Kind.OBSERVATIONS, _providers(node, told)), empty=True)


def _told(provider: dict[str, Any], time: datetime) -> Iterator[dict[str, Any]]:
    said = {"host_uri": text(provider, "host_uri"), "website": text(provider, "info", "website")}
    said |= {key: value for key, value in _attributes(provider) if key in SELF_TOLD}
    for name, words in said.items():
        if words:
            yield _said(time, name, _owner(provider), words)


def audits(node: Lcd) -> Facts:
    """Which auditors signed attributes of which providers (audit module, asked for each provider): an order that
    demands an auditor's signature can only be won by those.
    """
    time = node.block.time
    providers = _providers(node, lambda rows: sorted(_owner(row) for row in once(rows, _owner)))
    rows = [
        _said(time, f"audited_by:{auditor}", provider, ", ".join(names))
        for provider in providers
        for auditor, names in _signatures(node, provider)
    ]
    return Facts(frame(Kind.OBSERVATIONS, rows), empty=True)


def _signatures(node: Lcd, provider: str) -> list[tuple[str, list[str]]]:
    """Who signed for a provider, and which of its attributes; where nobody did the chain says that it is not found."""

    def told(body: dict[str, Any]) -> list[tuple[str, list[str]]]:
        signed = own(some(body, "providers"), provider, "owner")
        once(signed, lambda row: address(row, "auditor"))
        return [(address(row, "auditor"), sorted(dict(_attributes(row)))) for row in signed]

    try:
        return node.first([path.format(provider) for path in SIGNED], told)[1]
    except NotFound:
        return []


def _leased(now: Market, name: str) -> Iterator[tuple[str, int]]:
    for payment in now.leases():
        group = now.groups[group_of(payment.lease)]
        yield payment.provider, sum(group.gpus.values()) if name == "gpu" else getattr(group, name)


def _providers(node: Lcd, judge: Callable[[list[dict[str, Any]]], T]) -> T:
    return node.pages(node.first_list(PROVIDERS, "providers"), "providers", judge)


def _owner(provider: dict[str, Any]) -> str:
    return address(provider, "owner")


def _attributes(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for attribute in listed(row, "attributes"):
        yield text(attribute, "key"), text(attribute, "value")


def _said(time: datetime, name: str, subject: str, words: str) -> dict[str, Any]:
    """Text of a stranger, stored as it came; what looks like a number stays text."""
    return observation(name, time, words[:LONGEST_TEXT], "", subject=subject)


RESOURCES: Final = {"cpu": "millicores", "memory": "bytes", "storage": "bytes", "gpu": "gpus"}

READINGS: Final = (
    *(
        Reading(f"leased_{name}", Kind.HOLDINGS, Measure.COMPUTE_SUPPLY, unit, HOURLY, resource(name))
        for name, unit in RESOURCES.items()
    ),
    Reading("leased_gpu_models", Kind.OBSERVATIONS, None, "", HOURLY, gpu_models, newest_only=True),
    Reading("provider_text", Kind.OBSERVATIONS, None, "", DAILY, provider_text, newest_only=True),
    Reading(
        "provider_audits",
        Kind.OBSERVATIONS,
        None,
        "",
        DAILY,
        audits,
        newest_only=True,
        names=("audited_by:<address>",),
    ),
)

# What the readings tell, for the dictionary of facts: name, of whom, unit, meaning.
TELLS: Final = """
resource:
  providers | <address> | | providers, with what their running leases ask for
gpu_models:
  leased_gpu:<model> | <address> | gpus | leased GPUs of a provider by vendor and model; a|b where an order takes either, any where it takes all
provider_text:
  host_uri | <address> | | where a provider says it can be reached
  website | <address> | | website that a provider names
  organization | <address> | | organization that a provider names
  country | <address> | | country that a provider names
  location-region | <address> | | region that a provider names
  hosting-provider | <address> | | hosting provider that a provider names
  tier | <address> | | tier that a provider names
audits:
  audited_by:<address> | <address> | | attributes of a provider that this auditor signed
"""  # noqa: E501 - a row each
