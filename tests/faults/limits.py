"""Limits of the kernel, set on processes that run already: little memory, no room on the disk."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGEST = 16 * 2**20
"""Bytes: a segment of PostgreSQL's own log, which it can still write, for it is no larger."""


def children(pid: int) -> list[int]:
    """Return the processes that this one has forked and that still run."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in found.split()]


def keep_short_of_memory(pid: int, *, spare: int) -> None:
    """Let a process have so many bytes more than it has now, and no more."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    _limit(pid, f"--as={pages * resource.getpagesize() + spare}:")


@contextmanager
def full_disk(server: int) -> Iterator[None]:
    """Let no file of a server, and of all it has forked and forks, grow beyond LARGEST.

    The write that would need more room fails, as on a full disk; only the words are others.
    """
    _limit_files(server, str(LARGEST))
    yield
    _limit_files(server, "unlimited")


def _limit_files(server: int, most: str) -> None:
    _limit(server, f"--fsize={most}:")
    for pid in children(server):
        _limit(pid, f"--fsize={most}:", may_be_gone=True)


def _limit(pid: int, limit: str, *, may_be_gone: bool = False) -> None:
    """Set a limit as the process's own user: root in a container may not limit others'."""
    try:
        user = Path(f"/proc/{pid}").stat()
    except FileNotFoundError:
        assert may_be_gone, f"process {pid} has ended"
        return
    subprocess.run(
        ["prlimit", f"--pid={pid}", limit],
        user=user.st_uid,
        group=user.st_gid,
        check=not may_be_gone,
    )
