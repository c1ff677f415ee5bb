from typing import Any

from tests.covered import too_little


def told(total: float, **files: float) -> dict[str, Any]:
    summaries = {f"ingest/{name}.py": {"summary": {"percent_covered": share}} for name, share in files.items()}
    return {"files": summaries, "totals": {"percent_covered": total}}


def test_a_module_and_a_whole_that_are_covered_too_little_are_named() -> None:
    assert list(too_little(told(89.9, job=74.9, serve=10.0, network=75.0))) == [
        "10.0 % of ingest/serve.py, at least 75 % is asked",
        "74.9 % of ingest/job.py, at least 75 % is asked",
        "89.9 % of all lines, at least 90 % is asked",
    ]
    assert list(too_little(told(90.0, job=75.0))) == []
