"""Make the secrets of an installation, each in a file of its own; what is there already stays.

    python3 deploy/make_secrets.py [--folder secrets] [--database HOST[:PORT]] [--name consentadmin]

The folder lets nobody in but its owner; the files in it may be read by whoever gets in, which in a
container is the process that a file is handed to, under whatever user it runs.
Back the folder up apart from the database: without the field keys the database can't be read.
"""

import argparse
import base64
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path


def key() -> str:
    """Return a key: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def word() -> str:
    """Return a long random word that needs no quoting anywhere."""
    return secrets.token_urlsafe(48)


def write(folder: Path, name: str, make: Callable[[], str]) -> str:
    """Write a secret unless it is there, and return it."""
    file = folder / name
    if not file.exists():
        draft = file.with_suffix(".draft")
        draft.write_text(f"{make()}\n")
        draft.chmod(0o444)
        draft.rename(file)
        print(f"made {file}")
    return file.read_text().strip()


def main() -> int:
    parser = argparse.ArgumentParser(prog="deploy/make_secrets.py", description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("secrets"))
    parser.add_argument("--database", default="postgres", metavar="HOST[:PORT]")
    parser.add_argument("--name", default="consentadmin", help="of the database")
    given = parser.parse_args()
    folder: Path = given.folder
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    where = f"{given.database}/{given.name}"
    write(folder, "secret_key", word)
    write(folder, "field_keys", key)
    write(folder, "alias_keys", key)
    write(folder, "metrics_key", word)
    write(folder, "signing_key", key)
    write(folder, "demo_password", lambda: secrets.token_urlsafe(12))
    write(folder, "superuser_password", word)
    owner = write(folder, "owner_password", word)
    app = write(folder, "app_password", word)
    write(folder, "owner_url", lambda: f"postgres://consentadmin_owner:{owner}@{where}")
    write(folder, "app_url", lambda: f"postgres://consentadmin_app:{app}@{where}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
