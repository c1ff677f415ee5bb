"""CuPy is taken only when it is installed, a device is there and one kernel ran; else the reason is kept."""

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from analytics.spread.backend import NUMPY, BackendUnavailable, backend, working_cupy


class CompileFailed(Exception):
    """As CuPy's own CompileException: no RuntimeError."""


@pytest.fixture(autouse=True)
def probed_afresh() -> Iterator[None]:
    working_cupy.cache_clear()
    yield
    working_cupy.cache_clear()


def fake_cupy(*, device: bool, arange: Any = np.arange) -> ModuleType:
    """A module that looks like CuPy to the probe."""
    cupy = ModuleType("cupy")
    compiler = SimpleNamespace(CompileException=CompileFailed)
    vars(cupy).update(cuda=SimpleNamespace(is_available=lambda: device, compiler=compiler), arange=arange)
    return cupy


def failing(error: Exception) -> Any:
    """An arange whose kernel fails."""

    def arange(_: int) -> None:
        raise error

    return arange


def test_numpy_computes_where_cupy_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    found = backend()
    assert found.name == "numpy"
    assert "not installed" in found.reason


def test_numpy_computes_where_cupy_finds_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(device=False))
    assert backend().name == "numpy"
    assert backend().reason == "CuPy finds no CUDA device"


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("cudaErrorInsufficientDriver"),
        CompileFailed("nvrtc: cannot open cuda_fp16.h"),
        OSError("libnvrtc.so.12: cannot open shared object file"),
    ],
)
def test_numpy_computes_where_the_first_kernel_fails(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(device=True, arange=failing(error)))
    assert backend().name == "numpy"
    assert str(error) in backend().reason


def test_a_kernel_that_computes_nonsense_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(device=True, arange=np.zeros))
    assert backend().name == "numpy"
    assert "computed 4 where 18 is right" in backend().reason


def test_cupy_is_taken_when_a_kernel_ran(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = fake_cupy(device=True)
    monkeypatch.setitem(sys.modules, "cupy", cupy)
    assert (backend().name, backend().xp) == ("cupy", cupy)
    monkeypatch.setenv("DEAI_BACKEND", "cupy")
    assert backend().name == "cupy"


def test_numpy_can_be_insisted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(device=True))
    monkeypatch.setenv("DEAI_BACKEND", "numpy")
    assert backend() == NUMPY


def test_insisting_on_cupy_where_it_cannot_work_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(device=False))
    monkeypatch.setenv("DEAI_BACKEND", "cupy")
    with pytest.raises(BackendUnavailable, match="DEAI_BACKEND=cupy, but CuPy finds no CUDA device"):
        backend()


def test_an_unknown_backend_is_refused() -> None:
    with pytest.raises(ValueError, match="it must be numpy, cupy or auto"):
        backend("torch")


@pytest.mark.gpu
def test_the_real_cupy_works_here() -> None:
    cuda()
    assert backend("cupy").name == "cupy"


def cuda() -> None:
    """Skip where no CUDA device works."""
    if working_cupy().name != "cupy":
        pytest.skip(f"no CUDA device: {working_cupy().reason}")
