"""The configuration of nginx in docs/operations.md, tried as it stands: two processes behind one address."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import streamlit
from tests.conftest import ROOT
from tests.worlds.servers import nginx

HOST = "observatory.example"
Visit = Callable[[str], Page]


@pytest.fixture(scope="module")
def front(hamlet: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of nginx with the documented configuration, before two processes of the dashboard."""
    environment = {"DEAI_DATA": str(hamlet), "STREAMLIT_SERVER_COOKIE_SECRET": "one for both"}
    environment["STREAMLIT_SERVER_ALLOWED_HOSTS"] = f"{HOST} 127.0.0.1"
    with ExitStack() as running:
        served = [running.enter_context(streamlit("server.py", environment, hosts=HOST)) for _ in range(2)]
        http, server = _documented(*(address.rpartition(":")[2] for address in served))
        yield running.enter_context(nginx(tmp_path_factory.mktemp("nginx"), server, http))


def _documented(first: str, second: str) -> tuple[str, str]:
    """The http and the server part of the block in the document, with the ports of this test."""
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    assert found is not None
    block = found[1].replace("127.0.0.1:8501", f"127.0.0.1:{first}").replace("127.0.0.1:8502", f"127.0.0.1:{second}")
    http, _, server = block.partition("server {\n")
    return http, server.rstrip().removesuffix("}").replace("listen 80;", "")


def asked(front: str, path: str, **headers: str) -> Request:
    return Request(front + path, headers={"Host": HOST, **headers})


def test_scripts_come_compressed(front: str) -> None:
    with urlopen(asked(front, "/")) as shell:
        script = re.search(r'src="\.?(/static/js/[^"]+\.js)"', shell.read().decode())
    assert script is not None
    with urlopen(asked(front, script[1], **{"Accept-Encoding": "gzip"})) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"


def test_health_is_told_through_nginx(front: str) -> None:
    with urlopen(asked(front, "/_stcore/health")) as answer:
        assert answer.read() == b"ok"


def test_a_page_works_through_nginx(visit: Visit, front: str, strangers: list[str]) -> None:
    port = front.rpartition(":")[2]
    page = visit(f"http://{HOST}:{port}/power?net=akash")
    page.get_by_role("radio", name="Plain addresses").click()
    expect(page).to_have_url(re.compile("group=address"))
    page.reload()
    expect(page.get_by_text(", plain addresses").first).to_be_visible()
    assert [one for one in strangers if HOST not in one] == []


@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/_stcore/metrics"])
def test_nothing_is_taken_through_nginx_and_no_metrics_are_told(front: str, path: str) -> None:
    with pytest.raises(HTTPError) as refused:
        urlopen(Request(front + path, b"x", {"Host": HOST}, method="PUT"))
    assert refused.value.code == 403
    # nginx says so itself: nothing reaches the dashboard.
    assert "nginx" in refused.value.read().decode()
    refused.value.close()


def test_the_headers_of_the_dashboard_pass_through_nginx(front: str) -> None:
    with urlopen(asked(front, "/power")) as answer:
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_another_host_is_refused(front: str) -> None:
    """A page of somebody else's name must not open our websocket (DNS rebinding)."""
    request = Request(
        front + "/_stcore/stream",
        headers={
            "Host": "evil.example",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        },
    )
    with pytest.raises(HTTPError) as refused:
        urlopen(request)
    assert refused.value.code in {400, 403}
    refused.value.close()
