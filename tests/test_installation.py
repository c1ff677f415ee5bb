"""What an installation is promised: hashes, an old Python told at once, an image without data and without root."""

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import ROOT

LOCKED = ("requirements.txt", "requirements-archive.txt", "requirements-dev.txt", "requirements-bench.txt")


@pytest.mark.parametrize("file", LOCKED)
def test_every_package_has_a_version_and_hashes(file: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^#.*\n", "", (ROOT / file).read_text()))
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[\w.\-]+(\[[\w,\-]+\])?==[\w.+]+( ; [^\\]+)? \\\n", entry), entry[:200]
        assert "--hash=sha256:" in entry


def test_nothing_is_installed_without_its_hash() -> None:
    for file in ("Makefile", "Dockerfile"):
        # A command may go over several lines.
        installs = re.findall(r"pip install [^&\n]*", (ROOT / file).read_text())
        assert installs
        assert [one for one in installs if "--require-hashes" not in one] == []


@pytest.mark.parametrize("target", ["run", "test", "check"])
def test_an_old_python_is_told_in_one_line_before_anything_is_made(target: str, tmp_path: Path) -> None:
    for file in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / file, tmp_path)
    old = tmp_path / "python3.10"
    old.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "sys.version_info = (3, 10, 13)\n"
        "assert sys.argv[1] == '-c', 'only asked for its version'\n"
        "exec(sys.argv[2])\n"
    )
    old.chmod(0o755)
    # Not as a part of the `make` that runs these tests.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ended = subprocess.run(
        ["make", "--silent", target, f"PYTHON={old}"],
        cwd=tmp_path,
        env=alone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    said, make = ended.stderr.splitlines()
    assert said == f"Python 3.11 or newer is needed, {old} is 3.10: make PYTHON=python3.11"
    assert make.startswith("make:")
    assert not (tmp_path / ".venv").exists()


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as instructions with their arguments, lines joined."""
    joined = re.sub(r"\\\n", "", re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text()))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def test_the_image_runs_as_nobody_special_and_tells_its_health() -> None:
    told = instructions()
    users = [rest for word, rest in told if word == "USER"]
    assert users
    assert users[-1] not in {"root", "0"}
    words = [word for word, _ in told]
    assert words.index("USER") < words.index("CMD")
    (health,) = [rest for word, rest in told if word == "HEALTHCHECK"]
    # Unknown addresses answer 200 too: the body is what counts.
    assert "/_stcore/health" in health
    assert "!= b'ok'" in health


@pytest.mark.parametrize(
    "path", ["data/landing/x.parquet", "data/CURRENT", ".venv/bin/python", ".git/config", "build/nodes/simd"]
)
def test_the_image_takes_neither_data_nor_environments(path: str) -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    parts = path.split("/")
    heads = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    assert any(fnmatch(head, rule) for head in heads for rule in rules if not rule.startswith("!"))
    assert "!data/reference" in rules
