"""The whole house of docker-compose.yml, run on this machine by an ordinary user.

Each process is started by the command the file gives it, in the environment the file gives it;
only addresses and folders are of this machine.
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import requests

from consentadmin.local.processes import tail
from tests.fixtures.liar import Liar, running_liar
from tests.fixtures.sandbox import RunningSandbox, free_port
from tests.production import compose
from tests.production.dockerfile import runs
from tests.production.ordinary import Ordinary
from tests.production.servers import Postgres, Redis, psql, until

HOST = "privacy.example.com"
PROCESSES = ("web", "worker", "beat", "sweeper", "sealer", "bulk")


@dataclass
class House:
    """What runs, and where."""

    user: Ordinary
    postgres: Postgres
    redis: Redis
    platform: Liar
    web_port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        self.services = compose.services(ALLOWED_HOSTS=HOST, LOG_LEVEL="INFO")
        self.secrets = self.user.own("secrets")
        self.places = compose.Places(
            {
                "/run/secrets": str(self.secrets),
                "redis:6379": f"127.0.0.1:{self.redis.port}",
                "http://sandbox.internal:8090": self.platform.base_url,
                "/tmp/": f"{self.user.own('tmp')}/",
                "/files": str(self.user.own("files")),
                "/checkpoints": str(self.user.own("checkpoints")),
            }
        )

    def environment(self, name: str) -> dict[str, str]:
        """Return the environment of a service, on this machine."""
        told = self.places.environment(self.services[name], self.user.bin)
        image = {"CONSENTADMIN_STATIC_ROOT": str(self.user.folder / "static")}
        here = {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(self.web_port)}
        return image | told | {name: here[name] for name in here if name in told}

    def run(self, name: str) -> str:
        """Run a service that does one thing."""
        command = self.places.command(self.services[name])
        return self.user.run(name, command, self.environment(name))

    def start(self, name: str) -> None:
        """Start a service that goes on."""
        command = self.places.command(self.services[name])
        self.user.start(name, command, self.environment(name))

    def build(self) -> None:
        """Do on this machine what the image's build does: gather the static files."""
        command = [
            word.replace("/app/staticfiles", str(self.user.own("static")))
            for word in runs("collectstatic")
        ]
        self.user.run("build", command, {"PATH": f"{self.user.bin}:/usr/bin:/bin"})

    def make_secrets(self) -> None:
        """Make the secrets as docs/operating.md says."""
        script = self.user.folder / "make_secrets.py"
        shutil.copy(compose.ROOT / "deploy" / script.name, script)
        command = ["python", str(script), "--folder", str(self.secrets)]
        command += ["--database", f"127.0.0.1:{self.postgres.port}"]
        self.user.run("secrets", command, {"PATH": str(self.user.bin)})

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text().strip()

    def visitor(self) -> requests.Session:
        """Return a browser of sorts, behind a proxy that speaks TLS and tells who comes."""
        session = requests.Session()
        session.trust_env = False
        session.headers.update(
            {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
        )
        return session

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.web_port}{path}"

    def is_ready(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return bool(self.visitor().get(self.url("/healthz/ready"), timeout=10).ok)
        return False

    def await_ready(self) -> None:
        """Wait until all is well, or fail with the end of every log."""
        try:
            until(self.is_ready)
        except AssertionError as error:
            ends = [f"{name}:\n{tail(self.user.log(name))}" for name in PROCESSES]
            raise AssertionError("\n".join(ends)) from error

    def logs(self) -> dict[str, str]:
        """Return what each process has logged."""
        return {name: self.user.log(name).read_text() for name in PROCESSES}


@contextlib.contextmanager
def running_house(user: Ordinary, sandbox: RunningSandbox) -> Iterator[House]:
    """Bring everything up from nothing, in the order of the file, and down again."""
    with running_liar() as platform:
        platform.otherwise_forward_to(sandbox.base_url)
        house = House(user, Postgres(user), Redis(user), platform)
        house.postgres.start()
        house.redis.start(house.services["redis"])
        house.build()
        house.make_secrets()
        roles = compose.ROOT / "deploy" / "postgres" / "roles.sql"
        psql(house.postgres, "-d", "postgres", "-f", str(roles), SECRETS=str(house.secrets))
        house.run("migrate")
        house.run("demo")
        for name in PROCESSES:
            house.start(name)
        try:
            house.await_ready()
            yield house
        finally:
            for name in reversed(PROCESSES):
                house.user.stop(name)
