"""Signatures of archives by OpenSSH keys: `ssh-keygen -Y sign` and `verify`, which every machine with SSH has.

A signature is of a datapackage.json, which has the hash of every file; so it is one of all that the archive has.
"""

import os
import subprocess
from pathlib import Path
from typing import Final

from store.faults import BadData

# What a signature is good for: one that was made for something else does not hold here.
NAMESPACE: Final = "deai-archive"
SECONDS: Final = 60


class NotSigned(Exception):
    """A signature could not be made, or there is no program to make or to prove one."""


def signature(content: bytes, key: Path) -> bytes:
    """A signature by a private key, or by the agent that has that of a public one; nobody is asked for a passphrase.

    Raises NotSigned.
    """
    made = _keygen(["-Y", "sign", "-n", NAMESPACE, "-f", str(key)], content)
    if made.returncode:
        raise NotSigned(f"not signed with {key}: {_last(made.stderr)}")
    return made.stdout


def signer(content: bytes, signature: Path, signers: Path) -> str:
    """Whose signature it is, by a file of allowed signers; raises BadData where it is nobody's of these, NotSigned."""
    named = _keygen(["-Y", "find-principals", "-f", str(signers), "-s", str(signature)], b"")
    who = named.stdout.decode(errors="replace").partition("\n")[0]
    if named.returncode or not who:
        raise BadData(f"no signer that {signers} allows: {_last(named.stderr)}")
    told = ["-f", str(signers), "-I", who, "-n", NAMESPACE, "-s", str(signature)]
    proved = _keygen(["-Y", "verify", *told], content)
    if proved.returncode:
        raise BadData(f"the signature of {who} does not hold: {_last(proved.stdout + proved.stderr)}")
    return who


def _keygen(arguments: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    # Without a terminal and without a window there is nobody to be asked for a passphrase.
    alone = {**os.environ, "SSH_ASKPASS_REQUIRE": "never"}
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=given,
            capture_output=True,
            check=False,
            timeout=SECONDS,
            env=alone,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise NotSigned("ssh-keygen is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise NotSigned(f"ssh-keygen did not end within {SECONDS} s") from error


def _last(said: bytes) -> str:
    """The last line of what a program says."""
    return said.decode(errors="replace").strip().rpartition("\n")[2] or "it does not say why"
