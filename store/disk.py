"""Writing files whole or not at all, and what a disk says that is full or fails."""

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Final

# Of the disk itself; what else keeps a file from being written is a wrong setting. Calls that are interrupted (EINTR)
# are made again by Python and Polars, but for renames and removals, on disks that are far away.
FAULTS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EINTR)

CHUNK: Final = 2**20


def replace(path: Path, content: bytes | memoryview) -> None:
    """Give a file this content: all of it or nothing, even after a power loss; a failure leaves nothing behind."""
    _replace(path, [content], os.fsync)
    sync_folder(path.parent)


def remake(path: Path, content: bytes) -> None:
    """Give a file this content, all of it or nothing; one that a power loss tears must be one that is made again."""
    _replace(path, [content], lambda _: None)


def copy(source: Path, path: Path) -> None:
    """Give a file the content of another one, however large: all of it or nothing, even after a power loss."""
    with source.open("rb") as file:
        _replace(path, iter(partial(file.read, CHUNK), b""), os.fsync)
    sync_folder(path.parent)


def _replace(path: Path, parts: Iterable[bytes | memoryview], synced: Callable[[int], None]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two threads may make the same part of a reading, each in a file of its own.
    temporary = path.with_name(f"{path.name}.{threading.get_ident()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.writelines(parts)
            file.flush()
            synced(file.fileno())
        temporary.rename(path)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power loss."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refuse_full(folder: Path, needed: int) -> None:
    """Raise OSError where a folder's disk has not so many bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        told = f"{needed / 2**20:.0f} MiB are needed, {free / 2**20:.0f} MiB are free"
        raise OSError(errno.ENOSPC, f"{os.strerror(errno.ENOSPC)}: {told}", str(folder))


def fault(error: Exception, folder: Path) -> OSError:
    """What a database says of a disk that is full or fails, as the error that Python has for it."""
    text = str(error).partition("\n")[0]
    number = next((one for one in FAULTS if os.strerror(one) in text), errno.EIO)
    return OSError(number, text, str(folder))
