"""Places where a worker may be told to die, so that the fault suite can see what is left of it.

`CONSENTADMIN_CRASH_AT=called` kills the process where it is, as kill -9 would, at the first change
it comes there with; `called:17` at change 17 alone, `called::STOP` by another signal. Where the
variable is not set, which is everywhere else, this does nothing.

    claimed   the claim is committed, nothing was asked yet
    held      the claim was looked at for the last time, the call is next
    called    the platform has answered the call, nothing of it is written down yet
    moved     a state is updated and its entry written, neither is committed yet
"""

import os
import signal

VARIABLE = "CONSENTADMIN_CRASH_AT"


def failpoint(place: str, change: int) -> None:
    """Send this process the signal it was told to die of, if it was told to, here, with this one.

    Raises ValueError for a signal that there is not.
    """
    told = os.environ.get(VARIABLE)
    if not told:
        return
    named, _, rest = told.partition(":")
    number, _, name = rest.partition(":")
    if named == place and number in ("", str(change)):
        os.kill(os.getpid(), signal.Signals[f"SIG{name or 'KILL'}"])
