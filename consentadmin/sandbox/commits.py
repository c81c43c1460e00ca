"""Lets writes that come in together share one commit, which costs more than all else they do.

The first of them opens a transaction; it is committed once the event loop has turned, and every
answer waits for that: what was acknowledged is as durable as if each had committed alone.
"""

import asyncio
import sqlite3
from collections.abc import Callable


class Commits:
    """The commit that is shared now, if one is. `forget` is called if it fails."""

    def __init__(self, connection: sqlite3.Connection, forget: Callable[[], None]) -> None:
        self._connection = connection
        self._forget = forget
        self._done: asyncio.Future[None] | None = None
        self._writes = self._turns = 0

    @property
    def is_open(self) -> bool:
        """Say whether something was written that is not committed yet."""
        return self._done is not None

    def share(self) -> None:
        """Let what is written next be committed soon; inside a transaction, with that."""
        if self._connection.in_transaction:
            self._writes += 1
            return
        self._loop = asyncio.get_running_loop()
        self._connection.execute("BEGIN IMMEDIATE")
        self._done = self._loop.create_future()
        self._writes = self._turns = 0
        self._loop.call_soon(self._turn)

    async def wait(self) -> None:
        """Wait until what was written is committed; raise if it could not be.

        Not shielded, since the server never cancels a call: that would cost a fifth of the write.
        """
        if self._done is not None:
            await self._done

    def _turn(self) -> None:
        """Wait for one turn of the loop more, as long as each brings a write."""
        self._turns += 1
        if self._writes and self._turns < 8:
            self._writes = 0
            self._loop.call_soon(self._turn)
        else:
            self._commit()

    def _commit(self) -> None:
        done, self._done = self._done, None
        assert done is not None, "it was made with the transaction"
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            self._forget()
            if not done.done():
                done.set_exception(error)
                done.exception()  # whoever waits gets it; asyncio need not complain of it, too
        else:
            if not done.done():
                done.set_result(None)
