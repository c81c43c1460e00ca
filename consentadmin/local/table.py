"""The programs of a house, as data: what runs, with which words, and what each is told.

Tests put stand-ins in their place by a table of their own.
"""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from consentadmin.local.claim import HOST, Ports
from consentadmin.local.keys import Keys

ROOT = Path(__file__).resolve().parents[2]
# What every program may see of the environment we were started in, besides CONSENTADMIN_*.
SEEN = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LOG_LEVEL")
DATAMARTS = {"1459": "Retail EU", "1460": "Retail UK"}
# role → datamart it is held on
STAFF = {"agent": "1459", "officer": "all", "auditor": "all", "admin": "all"}
# How to make the sandbox as slow and as unreliable as the platform on a bad day.
SANDBOX_OPTIONS = {
    "CONSENTADMIN_SANDBOX_LATENCY": "--latency",
    "CONSENTADMIN_SANDBOX_ERROR_RATE": "--error-rate",
    "CONSENTADMIN_SANDBOX_CONTRARIAN": "--contrarian",
    "CONSENTADMIN_SANDBOX_ANALYZER_DROPS": "--analyzer-drops",
    "CONSENTADMIN_SANDBOX_ACTIVITY_DELAY": "--activity-delay",
}
TOKEN_VARIABLE = "CONSENTADMIN_DEMO_TOKEN"  # noqa: S105  a name
PASSWORD_VARIABLE = "CONSENTADMIN_DEMO_PASSWORD"  # noqa: S105  a name


def _is_secret(name: str) -> bool:
    return name.removesuffix("_FILE").endswith(("_KEY", "_KEYS"))


@dataclass(frozen=True)
class Program:
    """Something that runs until it is stopped, or that does one thing."""

    name: str
    argv: list[str]
    environment: Mapping[str, str]
    grace: int = 3  # seconds between the polite signal and the other one


@dataclass(frozen=True)
class Wiring:
    """Where everything is."""

    var: Path
    ports: Ports
    keys: Keys
    database_url: str
    owner_url: str
    broker_url: str
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def web(self) -> str:
        return f"http://{HOST}:{self.ports.web.number}"

    @property
    def sandbox(self) -> str:
        return f"http://{HOST}:{self.ports.sandbox.number}"

    @property
    def accounts(self) -> list[dict[str, str]]:
        password = self.keys.demo_password
        return [
            {"role": role, "email": f"{role}@example.com", "password": password} for role in STAFF
        ]

    @property
    def plain_environment(self) -> dict[str, str]:
        """What a program may know that needs no secret."""
        seen = {
            name: value
            for name, value in os.environ.items()
            if name in SEEN or (name.startswith("CONSENTADMIN_") and not _is_secret(name))
        }
        ours = {
            "CONSENTADMIN_VAR": str(self.var),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
        }
        return seen | ours | dict(self.extra)

    @property
    def environment(self) -> dict[str, str]:
        """What a program of the application is told."""
        kept = {
            "CONSENTADMIN_CHECKPOINT_DIR": str(self.var / "checkpoints"),
            "CONSENTADMIN_FILES": str(self.var / "files"),
        }
        return (
            kept
            | self.plain_environment
            | {
                "SECRET_KEY": self.keys.secret_key,
                "DATABASE_URL": self.database_url,
                "CELERY_BROKER_URL": self.broker_url,
                "ALLOWED_HOSTS": f"localhost,{HOST}",
                "DEBUG": "0",
                "CONSENTADMIN_HTTPS": "0",
                "CONSENTADMIN_FIELD_KEYS": self.keys.field_keys,
                "CONSENTADMIN_ALIAS_KEYS": self.keys.alias_keys,
            }
        )


class Table:
    """The programs of consentadmin."""

    ready_path = "/sign-in"

    def migrate(self, wiring: Wiring) -> Program:
        return _manage(wiring, "migrate", "migrate", DATABASE_OWNER_URL=wiring.owner_url)

    def sandbox(self, wiring: Wiring) -> Program:
        argv = [sys.executable, "-m", "consentadmin.sandbox"]
        argv += ["--port", str(wiring.ports.sandbox.number)]
        argv += ["--store", str(wiring.var / "sandbox.sqlite3")]
        argv += ["--token", wiring.keys.sandbox_token, "--parent-death"]
        told = wiring.plain_environment
        for variable, option in SANDBOX_OPTIONS.items():
            if value := told.get(variable):
                argv += [option, value]
        return Program("sandbox", argv, told)

    def seed(self, wiring: Wiring, *, is_first: bool) -> Program:
        """Tell the datamarts the sandbox's address; the first time, add what the demo needs."""
        commands = [
            [
                *("adddatamart", "--id", number, "--name", name),
                *("--api-url", wiring.sandbox, "--token-env", TOKEN_VARIABLE),
            ]
            for number, name in DATAMARTS.items()
        ]
        if is_first:
            commands.append(["syncreferentials"])
            commands += [
                [
                    *("addstaff", "--email", f"{role}@example.com", "--role", role),
                    *("--datamart", datamart, "--password-env", PASSWORD_VARIABLE),
                ]
                for role, datamart in STAFF.items()
            ]
        argv = [sys.executable, "-m", "consentadmin.local.batch", json.dumps(commands)]
        told = {
            TOKEN_VARIABLE: wiring.keys.sandbox_token,
            PASSWORD_VARIABLE: wiring.keys.demo_password,
        }
        return Program("seed", argv, wiring.environment | told)

    def programs(self, wiring: Wiring) -> list[Program]:
        """Give the programs of the application, in the order in which they start."""
        celery = [sys.executable, "-m", "celery", "-A", "consentadmin.celery"]
        worker = [*celery, "worker", "-Q", "interactive,housekeeping", "--concurrency", "2"]
        bulk = [*celery, "worker", "-Q", "bulk", "--concurrency", "1"]
        beat = [*celery, "beat", "--schedule", str(wiring.var / "beat-schedule"), "--pidfile="]
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi"]
        granian += ["consentadmin.wsgi:application", "--workers", "2", "--blocking-threads", "4"]
        granian += ["--no-ws", "--host", HOST, "--port", str(wiring.ports.web.number)]
        return [
            Program("worker", worker, wiring.environment, grace=6),
            Program("beat", beat, wiring.environment),
            _manage(wiring, "sweeper", "sweep"),
            _manage(wiring, "sealer", "seal", CONSENTADMIN_SIGNING_KEY=wiring.keys.signing_key),
            Program("bulk", bulk, wiring.environment, grace=6),
            Program("web", granian, wiring.environment),
        ]


def _manage(wiring: Wiring, name: str, command: str, **told: str) -> Program:
    argv = [sys.executable, str(ROOT / "manage.py"), command]
    return Program(name, argv, wiring.environment | told)
