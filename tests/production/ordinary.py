"""An ordinary user of this machine: a user id of its own, who reads nothing of ours.

As root, such a user gets a copy of what the image holds: the files that the Dockerfile copies, and
of Python's packages those in requirements.lock alone. Otherwise we are one ourselves.
"""

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from consentadmin.local.places import Owner, others_can_use
from consentadmin.local.processes import become, end, kill_group, tail
from tests.production.dockerfile import copied

ROOT = Path(__file__).parents[2]
FIRST_FREE_UID = 61_000


class Failed(Exception):
    """A command ended with another exit code than 0."""


def fresh_user() -> Owner | None:
    """Return a user id that nobody has; None when we are no root ourselves."""
    if os.geteuid() != 0:
        return None
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    uid = next(number for number in range(FIRST_FREE_UID, 65_000) if number not in taken)
    return Owner(uid, uid)


def link_or_copy(source: str, target: str) -> None:
    """Give a file a second name where the disk allows it: it is quicker than a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def python(folder: Path) -> Path:
    """Return our Python, or its twin in this folder where others can't start ours."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix)
    if os.geteuid() != 0 or others_can_use(base / "bin" / name):
        return base / "bin" / name
    (folder / "bin").mkdir(parents=True)
    shutil.copy2((base / "bin" / name).resolve(), folder / "bin" / name)
    left_out = shutil.ignore_patterns("site-packages", "test", "idlelib", "config-*")
    (folder / "lib").mkdir()
    for library in (base / "lib").glob("libpython*.so*"):
        shutil.copy2(library, folder / "lib")
    shutil.copytree(
        base / "lib" / name, folder / "lib" / name, ignore=left_out, copy_function=link_or_copy
    )
    return folder / "bin" / name


def packages(lock: Path) -> list[str]:
    """Return the names of the distributions that a lock lists and that are installed."""
    names = re.findall(r"^([A-Za-z0-9_.-]+)==", lock.read_text(), re.MULTILINE)
    installed = {dist.name.lower().replace("_", "-") for dist in metadata.distributions()}
    return [name for name in names if name.lower().replace("_", "-") in installed]


@dataclass
class Ordinary:
    """The user's folder, with `app`, `bin` and `packages` in it, and their running processes."""

    folder: Path
    user: Owner | None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def app(self) -> Path:
        return self.folder / "app"

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def log(self, name: str) -> Path:
        return self.folder / "log" / f"{name}.log"

    def own(self, name: str) -> Path:
        """Return a folder that belongs to the user, made where missing."""
        made = self.folder / name
        made.mkdir(mode=0o700, exist_ok=True)
        if self.user:
            os.chown(made, self.user.uid, self.user.gid)
        return made

    def install(self) -> None:
        """Lay out what the image holds."""
        (self.folder / "log").mkdir()
        self.bin.mkdir()
        (self.bin / "python").symlink_to(python(self.folder / "python"))
        self.own("home")
        self.app.mkdir()
        for source in copied():
            target = self.app / source
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, target, ignore=ignored)
            else:
                shutil.copy(ROOT / source, target)
        for name in packages(ROOT / "requirements.lock"):
            self._install(name)
        for place in (self.app, *self.app.rglob("*")):
            place.chmod(0o755 if place.is_dir() else 0o644)

    def _install(self, name: str) -> None:
        for file in metadata.files(name) or []:
            source = Path(str(file.locate()))
            if ".." in file.parts or not source.exists() or "__pycache__" in file.parts:
                continue
            target = self.folder / "packages" / file
            target.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                link_or_copy(str(source), str(target))

    def surroundings(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return an environment with the user's own Python, home and temporary folder."""
        ours = {
            "PYTHONPATH": str(self.folder / "packages"),
            "LD_LIBRARY_PATH": str(self.folder / "python" / "lib"),  # where Python is a twin
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.own("home")),
            "TMPDIR": str(self.own("tmp")),
        }
        return ours | dict(environment)

    def start(
        self,
        name: str,
        argv: list[str],
        environment: Mapping[str, str],
        *,
        cwd: Path | None = None,
        user: Owner | None = None,
    ) -> None:
        """Start a program as the user (or as another); it ends with us, at the latest."""
        told = self.surroundings(environment)
        program = shutil.which(argv[0], path=told.get("PATH", os.defpath))
        if program is None:
            raise Failed(f"There is no {argv[0]} on the path.")
        with self.log(name).open("ab") as log:
            self.running[name] = become(
                [program, *argv[1:]],
                cwd=cwd or self.app,
                log=log,
                env=told,
                user=user or self.user,
            )

    def run(self, name: str, argv: list[str], environment: Mapping[str, str]) -> str:
        """Run a program to its end, and return what it said. Raises Failed."""
        self.start(name, argv, environment)
        code = self.running.pop(name).wait(60)
        if code:
            raise Failed(f"{name}: exit code {code}.\n{tail(self.log(name), lines=30)}")
        return self.log(name).read_text()

    def stop(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop a program, politely at first, and all it started."""
        process = self.running.pop(name)
        end(process, number=number, within=10)
        kill_group(process)


@contextlib.contextmanager
def ordinary_user() -> Iterator[Ordinary]:
    """Give an ordinary user with an installation, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="consentadmin-"))
    folder.chmod(0o755)
    user = Ordinary(folder, fresh_user())
    try:
        user.install()
        yield user
    finally:
        for name in reversed(list(user.running)):
            user.stop(name)
        shutil.rmtree(folder, ignore_errors=True)
