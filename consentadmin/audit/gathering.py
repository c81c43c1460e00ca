"""Gathering every checkpoint that was ever signed, from the database and from outside of it.

A note counts as far as its signature stands: by a key trusted from elsewhere, or by one that such a
key has vouched for at a change-over.
"""

from collections.abc import Sequence

from consentadmin.audit.notes import DASH, BadNote, Checkpoint, VerifierKey, opened, signers
from consentadmin.audit.reports import Problem, Report
from consentadmin.audit.tree import Connection

CHANGE_OVERS = "SELECT note FROM audit_checkpoint WHERE note ~ %s ORDER BY id"
ALL_NOTES = "SELECT origin, size, root, note FROM audit_checkpoint ORDER BY id"


class Notes:
    """Every checkpoint by its size, as far as its signature stands: some 200 bytes for each."""

    def __init__(
        self,
        connection: Connection,
        trusted: Sequence[VerifierKey],
        origin: str,
        report: Report,
        *,
        believes_former: bool = True,
    ) -> None:
        rows = connection.execute("SELECT vkey FROM audit_key ORDER BY since").fetchall()
        self.named = [VerifierKey.parse(vkey) for (vkey,) in rows]
        # Of a name that is ours no more, no key can be known from elsewhere.
        former = [key for key in self.named if key.name != origin and believes_former]
        self.trusted = [*(trusted or self.named), *former]
        self.report, self.count = report, 0
        self.roots: dict[int, set[bytes]] = {}

    def add_stored(self, connection: Connection) -> None:
        """Take in what the database holds; each row must say what its note says."""
        rows = connection.execute(ALL_NOTES).fetchall()
        for origin, size, root, note in rows:
            if not note.startswith(Checkpoint(origin, size, bytes(root)).text + "\n"):
                why = "the row of a checkpoint does not say what its note says"
                self.report.problems.append(Problem(size, None, why))
        self.add([note for *_, note in rows])

    def add_outside(self, notes: Sequence[str]) -> None:
        """Take in what was kept elsewhere; the database must hold each of them."""
        before = {size: set(roots) for size, roots in self.roots.items()}
        self.add(notes)
        for size, roots in self.roots.items():
            if roots - before.get(size, set()):
                why = f"a checkpoint of {size} entries was published and is not in the database"
                self.report.problems.append(Problem(size, None, why))
                return

    def add(self, notes: Sequence[str]) -> None:
        """Take notes in; one that no key we can trust has signed is a problem."""
        self.count += len(notes)
        self._trust_predecessors(notes)
        for note in notes:
            try:
                checkpoint = opened(note, self.trusted)
            except BadNote as error:
                self.report.problems.append(Problem(_size(note), None, f"a checkpoint: {error}"))
            else:
                self.roots.setdefault(checkpoint.size, set()).add(checkpoint.root)

    def unvouched(self, connection: Connection) -> list[VerifierKey]:
        """Return the keys that the database names and no key we trust has vouched for.

        One that is ours under a name that the trail had before is vouched for by itself.
        """
        rows = connection.execute(CHANGE_OVERS, [f"\n{DASH}.*\n{DASH}"]).fetchall()
        for _ in self.named:  # each round goes back by a key, or to a former name, at least
            self._trust_predecessors([note for (note,) in rows])
            halves = {key.public for key in self.trusted}
            self.trusted += [
                key for key in self.named if key.public in halves and key not in self.trusted
            ]
        return [key for key in self.named if key not in self.trusted]

    def _trust_predecessors(self, notes: Sequence[str]) -> None:
        """Trust a key that the database names once a trusted one has signed the same note.

        So trust goes back from the key of today to those before it, by the change-over notes.
        """
        for note in reversed([note for note in notes if note.count(DASH) > 1]):
            try:
                _, by = signers(note, [*self.trusted, *self.named])
            except BadNote:
                continue
            if any(key in self.trusted for key in by):
                self.trusted += [key for key in by if key not in self.trusted]


def strangers(connection: Connection, pinned: Sequence[VerifierKey], origin: str) -> list[Problem]:
    """Return a problem for each key that the database names and no pinned key vouches for.

    So a key that a forger has put there is found, also under a name that the trail had before.
    """
    notes = Notes(connection, pinned, origin, Report(), believes_former=False)
    why = "key {} is in the database, and no key known from elsewhere vouches for it"
    found = notes.unvouched(connection)
    return [Problem(0, None, why.format(key.id.hex())) for key in found]


def _size(note: str) -> int:
    """Return the size that a note claims, 0 if it is no checkpoint at all."""
    try:
        return Checkpoint.parse(note.rpartition("\n\n")[0] + "\n").size
    except BadNote:
        return 0
