"""What every test may ask for: a real PostgreSQL, the sandbox over HTTP, staff, and clients.

The database is a clone of a template that is migrated once, as the owner; tests work under the
app's own role, so a right that is missing in production is missing here.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connections

from consentadmin.local.databases import OWNER_ROLE, Databases

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.sandbox",
    "tests.fixtures.liar",
    "tests.fixtures.people",
]

# A password that takes a fifth of a second to hash protects nobody here; processes of their own,
# and so every journey, hash as in earnest.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

ROOT = Path(__file__).parent.parent
TEMPLATE = "consentadmin_template"


def migrated_template(databases: Databases) -> str:
    """Return the name of the migrated database that others are cloned from, made once a run."""
    with databases.alone("template"):
        if not databases.has_database(TEMPLATE):
            making = f"{TEMPLATE}_making"
            databases.create_database(making)
            migrate(databases, making)
            with databases.connect() as superuser:
                superuser.execute(f"ALTER DATABASE {making} RENAME TO {TEMPLATE}")
    return TEMPLATE


def migrate(databases: Databases, name: str) -> None:
    """Run the migrations on a database, as an operator would."""
    environment = os.environ | {
        "DATABASE_URL": databases.url(name),
        "DATABASE_OWNER_URL": databases.url(name, role=OWNER_ROLE),
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True
    )


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, worker_id: str) -> Iterator[None]:
    """Point Django at this worker's own clone, instead of letting it make a database itself."""
    from tests.fixtures.servers import running_databases  # after pytest has rewritten its asserts

    databases = running_databases(request.config)
    name = f"consentadmin_{worker_id}"
    databases.clone(migrated_template(databases), name)
    for alias in ("default", "owner"):
        connections[alias].settings_dict.update(
            NAME=name, HOST=str(databases.socket_folder), PORT="", PASSWORD=""
        )
    yield
    connections.close_all()


@pytest.fixture(autouse=True)
def _fresh_rate_limits() -> None:
    """Forget the sign-ins of other tests."""
    cache.clear()
