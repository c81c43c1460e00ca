"""Each S fact of PLATFORM §7 about document imports from both sides, over HTTP."""

from tests.sandbox.conftest import Account, Both, Caller
from tests.sandbox.contrary import shows
from tests.sandbox.doings import (
    by_account,
    choice_command,
    ended,
    make_import,
    sent,
    start,
    until,
    visit,
)


@shows("unknown_import_is_refused")
def test_an_import_of_an_unknown_type(both: Both) -> None:
    assert both(lambda it: make_import(it, "USER_WISH").status) == (400, 200)


@shows("import_done_status")
def test_an_execution_that_is_done(both: Both, newcomer: Account) -> None:
    def ask(caller: Caller) -> str:
        sent(caller, visit(by_account(newcomer)))
        execution = start(caller, "USER_CHOICE", [choice_command(newcomer), "{"])
        return str(ended(caller, execution)["status"])

    assert both(ask) == ("SUCCEEDED", "SUCCESS")


@shows("import_of_failures_fails")
def test_an_execution_of_which_nothing_succeeded(both: Both) -> None:
    found = both(lambda it: ended(it, start(it, "USER_CHOICE", ["{", "["]))["status"])
    assert found == ("FAILED", "SUCCESS")


@shows("running_import_tells_result", "late_cancel_is_refused")
def test_an_execution_on_the_way_and_cancelled_twice(both: Both) -> None:
    def ask(caller: Caller) -> tuple[bool, int]:
        execution = start(caller, "USER_CHOICE", ["{"] * 30_000)
        told = until(lambda: caller.get(execution).data, lambda it: it["status"] == "RUNNING")
        for _ in range(2):
            answer = caller.call("POST", f"{execution}/action", json={"action": "CANCEL"})
        assert ended(caller, execution)["status"] == "CANCELED"
        return told["result"] is not None, answer.status

    assert both(ask) == ((False, 400), (True, 200))
