"""The sandbox's store: SQLite in WAL mode, one connection, documents as JSON text.

The process has the file to itself (`locking_mode` EXCLUSIVE), so what it has read once may be
answered from memory; what it writes goes to the file first. That is also what makes it quick:
each SQLite call gives up the interpreter's lock and has to wait for it again.
A commit is written to the operating system before the answer leaves, so what was acknowledged
survives `kill -9` and a restart (not a power cut: `synchronous` is NORMAL). Timestamps are
milliseconds since the epoch, UTC.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from consentadmin.sandbox.commits import Commits
from consentadmin.sandbox.schema import ADDED, SCHEMA, VERSION
from consentadmin.sandbox.selectors import Selector
from consentadmin.sandbox.standing import Standing

_MOST_REMEMBERED = 20_000  # people, and as many selectors: some 100 MB at most

_APPEND = """
INSERT OR IGNORE INTO change_log (person, processing_id, ts, digest, body, counts)
    VALUES (?, ?, ?, ?, ?, 1)
"""
_READ_RECORD = """
SELECT ts, body FROM change_log
    WHERE person = ? AND processing_id = ? AND ts = ? AND digest = ?
"""
_RENEW_RECORD = """
UPDATE change_log SET counts = 1, number = (SELECT max(number) + 1 FROM change_log)
    WHERE person = ? AND processing_id = ? AND ts = ? AND digest = ?
"""
_CHOICES = """
SELECT processing_id, ts, body FROM change_log WHERE person = ? AND counts ORDER BY ts, number
"""
_CHOICES_AS_THEY_CAME = """
SELECT processing_id, ts, body FROM change_log WHERE person = ? AND counts ORDER BY number
"""


class WrongStoreError(Exception):
    """The file is not a store of this version of the sandbox."""


class StoredChoice(NamedTuple):
    """A choice as it is kept: its `$choice_ts` (ms, UTC) and its JSON text."""

    ts: int
    body: str


class Store:
    """One open store. Only one thread at a time may use it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.standing = Standing(connection)
        self.commits = Commits(connection, self.forget_everybody)
        self._current = _CHOICES
        self._execute = connection.execute
        self._persons: dict[tuple[str, Selector], int] = {}
        self._choices: dict[int, dict[str, StoredChoice]] = {}

    def close(self) -> None:
        """Close the file, folding the write-ahead log back into it."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write everything in the block, or nothing of it; inside another one, a part of that."""
        is_inner = self.connection.in_transaction
        self._execute("SAVEPOINT inner" if is_inner else "BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.forget_everybody()
            self._execute("ROLLBACK TO inner" if is_inner else "ROLLBACK")
            if is_inner:
                self._execute("RELEASE inner")
            raise
        self._execute("RELEASE inner" if is_inner else "COMMIT")

    def let_older_become_current(self) -> None:
        """Take the record that came last as the current choice, whatever its `$choice_ts`."""
        self._current = _CHOICES_AS_THEY_CAME

    # Referentials (PLATFORM §8)

    def datamarts(self) -> dict[str, tuple[bool, str, str]]:
        """Return, by id, whether the token has rights, the organisation id, and the body."""
        rows = self._execute("SELECT id, mine, organisation_id, body FROM datamart ORDER BY id")
        return {row[0]: (bool(row[1]), row[2], row[3]) for row in rows}

    def organisations(self) -> dict[str, tuple[bool, str, str]]:
        """Return, by id, whether the token has rights, the community id, and the body."""
        rows = self._execute("SELECT id, mine, community_id, body FROM organisation ORDER BY id")
        return {row[0]: (bool(row[1]), row[2], row[3]) for row in rows}

    def compartments(self, datamart_id: str) -> list[str]:
        """Return the compartments of a datamart."""
        sql = "SELECT body FROM compartment WHERE datamart_id = ? ORDER BY id"
        return self._bodies(sql, datamart_id)

    def channels(self, organisation_id: str) -> list[str]:
        """Return the channels of an organisation."""
        sql = "SELECT body FROM channel WHERE organisation_id = ? ORDER BY id"
        return self._bodies(sql, organisation_id)

    def processings(self, community_id: str, keywords: str) -> list[str]:
        """Return the processings whose names hold `keywords`, archived ones included."""
        sql = "SELECT name, body FROM processing WHERE community_id = ? ORDER BY id"
        wanted = keywords.casefold()
        return [
            body for name, body in self._execute(sql, (community_id,)) if wanted in name.casefold()
        ]

    def archived_by_processing(self) -> dict[str, bool]:
        """Return, for each processing that exists, whether it is archived."""
        rows = self._execute("SELECT id, archived FROM processing")
        return {row[0]: bool(row[1]) for row in rows}

    # People (PLATFORM §2, §3, §5)

    def person(self, datamart_id: str, selector: Selector) -> int | None:
        """Return the row number of the person that a selector names."""
        known = self._persons.get((datamart_id, selector))
        if known is not None:
            return known
        row = self._execute(
            "SELECT person FROM selector"
            " WHERE datamart_id = ? AND kind = ? AND scope = ? AND value = ?",
            (datamart_id, *selector),
        ).fetchone()
        if row is None:
            return None
        if len(self._persons) >= _MOST_REMEMBERED:
            self._persons.clear()
        self._persons[datamart_id, selector] = row[0]
        return int(row[0])

    def person_of_archived(self, datamart_id: str, selector: Selector) -> int | None:
        """Return the person whom the point of an archived id was merged into."""
        if selector.kind != "user_point_id":
            return None
        sql = "SELECT person FROM archived_point WHERE datamart_id = ? AND point_id = ?"
        row = self._execute(sql, (datamart_id, selector.value)).fetchone()
        return None if row is None else int(row[0])

    def identifiers(self, person: int) -> list[str]:
        """Return the identifiers in the order they are kept in."""
        sql = "SELECT body FROM identifier WHERE person = ? ORDER BY position"
        return self._bodies(sql, person)

    def profiles(self, person: int) -> list[str]:
        """Return all profiles of a person."""
        sql = "SELECT body FROM profile WHERE person = ? ORDER BY compartment_id, account_id"
        return self._bodies(sql, person)

    def profile(
        self, person: int, compartment_id: str, account_id: str | None, *, last: bool = False
    ) -> str | None:
        """Return one profile; without an account, the compartment's first, or its last."""
        found = self._bodies(
            "SELECT body FROM profile WHERE person = ?1 AND compartment_id = ?2"
            " AND (?3 IS NULL OR account_id = ?3) ORDER BY account_id",
            *(person, compartment_id, account_id),
        )
        return found[-1 if last else 0] if found else None

    def forget(self, person: int) -> None:
        """Drop from memory what was read of a person who is gone."""
        self._persons.clear()
        self._choices.pop(person, None)
        self.standing.forget()

    def forget_everybody(self) -> None:
        """Drop from memory all that was read: some of it may not have been kept."""
        self._persons.clear()
        self._choices.clear()
        self.standing.forget()

    # Choices (PLATFORM §4)

    def choices(self, person: int) -> dict[str, StoredChoice]:
        """Return the current choices of a person, by processing: the newest records that count."""
        known = self._choices.get(person)
        if known is None:
            known = {
                row[0]: StoredChoice(row[1], row[2])
                for row in self._execute(self._current, (person,))
            }
            if len(self._choices) >= _MOST_REMEMBERED:
                self._choices.clear()
            self._choices[person] = known
        return known

    def change_log(self, person: int, processing_id: str) -> list[str]:
        """Return the records in the order they came in, which is no order of `$choice_ts`."""
        sql = "SELECT body FROM change_log WHERE person = ? AND processing_id = ? ORDER BY number"
        return self._bodies(sql, person, processing_id)

    def change_log_newest_first(self, person: int, processing_id: str) -> list[str]:
        """Return the records by falling `$choice_ts`."""
        sql = "SELECT body FROM change_log WHERE person = ? AND processing_id = ? ORDER BY ts DESC"
        return self._bodies(sql, person, processing_id)

    def append_record(
        self, person: int, processing_id: str, choice: StoredChoice, digest: bytes
    ) -> StoredChoice:
        """Append a record and return it; or, if one of this ts and digest is there, return that.

        It may share its commit with others. An earlier record that is not the current choice
        counts as having come just now. The caller says with `remember` what is current.
        """
        values = (person, processing_id, choice.ts, digest)
        self.commits.share()
        if self._execute(_APPEND, (*values, choice.body)).rowcount == 1:
            return choice
        earlier = StoredChoice(*self._execute(_READ_RECORD, values).fetchone())
        if self.choices(person).get(processing_id) != earlier:
            self._execute(_RENEW_RECORD, values)
        return earlier

    def remember(self, person: int, processing_id: str, choice: StoredChoice) -> None:
        """Note in memory which record is the current choice."""
        self.choices(person)[processing_id] = choice

    def delete_choice(self, person: int, processing_id: str) -> bool:
        """Delete the current choice, keeping its records; False when there was none."""
        if processing_id not in self.choices(person):
            return False
        sql = "UPDATE change_log SET counts = 0 WHERE person = ? AND processing_id = ?"
        self._execute(sql, (person, processing_id))
        del self._choices[person][processing_id]
        return True

    def delete_change_log(self, person: int, processing_id: str) -> None:
        """Delete every record of a choice."""
        sql = "DELETE FROM change_log WHERE person = ? AND processing_id = ?"
        self._execute(sql, (person, processing_id))

    def add(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Insert rows that the seed made, in the order of the table's columns."""
        found = list(rows)
        if found:
            marks = ", ".join("?" * len(found[0]))
            sql = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 (our own)
            self.connection.executemany(sql, found)

    def _bodies(self, sql: str, *values: object) -> list[str]:
        return [row[0] for row in self._execute(sql, values)]


def opened(path: Path, *, seed: Callable[[Store], None]) -> Store:
    """Open a store, and make and seed it first if it is empty; an older one gets what it lacks.

    Tables, seed and version are one transaction: a start that dies half-way leaves it empty.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=0.5
        )
        connection.execute("PRAGMA page_size = 2048")  # a commit writes whole pages: small ones
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA wal_autocheckpoint = 10000")  # pages
        connection.execute("PRAGMA cache_size = -32000")  # kB: room for the latest records
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.Error as error:
        in_use = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
        reason = "another process has it open" if in_use else str(error)
        raise WrongStoreError(f"{path} can't be opened as a store: {reason}") from error
    if version not in {*ADDED, VERSION} and (version or tables):
        connection.close()
        raise WrongStoreError(f"{path} is not a store of this version of the sandbox")
    if version != VERSION:
        with Store(connection).transaction():
            for statement in (ADDED[version] if version else SCHEMA).split(";"):
                connection.execute(statement)
            if not version:
                seed(Store(connection))
            connection.execute(f"PRAGMA user_version = {VERSION}")
    return Store(connection)
