"""Where servers can stand: short socket folders, and folders another user can enter."""

import contextlib
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from consentadmin.local.errors import CannotStart

LONGEST_SOCKET_PATH = 107  # bytes; the kernel's limit
LONGEST_SOCKET_NAME = len("/.s.PGSQL.65535")
PREFIX = "consentadmin-"
TEMPORARY = ("/tmp", "/var/tmp", "/run")  # noqa: S108  mkdtemp makes it ours alone
CACHE = Path("/var/cache/consentadmin")
READ_AND_ENTER = stat.S_IROTH | stat.S_IXOTH


@dataclass(frozen=True)
class Owner:
    """A user that a server runs as."""

    uid: int
    gid: int

    @property
    def is_root(self) -> bool:
        return self.uid == 0


def nobody() -> Owner:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL does not run as root, and this machine has no user 'nobody' to run it as."
        ) from None
    return Owner(entry.pw_uid, entry.pw_gid)


def make_socket_folder(*, noted_in: Path) -> Path:
    """Make a folder of our own whose path leaves room for a socket's name.

    Where it is gets noted, so that the next start removes the folder of an owner that was killed.
    """
    parents = [Path(parent) for parent in (tempfile.gettempdir(), *TEMPORARY)]
    _remove_noted(noted_in, parents)
    for parent in parents:
        longest = len(os.fsencode(parent)) + len(f"/{PREFIX}xxxxxxxx") + LONGEST_SOCKET_NAME
        if longest <= LONGEST_SOCKET_PATH and os.access(parent, os.W_OK | os.X_OK):
            made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            noted_in.write_text(str(made))
            return made
    raise CannotStart(
        "There is no temporary folder with a path short enough for a socket: set TMPDIR to one."
    )


def _remove_noted(note: Path, parents: list[Path]) -> None:
    with contextlib.suppress(FileNotFoundError):
        left = Path(note.read_text())
        if left.parent in parents and left.name.startswith(PREFIX) and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)


def others_can_use(program: Path) -> bool:
    """Tell whether a user with no rights of its own can start this program."""
    real = program.resolve()
    return _allows(real, READ_AND_ENTER) and all(_allows(p, stat.S_IXOTH) for p in real.parents)


def _allows(place: Path, wanted: int) -> bool:
    return place.stat().st_mode & wanted == wanted


def copy_for_others(folders: list[Path], *, name: str, cache: Path = CACHE) -> Path:
    """Copy folders, once, to a place that any user can enter; tell where they now are."""
    target = cache / name
    if target.is_dir():
        return target
    try:
        cache.mkdir(parents=True, exist_ok=True)
        cache.chmod(0o755)  # whatever our umask
        draft = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=cache))
        for folder in folders:
            shutil.copytree(folder, draft / folder.name, ignore=shutil.ignore_patterns("include"))
        _open_to_others(draft)
        with contextlib.suppress(OSError):  # another start was quicker
            draft.rename(target)
        if draft.is_dir():
            shutil.rmtree(draft)
    except OSError as error:
        raise CannotStart(
            f"No other user can enter {folders[0]}, and it can't be copied to {cache}: "
            f"{error.strerror}."
        ) from error
    return target


def _open_to_others(folder: Path) -> None:
    for place in (folder, *folder.rglob("*")):
        mode = place.stat().st_mode
        place.chmod(mode | (READ_AND_ENTER if mode & stat.S_IXUSR else stat.S_IROTH))
