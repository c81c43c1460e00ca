"""Starts the sandbox: `python -m consentadmin.sandbox --port 8090 --store PATH --token TOKEN`."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from consentadmin.sandbox import serve
from consentadmin.sandbox.app import Manners, Sandbox
from consentadmin.sandbox.contrarian import SECTIONS, UnknownFactError, contrarian
from consentadmin.sandbox.decisions import ORDINARY, Decisions
from consentadmin.sandbox.pipeline import Plant
from consentadmin.sandbox.seed import PEOPLE, seed
from consentadmin.sandbox.store import WrongStoreError, opened


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 2 means that it could not start."""
    options = _parser().parse_args(arguments)
    if options.parent_death:
        serve.die_with_parent()
    try:
        held = serve.claim(options.host, options.port)
        store = opened(options.store, seed=partial(seed, people=options.people))
    except (serve.PortTakenError, WrongStoreError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    plant = Plant(int(options.activity_delay), options.analyzer_drops, options.import_pace)
    manners = Manners(
        options.token,
        options.latency,
        options.error_rate,
        options.admin,
        plant,
        dict(options.scoped_token),
    )
    decisions = options.contrarian
    if options.accept_seconds:
        decisions = replace(decisions, accepts_seconds=True)
    try:
        serve.serve(Sandbox(store, manners, decisions), options.host, options.port)
    finally:
        store.close()
        if held is not None:
            held.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m consentadmin.sandbox", description=__doc__)
    add = parser.add_argument
    add("--port", type=_port, required=True, help="port to listen on")
    add("--store", type=Path, required=True, help="SQLite file; made and seeded if missing")
    add("--token", type=_token, required=True, help="the API token that calls must bear")
    add("--people", type=_people, default=PEOPLE, help="how many a new store is seeded with")
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--latency", type=_milliseconds, default=0.0, help="ms added to each call")
    add("--error-rate", type=_share, default=0.0, help="share of calls answered by 500 or 503")
    add("--accept-seconds", action="store_true", help="take a $choice_ts in seconds too")
    add(
        "--contrarian",
        type=_decisions,
        nargs="?",
        const="",
        default=ORDINARY,
        metavar="NAMES",
        help=f"do the opposite of what nobody documents: all of it, or of {', '.join(SECTIONS)}"
        " or single facts, in a comma list",
    )
    add("--admin", action="store_true", help="open /admin: faults on request, history of writes")
    _add_pipeline(parser)
    add("--parent-death", action="store_true", help="end when the parent process ends")
    return parser


def _decisions(text: str) -> Decisions:
    try:
        return contrarian(text.split(",") if text else ())
    except UnknownFactError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_pipeline(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--scoped-token",
        type=_scoped_token,
        action="append",
        default=[],
        metavar="TOKEN=DATAMART[,DATAMART]",
        help="one more token, with rights on these datamarts only",
    )
    add("--activity-delay", type=_milliseconds, default=300, help="ms before one is stored")
    add(
        "--analyzer-drops",
        type=_names,
        default=frozenset(),
        metavar="NAMES",
        help="events, and $types of activities, that the pipeline drops, in a comma list",
    )
    add("--import-pace", type=_pace, default=0.0, help="commands of imports a second; 0: no limit")


def _scoped_token(text: str) -> tuple[str, frozenset[str]]:
    token, equals, datamarts = text.rpartition("=")
    if not equals or not _names(datamarts):
        raise argparse.ArgumentTypeError("must be TOKEN=DATAMART[,DATAMART]")
    return _token(token), _names(datamarts)


def _pace(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1_000_000:
        raise argparse.ArgumentTypeError("must lie between 0 and 1000000")
    return value


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65_535:
        raise argparse.ArgumentTypeError("must lie between 1 and 65535")
    return port


def _people(text: str) -> int:
    count = int(text)
    if not PEOPLE <= count <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must lie between {PEOPLE} and 1000000")
    return count


def _token(text: str) -> str:
    if not text or not text.isascii() or not text.isprintable() or text != text.strip():
        raise argparse.ArgumentTypeError("must be printable ASCII")
    return text


def _milliseconds(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 600_000:
        raise argparse.ArgumentTypeError("must lie between 0 and 600000")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
