"""Since when a worker carries a change out."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Carried:
    """Since when a worker carries a change out: by the database's clock, and by its own."""

    since: datetime
    monotonic: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """For how long that is by now."""
        return time.monotonic() - self.monotonic

    def later(self) -> "Carried":
        """Return the same worker's next beginning: now."""
        return Carried(self.since + timedelta(seconds=self.seconds))
