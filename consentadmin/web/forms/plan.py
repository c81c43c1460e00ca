"""What is about to be sent for a draft, and the signature under what staff reviewed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core import signing

from consentadmin.changes.documents import ProfileWish
from consentadmin.changes.drafts import body_for, narrowest_write, unreached
from consentadmin.changes.profiles import DOCUMENTED, Difference, differences
from consentadmin.mediarithmics.profiles import ProfileStrategy
from consentadmin.subjects.models import Handle
from consentadmin.web.forms.profile import Target
from consentadmin.web.outcome import MOST_PATHS

REVIEW_LIFE = 3600
REPLACING = frozenset({ProfileStrategy.FORCE_REPLACE, ProfileStrategy.LEGACY_REPLACE})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a draft comes to: the write that is sent, and what we expect of it.

    `changes` are the paths that we expect to change, `left` those that the strategy can't bring to
    the draft. Nothing is sent when `wish` is None.
    """

    wish: ProfileWish | None = field(repr=False)
    changes: Sequence[Difference] = field(default=(), repr=False)
    left: Sequence[Difference] = field(default=(), repr=False)

    @classmethod
    def of(cls, target: Target, desired: dict[str, Any], asked: ProfileStrategy | None) -> "Plan":
        """Return the plan of a draft; without a strategy, the narrowest that reaches it.

        A profile that is not there yet is written whole: of that the platform documents the rule.
        """
        stored = target.seen or {}
        found = narrowest_write(stored, desired)
        if found is None:
            return cls(None)
        strategy, body = found
        left: list[Difference] = []
        if target.seen is None:
            strategy, body = ProfileStrategy.FORCE_REPLACE, desired
        elif asked is not None:
            strategy, body = asked, body_for(stored, desired, asked)
            left = unreached(stored, desired, strategy)
        if not body and strategy not in REPLACING:
            return cls(None, left=left)
        wish = ProfileWish(target.compartment, target.account, target.seen, body, strategy)
        return cls(wish, list(differences(stored, wish.expected or {})), left)

    @property
    def is_documented(self) -> bool:
        """Whether the platform documents what this way of writing does."""
        return self.wish is not None and self.wish.strategy in DOCUMENTED

    @property
    def can_be_event(self) -> bool:
        """Whether it can go as an event in the timeline: an update of a profile that is there.

        The event names the person by the profile's own account: of one that is nobody's yet the
        platform would make another person.
        """
        is_update = self.wish is not None and self.wish.strategy is ProfileStrategy.PARTIAL_UPDATE
        return is_update and self.wish is not None and self.wish.was is not None

    @property
    def shown(self) -> Sequence[Difference]:
        """The changes that are laid out; `more` counts the others."""
        return self.changes[:MOST_PATHS]

    @property
    def more(self) -> int:
        """How many changes are not laid out."""
        return max(len(self.changes) - MOST_PATHS, 0)

    @property
    def left_shown(self) -> Sequence[Difference]:
        """What is left and laid out; `left_more` counts the others."""
        return self.left[:MOST_PATHS]

    @property
    def left_more(self) -> int:
        """How much of what is left is not laid out."""
        return max(len(self.left) - MOST_PATHS, 0)

    @property
    def is_order_alone(self) -> bool:
        """Whether nothing changes but the order of elements."""
        return self.wish is not None and not self.changes


def sign(handle: Handle, *parts: str) -> str:
    """Return a signature under what was reviewed, for a hidden field of the page that shows it.

    `parts` is all that the write follows from: the signed target, the draft's text, the way of
    writing. They go with it and must be the same when it is sent.
    """
    return signing.dumps(_digest(parts), salt=f"profile review {handle.pk}")


def check(signed: str, handle: Handle, *parts: str) -> None:
    """Raise BadSignature unless just this was reviewed, within the hour."""
    reviewed = signing.loads(signed, salt=f"profile review {handle.pk}", max_age=REVIEW_LIFE)
    if reviewed != _digest(parts):
        raise signing.BadSignature


def _digest(parts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode(errors="surrogatepass")
        digest.update(b"%d:%b" % (len(encoded), encoded))
    return digest.hexdigest()
