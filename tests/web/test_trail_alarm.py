"""The alarm: on every page of who relies on the trail, and of nobody else."""

import pytest
from django.db import connection
from django.test import Client

from tests.web.conftest import signed_in, text

ALARM = "The trail is not as it was sealed"


def verified(*, is_sound: bool) -> None:
    """Leave a verification's verdict, as `verifyaudit` does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audit_verification (size, is_sound, first_bad, entry, why, seconds)"
            " VALUES (9, %s, 4, 17, 'it was deleted', 0.5)",
            [is_sound],
        )


@pytest.mark.parametrize(
    ("who", "path", "is_told"),
    [
        ("bob", "/look-up", True),
        ("bob", "/trail", True),
        ("carol", "/trail/exports", True),
        ("alice", "/look-up", False),
        ("dan", "/datamarts", False),
    ],
)
def test_an_unsound_trail_is_told_to_officers_and_auditors(
    request: pytest.FixtureRequest, client: Client, who: str, path: str, *, is_told: bool
) -> None:
    signed_in(client, request.getfixturevalue(who))
    verified(is_sound=False)
    page = text(client.get(path))
    assert (ALARM in page) is is_told
    assert ("at entry 17: it was deleted." in page) is is_told


def test_a_sound_verification_ends_the_alarm(client: Client, carol: object) -> None:
    signed_in(client, carol)  # type: ignore[arg-type]
    assert ALARM not in text(client.get("/trail"))
    verified(is_sound=False)
    verified(is_sound=True)
    assert ALARM not in text(client.get("/trail"))
