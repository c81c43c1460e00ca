"""The commands of docker-compose.yml, run as they stand: from an empty database to a change seen.

By an ordinary user, on Debian's PostgreSQL and Redis, with nothing but what the image holds.
"""

import os
import re
import signal
import time

import pytest

from consentadmin.local.launch import below
from consentadmin.sandbox.catalogue import NEWSLETTER
from tests.production.desk import changed, looked_up, signed_in
from tests.production.house import House
from tests.production.servers import until

pytestmark = pytest.mark.xdist_group("production")


def number(figures: str, series: str) -> float:
    """Return what the figures say of a series."""
    (line,) = [line for line in figures.splitlines() if line.startswith(f"{series} ")]
    return float(line.rpartition(" ")[2])


def test_the_commands_of_the_compose_file_carry_a_change_to_its_end(house: House) -> None:
    desk = signed_in(house)
    assert all(name.startswith("__Host-") for name in desk.cookies)
    page = looked_up(desk)
    assert "Newsletter" in desk.get(page)
    changed(desk, page, NEWSLETTER)
    until(lambda: "Confirmed" in desk.get(page))
    assert any(request.method == "PUT" for request in house.platform.requests)

    answer = desk.ask("GET", "/healthz/ready")
    assert answer.json()["parts"]["sweeper"]["ok"]
    key = {"Authorization": f"Bearer {house.secret('metrics_key')}"}
    figures = house.visitor().get(house.url("/metrics"), headers=key, timeout=10).text
    assert number(figures, 'consentadmin_changes{lane="interactive",state="confirmed"}') >= 1
    sent = 'consentadmin_requests_total{method="POST",route="change-choice",status="302"}'
    assert number(figures, sent) >= 1

    alive = ["python", "deploy/alive.py"]
    assert house.user.run("alive", alive, house.environment("web")) == ""
    if os.geteuid() == 0:
        web = house.user.running["web"].pid
        with open(f"/proc/{web}/status") as status:  # noqa: PTH123
            assert f"Uid:\t{house.user.user.uid}\t" in status.read()  # type: ignore[union-attr]


def test_a_plain_request_is_sent_to_https_and_strangers_get_no_figures(house: House) -> None:
    session = house.visitor()
    del session.headers["X-Forwarded-Proto"]
    plain = session.get(house.url("/sign-in"), allow_redirects=False, timeout=10)
    assert plain.status_code == 301
    assert plain.headers["Location"] == "https://privacy.example.com/sign-in"
    assert session.get(house.url("/metrics"), timeout=10).status_code == 401


def test_a_page_tells_the_browser_to_be_strict(house: House) -> None:
    told = house.visitor().get(house.url("/sign-in"), timeout=10).headers
    assert told["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "default-src 'none'" in told["Content-Security-Policy"]
    assert "unsafe" not in told["Content-Security-Policy"]
    assert told["X-Frame-Options"] == "DENY"


def test_both_workers_of_the_web_server_tell_the_same_sum(house: House) -> None:
    key = {"Authorization": f"Bearer {house.secret('metrics_key')}"}
    series = re.compile(r'consentadmin_requests_total\{method="GET",route="live",.*\} (\S+)')

    def told() -> float:
        figures = house.visitor().get(house.url("/metrics"), headers=key, timeout=10).text
        return float((series.findall(figures) or ["0"])[0])

    before = told()
    for _ in range(30):
        house.visitor().get(house.url("/healthz/live"), timeout=10)
    assert {told() - before for _ in range(8)} == {30.0}


def test_static_files_are_hashed_compressed_and_kept_for_ever(house: House) -> None:
    page = house.visitor().get(house.url("/sign-in"), timeout=10).text
    (sheet, *_) = re.findall(r'href="(/static/[^"]+\.css)"', page)
    assert re.search(r"\.[0-9a-f]{12}\.css$", sheet)
    answer = house.visitor().get(house.url(sheet), headers={"Accept-Encoding": "gzip"}, timeout=10)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"


@pytest.mark.parametrize(("server", "part"), [("postgres", "database"), ("redis", "broker")])
def test_a_server_that_hangs_is_told_in_two_seconds(house: House, server: str, part: str) -> None:
    pid = house.user.running[server].pid
    stopped = [pid, *below(pid)]
    for each in stopped:
        os.kill(each, signal.SIGSTOP)
    try:
        for _ in range(2):
            began = time.monotonic()
            answer = house.visitor().get(house.url("/healthz/ready"), timeout=10)
            assert time.monotonic() - began < 2
            assert answer.status_code == 503
            assert answer.json()["parts"][part] == {"ok": False, "why": "hangs"}
        assert house.visitor().get(house.url("/healthz/live"), timeout=1).ok
    finally:
        for each in stopped:
            os.kill(each, signal.SIGCONT)
    house.await_ready()
