"""How a document stands on the platform beside what a change wishes: asked once, then judged.

One class for each document; `sending` carries every change out by this one shape.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Trace:
    """What a write has left on the platform.

    `is_whole`: it is there as it was wished for. `told` is kept with the change for its page,
    `data` goes to the trail, `columns` are set with the state.
    """

    is_whole: bool
    told: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)


class Standing(Protocol):
    """A document as it was just read."""

    @property
    def has_moved(self) -> bool:
        """Whether it is no longer what staff saw when they asked."""

    def shown(self) -> Trace | None:
        """Return the trace when all that is wished for is there already, without another call."""

    def trace(self) -> Trace | None:
        """Return what an earlier write left, None when there is nothing of it.

        Raises PlatformError when it has to be read and can't be.
        """

    def there(self) -> dict[str, Any]:
        """Return the columns that keep what is there, to be shown beside what was wished for."""
