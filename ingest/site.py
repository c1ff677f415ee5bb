"""The files of each publish: written beside the mart by whoever published it."""

from pathlib import Path

from files.site import write
from ingest.settings import site_address
from store.mart import opened, site_folder


def write_site(data: Path) -> None:
    """Write what the current mart of a data folder says, and what has changed; its lock must be held."""
    with opened(data) as mart:
        write(mart, site_folder(data), site_address())
