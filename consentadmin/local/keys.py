"""The secrets of a local run: made once, kept in `var/secrets.json`, readable by their owner only.

Whoever loses the file loses what is encrypted with it: it stays with the database it belongs to.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from consentadmin.local.errors import CannotStart

WORDS = [
    *("amber", "birch", "cedar", "cliff", "cloud", "coast", "coral", "crane", "dune", "ember"),
    *("fern", "field", "flint", "frost", "glade", "grove", "harbour", "heath", "hazel", "lake"),
    *("linen", "maple", "marsh", "meadow", "mint", "moss", "olive", "otter", "pearl", "pine"),
    *("plum", "quartz", "quiet", "reed", "river", "robin", "sage", "sand", "silver", "slate"),
    *("spruce", "stone", "swift", "tide", "timber", "willow"),
]


@dataclass(frozen=True)
class Keys:
    """What has to be the same at every start."""

    secret_key: str
    field_keys: str
    alias_keys: str
    signing_key: str
    sandbox_token: str
    demo_password: str


def make_keys() -> Keys:
    words = "-".join(secrets.choice(WORDS) for _ in range(3))
    return Keys(
        secret_key=secrets.token_urlsafe(50),
        field_keys=_make_key(),
        alias_keys=_make_key(),
        signing_key=_make_key(),
        sandbox_token=f"api:{secrets.token_urlsafe(24)}",
        demo_password=f"{words}-{secrets.randbelow(90) + 10}",
    )


def load_keys(file: Path) -> Keys:
    """Read the secrets, after making those that are missing."""
    try:
        known = json.loads(file.read_text())
        wanted = asdict(make_keys())
        keys = Keys(**{name: str(known.get(name, wanted[name])) for name in wanted})
    except FileNotFoundError:
        known, keys = {}, make_keys()
    except (ValueError, AttributeError):
        raise CannotStart(
            f"{file} is damaged: put it back from a copy, or remove the whole folder "
            f"{file.parent} to begin anew."
        ) from None
    if asdict(keys) != known:
        write_private(file, asdict(keys))
    return keys


def write_private(file: Path, content: Mapping[str, object]) -> None:
    """Write JSON that only its owner can read; a reader sees all of it or what was there before."""
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writer:  # noqa: PTH123
        json.dump(content, writer, indent=2)
        writer.write("\n")
        writer.flush()
        os.fsync(writer.fileno())
    draft.replace(file)


def _make_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
