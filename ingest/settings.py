"""What the environment sets for a run; what cannot be meant is told by the command line as wrong usage."""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

MEMORY: Final = "DEAI_MEMORY"
SITE_AT: Final = "DEAI_SITE_AT"
SIGNERS: Final = "DEAI_SIGNERS"
BYTES: Final = {"M": 10**6, "MI": 2**20, "G": 10**9, "GI": 2**30, "T": 10**12, "TI": 2**40}
# What a container may take, where it may not take all: of control groups version 2, and of version 1.
CONTAINER: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


class WrongSetting(Exception):
    """An environment variable holds what cannot be meant."""


def above_zero(variable: str, usual: float) -> float:
    """The number that is set, else the usual one; raises WrongSetting where it is no number above 0."""
    told = os.environ.get(variable, str(usual))
    try:
        found = float(told)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise WrongSetting(f"{variable}: {told!r} is no number above 0")
    return found


def site_address() -> str:
    """Under which address the files of each publish are served, with a slash at its end; empty where nobody told.

    Raises WrongSetting where it is none that readers can follow.
    """
    told = os.environ.get(SITE_AT, "")
    if told and not re.fullmatch(r"https?://[\w.-]+(:[0-9]+)?(/[\w./~-]*)?", told, re.ASCII):
        raise WrongSetting(f"{SITE_AT}: {told!r} is no address such as https://example.org/data/")
    return f"{told.rstrip('/')}/" if told else ""


def signers() -> Path | None:
    """The file of those who may sign archives; None where nobody told. Raises WrongSetting where there is none."""
    told = os.environ.get(SIGNERS, "")
    if told and not Path(told).is_file():
        raise WrongSetting(f"{SIGNERS}: there is no file {told!r}")
    return Path(told) if told else None


def memory() -> int:
    """Bytes that the database of a build may take: what is set, else a quarter of what there is.

    Raises WrongSetting where it is no size.
    """
    told = os.environ.get(MEMORY)
    if told is None:
        return _machine() // 4
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([MGT]I?)B", told.strip().upper())
    if not found or not (size := int(float(found[1]) * BYTES[found[2]])):
        raise WrongSetting(f"{MEMORY}: {told!r} is no size such as 1GB or 512MB")
    return size


def _machine() -> int:
    """Bytes of memory that this machine has, or the container that this process is in."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in CONTAINER:
        # Without a limit there is no file, or the word max in it.
        with suppress(OSError, ValueError):
            limits.append(int(path.read_text()))
    return min(limits)
