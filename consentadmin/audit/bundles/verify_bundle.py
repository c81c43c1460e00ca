"""Verify a bundle of a consentadmin trail. Needs this one file, Python ≥ 3.11 and `cryptography`.

    python verify_bundle.py BUNDLE --key VKEY [--seen CHECKPOINT]

BUNDLE is a folder or a ZIP. VKEY is the trail's verifier key (name+id+base64): take it from the
house itself, not from whoever gave you the bundle. CHECKPOINT is a file with a checkpoint that you
had before: the bundle's trail must be a continuation of it. Exit code 0: all is as it was sealed;
1: it is not, and why; 2: wrong use.

What is verified: the checkpoint's signature; each entry's bytes, by the root of the tree that the
checkpoint signs (RFC 6962; for a part of the trail, with the hashes of what lies between); that the
CSV tells what the entries tell; that no file was changed, added or dropped. What can't be: that a
*part* holds everything that fits its filter. Only the whole trail proves that nothing was left out.
Nor what a Parquet file tells, which it takes another package to read (VERIFY.md).
"""

import argparse
import base64
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "consentadmin-bundle/1"
BLOCK = 1 << 18
LEAF, NODE, DASH = b"\x00", b"\x01", "\N{EM DASH} "
HEAD, SEQ, TAIL = b'{"entry":', b',"seq":', b"}\n"
"""What stands around an entry's very bytes, and around its place in the tree, on each line."""
PARQUET = "entries.parquet"
COLUMNS = (
    *("seq", "id", "at", "action", "outcome", "actor_id", "actor_name", "actor_role", "datamart"),
    *("subject", "reason", "case", "change", "request_id", "schema", "data", "sealed"),
)


class Unsound(Exception):
    """The bundle is not what was sealed, or can't be told to be."""


UNREADABLE = (Unsound, OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile)
"""What reading a bundle that somebody has tampered with can end in."""


Batch = tuple[Sequence[bytes], list[int]]
"""Rows that were read together: their entries' bytes, and their places in the tree."""


class Source(Protocol):
    """Where the bundle's files are."""

    def names(self) -> set[str]: ...
    def open(self, name: str) -> IO[bytes]: ...


class Folder:
    """A bundle in a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def names(self) -> set[str]:
        return {entry.name for entry in self.path.iterdir()}

    def open(self, name: str) -> IO[bytes]:
        return (self.path / name).open("rb")


class Archive:
    """A bundle in a ZIP."""

    def __init__(self, path: Path) -> None:
        self.archive = zipfile.ZipFile(path)

    def names(self) -> set[str]:
        names = self.archive.namelist()
        if len(names) != len(set(names)):
            raise Unsound("the archive holds a file twice")
        return set(names)

    def open(self, name: str) -> IO[bytes]:
        return self.archive.open(name)


class Tree:
    """A tree as it grows, by leaves and by whole subtrees of 2^level leaves."""

    def __init__(self) -> None:
        self.size = 0
        self.waiting: dict[int, bytes] = {}

    def leaves(self, row: list[bytes]) -> None:
        """Append leaf hashes."""
        level, place = 0, self.size
        self.size += len(row)
        while row:
            if place % 2:
                row = [self.waiting.pop(level), *row]
                place -= 1
            if len(row) % 2:
                self.waiting[level], row = row[-1], row[:-1]
            pairs = zip(row[::2], row[1::2], strict=True)
            row = [sha256(NODE + left + right).digest() for left, right in pairs]
            level, place = level + 1, place // 2

    def subtree(self, level: int, root: bytes) -> None:
        """Append a whole subtree by its root."""
        if self.size % (1 << level):
            raise Unsound(f"a subtree of level {level} can't begin at {self.size}")
        self.size += 1 << level
        while level in self.waiting:
            root = sha256(NODE + self.waiting.pop(level) + root).digest()
            level += 1
        self.waiting[level] = root

    def root(self) -> bytes:
        """Return the root."""
        found = None
        for level in sorted(self.waiting):
            left = self.waiting[level]
            found = left if found is None else sha256(NODE + left + found).digest()
        return sha256(b"").digest() if found is None else found


def checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint that this key has signed."""
    name, named, body = (*vkey.strip().split("+", 2), "", "")[:3]
    public = _decoded(body, "the key")
    identity = sha256(name.encode() + b"\n" + public).digest()[:4]
    if public[:1] != NODE or len(public) != 33 or identity.hex() != named:
        raise Unsound("the key is no Ed25519 verifier key (name+id+base64)")
    text, _, lines = note.rpartition("\n\n")
    text += "\n"
    for line in lines.splitlines():
        signer, _, signature = line.removeprefix(DASH).partition(" ")
        decoded = _decoded(signature, "a signature")
        if signer == name and decoded[:4] == identity:
            break
    else:
        raise Unsound("the checkpoint is not signed by this key")
    try:
        Ed25519PublicKey.from_public_bytes(public[1:]).verify(decoded[4:], text.encode())
    except InvalidSignature:
        raise Unsound("the checkpoint's signature is forged, or its text was changed") from None
    origin, size, root, *rest = text.split("\n")
    if rest != [""] or origin != name or not size.isdecimal():
        raise Unsound("the checkpoint is malformed")
    return origin, int(size), _decoded(root, "the checkpoint")


def opened(path: Path) -> Source:
    """Return the files of a bundle, which is a folder or a ZIP."""
    return Folder(path) if path.is_dir() else Archive(path)


def verify(path: Path, vkey: str, seen: str | None = None) -> str:
    """Verify a bundle; return what it holds, in words. Raises Unsound."""
    source = opened(path)
    with source.open("manifest.json") as file:
        manifest = json.load(file)
    with source.open("checkpoint") as file:
        note = file.read().decode()
    origin, size, root = checkpoint(note, vkey)
    if manifest["format"] != FORMAT or [manifest[name] for name in ("origin", "size", "root")] != [
        origin,
        size,
        base64.b64encode(root).decode(),
    ]:
        raise Unsound("the manifest is not about the checkpoint")
    old = checkpoint(seen, vkey) if seen else None
    if old and old[1] > size:
        raise Unsound(f"you have seen {old[1]} entries, and this bundle knows of {size}: it is old")
    _check_files(source, manifest["files"])
    rows, halfway = _check_entries(source, manifest, root, old[1] if old else None)
    if old:
        _check_continues(source, old, (size, root), halfway)
    part = "the whole trail" if manifest["is_whole"] else f"part of it: {manifest['filter']}"
    return f"{rows} entries of {origin} at {size} are as they were sealed ({part})"


def _check_files(source: Source, listed: dict[str, dict[str, Any]]) -> None:
    if source.names() != {"manifest.json", *listed}:
        raise Unsound("files were added or dropped")
    for name in listed:
        if name == "entries.jsonl":
            continue  # it is read once, for its hash and its rows (_batches)
        digest = sha256()
        with source.open(name) as file:
            while block := file.read(BLOCK):
                digest.update(block)
        if digest.hexdigest() != listed[name]["sha256"]:
            raise Unsound(f"{name} was changed")


def _check_entries(
    source: Source, manifest: dict[str, Any], root: bytes, halt: int | None
) -> tuple[int, bytes | None]:
    """Make the tree of the entries, and of what lies between; return how many, and the old root."""
    is_whole = bool(manifest["is_whole"])
    if is_whole != (not manifest["filter"]):
        raise Unsound("it says to be whole, and filtered")
    tree, halfway, count = Tree(), None, 0
    between = iter(()) if is_whole else _subtrees(source)
    ahead = next(between, None)
    batches = _batches(source, manifest["files"]["entries.jsonl"])
    if "entries.csv" in manifest["files"]:
        batches = _with_csv(source, batches)
    for entries, places in batches:
        leaves = [sha256(LEAF + entry).digest() for entry in entries]
        for start, end in _runs(places, halt):
            while places[start] > tree.size and ahead and ahead[0] == tree.size:
                tree.subtree(*ahead[1:])
                ahead = next(between, None)
            if places[start] != tree.size:
                told = f"row {count + start + 1} is entry {places[start]}"
                raise Unsound(f"{told}: one before it is missing, or moved")
            if halt == tree.size:
                halfway = tree.root()
            tree.leaves(leaves[start:end])
        count += len(leaves)
    while ahead and ahead[0] == tree.size:
        tree.subtree(*ahead[1:])
        ahead = next(between, None)
    if ahead or tree.size != manifest["size"] or count != manifest["rows"]:
        raise Unsound(f"{count} entries make a tree of {tree.size}, not of {manifest['size']}")
    if tree.root() != root:
        raise Unsound("the entries do not make the tree that the checkpoint signs")
    return count, root if halt == tree.size else halfway if is_whole else None


def _batches(source: Source, told: dict[str, Any]) -> Iterator[Batch]:
    """Yield the rows, many at a time: their entries' bytes, and the places that they claim.

    No entry holds a newline, so what ends one line and begins the next stands nowhere else.
    """
    digest, rest, begun = sha256(), HEAD, False
    with source.open("entries.jsonl") as file:
        while block := file.read(BLOCK):
            digest.update(block)
            if not begun and not block.startswith(HEAD):
                raise Unsound("the first row is no entry")
            *rows, rest = (rest + block if begun else block[len(HEAD) :]).split(TAIL + HEAD)
            begun = True
            yield _batch(rows)
    if digest.hexdigest() != told["sha256"]:
        raise Unsound("entries.jsonl was changed")
    if begun:
        if not rest.endswith(TAIL):
            raise Unsound("the last line of entries.jsonl is cut off")
        yield _batch([rest.removesuffix(TAIL)])


def _batch(rows: list[bytes]) -> Batch:
    """Part rows into the entries' bytes and the places; a place has one way of being written."""
    parts = [row.rpartition(SEQ) for row in rows]
    places = [int(place) for _, _, place in parts]
    if b", ".join(place for _, _, place in parts) != str(places)[1:-1].encode():
        raise Unsound("a row's place is no number as it was written")
    return [entry for entry, _, _ in parts], places


def _runs(places: list[int], halt: int | None) -> Iterator[tuple[int, int]]:
    """Yield from where to where the rows follow upon each other; a new one begins at `halt`."""
    start, count = 0, len(places)
    while start < count:
        first, end = places[start], count
        last = first + count - start - 1
        if places[-1] != last or places[start:] != list(range(first, last + 1)):
            end = start + 1
            while end < count and places[end] == places[end - 1] + 1:
                end += 1
        if halt is not None and first < halt < first + end - start:
            end = start + halt - first
        yield start, end
        start = end


def _check_continues(
    source: Source, old: tuple[str, int, bytes], new: tuple[int, bytes], halfway: bytes | None
) -> None:
    """See that the tree is a continuation of the one seen: by its leaves, or by a proof."""
    _, before, root = old
    if before == 0:
        return
    if halfway is None and before != new[0]:
        proofs = [line.split() for line in _lines(source, "consistency.txt")]
        chosen = [proof[1:] for proof in proofs if int(proof[0]) == before]
        if not chosen:
            raise Unsound(f"it holds no proof from the checkpoint of {before}: ask for one with it")
        proof = [_decoded(part.decode(), "a proof") for part in chosen[0]]
        if not _continues(before, new[0], root, new[1], proof):
            raise Unsound("it is not a continuation of the checkpoint you have seen")
    elif root != (halfway if halfway is not None else new[1]):
        raise Unsound("it is not a continuation of the checkpoint you have seen")


def _continues(old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]) -> bool:
    """Follow a consistency proof (RFC 9162 §2.1.4.2)."""
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    if not proof:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = proof[0]
    for part in proof[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first = sha256(NODE + part + first).digest()
            second = sha256(NODE + part + second).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = sha256(NODE + second + part).digest()
        at, last = at >> 1, last >> 1
    return first == old_root and second == new_root and last == 0


def _subtrees(source: Source) -> Iterator[tuple[int, int, bytes]]:
    """Yield (first leaf, level, root) of each subtree that stands for entries left out."""
    for line in _lines(source, "between.txt"):
        level, place, root = line.split()
        yield int(place) << int(level), int(level), _decoded(root.decode(), "a subtree")


def _lines(source: Source, name: str) -> Iterator[bytes]:
    """Yield the lines of a file, each without its end; there is nothing after the last."""
    rest = b""
    with source.open(name) as file:
        while block := file.read(BLOCK):
            *lines, rest = (rest + block).split(b"\n")
            yield from lines
    if rest:
        raise Unsound(f"the last line of {name} is cut off")


def _with_csv(source: Source, batches: Iterable[Batch]) -> Iterator[Batch]:
    """Yield the rows, once it is seen that the CSV tells the same."""
    with source.open("entries.csv") as file:
        wanted = ",".join(COLUMNS).encode() + b"\n"
        for entries, places in batches:
            for entry, place in zip(entries, places, strict=True):
                wanted += _row(entry, place)
                if file.read(len(wanted)) != wanted:
                    raise Unsound(f"entries.csv does not tell what entry {place} tells")
                wanted = b""
            yield entries, places
        if file.read(len(wanted) + 1) != wanted:
            raise Unsound("entries.csv tells of more than the entries")


def _row(entry: bytes, place: int) -> bytes:
    """Return a line of the CSV."""
    try:
        cells = {**json.loads(entry), "seq": place}
        return ",".join(_cell(cells[name]) for name in COLUMNS).encode() + b"\n"
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Unsound(f"entry {place} is no entry any more") from None


def _cell(value: object) -> str:
    """Return a value as a cell: quoted, and harmless to a spreadsheet; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    text = str(value)
    guard = "'" if text[:1] in tuple("=+-@\t\r\n") else ""
    return '"' + guard + text.replace('"', '""') + '"'


def _decoded(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Unsound(f"{what} is no base64") from None


def main(words: list[str] | None = None) -> int:
    """Verify what the words name, say what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="verify_bundle.py", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", required=True, metavar="VKEY", help="the trail's verifier key")
    parser.add_argument("--seen", type=Path, metavar="CHECKPOINT", help="one that you had before")
    asked = parser.parse_args(words)
    try:
        seen = asked.seen.read_text(encoding="utf-8") if asked.seen else None
        print(verify(asked.bundle, asked.key, seen))
        if PARQUET in opened(asked.bundle).names():
            print(f"The rows of {PARQUET} were not held against them: see VERIFY.md.")
    except UNREADABLE as error:
        print(f"NOT SOUND: {error}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
