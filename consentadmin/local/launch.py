"""Start one program so that it cannot outlive whoever asked for it.

Run as a script of its own, on the standard library alone, so that nothing is ever forked from a
process with threads:

    python -I -S launch.py become --parent PID [--signal N] [--user UID:GID] -- /PROGRAM …
    python -I -S launch.py guard  --parent PID [--grace SECONDS]             -- /PROGRAM …

`become` turns into the program, which the kernel sends the signal when its parent dies. That will
do for servers that stop their own children. `guard` stays as the program's parent: it adopts
whatever the program leaves behind, and when it is told to stop, or its own parent dies, it ends
first the program, politely, and then every process below, not so politely.

The kernel watches the *thread* that started us: start from one that lives as long as the house.
"""

import argparse
import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

SET_PARENT_DEATH_SIGNAL = 1
SET_CHILD_SUBREAPER = 36
COULD_NOT_START = 127


def ask_kernel(option: int, value: int) -> None:
    """Call prctl(2), where there is one."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with(parent: int, number: int) -> None:
    """Have the kernel send us `number` when our parent dies; leave if it is dead already."""
    ask_kernel(SET_PARENT_DEATH_SIGNAL, number)
    if os.getppid() != parent:
        sys.exit(COULD_NOT_START)


def change_user(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def execute(argv: list[str]) -> None:
    try:
        os.execv(argv[0], argv)  # noqa: S606  that is the point
    except OSError as error:
        sys.stderr.write(f"{argv[0]} does not start: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(COULD_NOT_START)


def become(argv: list[str], *, parent: int, number: int, user: str | None) -> None:
    if user:
        uid, gid = (int(part) for part in user.split(":"))
        change_user(uid, gid)  # before die_with: a change of user cancels the death signal
    die_with(parent, number)
    execute(argv)


def children_of(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def below(pid: int) -> list[int]:
    """Find every process under this one, however deep."""
    found = []
    for child in children_of(pid):
        found += [child, *below(child)]
    return found


def kill_all_below() -> None:
    for pid in below(os.getpid()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def guard(argv: list[str], *, parent: int, grace: int) -> int:
    """Run the program, pass on what we are told, and leave nothing below us."""
    ask_kernel(SET_CHILD_SUBREAPER, 1)
    child = 0

    def stop(*_: object) -> None:
        signal.alarm(grace)
        if child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, lambda *_: kill_all_below())
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    ours = os.getpid()
    die_with(parent, signal.SIGTERM)
    held = {signal.SIGTERM, signal.SIGALRM}
    signal.pthread_sigmask(signal.SIG_BLOCK, held)
    child = os.fork()
    if child == 0:
        for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
        die_with(ours, signal.SIGTERM)
        execute(argv)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
    return reap(child)


def reap(child: int) -> int:
    """Wait for the program, then end and bury whatever it left."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return COULD_NOT_START if code is None else code
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if code is not None:
            kill_all_below()  # again after each burial: a process may have forked as it was found


def main() -> int:
    parser = argparse.ArgumentParser(prog="launch")
    parser.add_argument("manner", choices=("become", "guard"))
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, default=int(signal.SIGTERM))
    parser.add_argument("--user")
    parser.add_argument("--grace", type=int, default=5)
    parser.add_argument("argv", nargs="+")
    given = parser.parse_args()
    if given.manner == "guard":
        code = guard(given.argv, parent=given.parent, grace=given.grace)
        return code if code >= 0 else 128 - code
    become(given.argv, parent=given.parent, number=given.signal, user=given.user)
    return COULD_NOT_START


if __name__ == "__main__":
    sys.exit(main())
