"""How a profile is written (PLATFORM.md §5): the ways that the platform knows."""

from __future__ import annotations

from enum import StrEnum


class ProfileStrategy(StrEnum):
    """What the body of a write does to the stored profile.

    What the two PARTIAL ones do is documented nowhere: say what you expect, then read back.
    """

    PARTIAL_UPDATE = "PARTIAL_UPDATE"
    PARTIAL_DELETE = "PARTIAL_DELETE"
    FORCE_REPLACE = "FORCE_REPLACE"
    LEGACY_REPLACE = "LEGACY_REPLACE"
    LEGACY_MERGE = "LEGACY_MERGE"
    LEGACY_MERGE_OBJECTS = "LEGACY_MERGE_OBJECTS"

    @property
    def query(self) -> str:
        """Return the query that names it; nothing is left to a default of the platform."""
        return _LEGACY.get(self) or f"update_strategy={self.value}"


_LEGACY = {
    ProfileStrategy.LEGACY_REPLACE: "force_replace=true",
    ProfileStrategy.LEGACY_MERGE: "force_replace=false&merge_objects=false",
    ProfileStrategy.LEGACY_MERGE_OBJECTS: "force_replace=false&merge_objects=true",
}
