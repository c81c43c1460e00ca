"""Starts the sandbox: `python -m consentadmin.sandbox --port 8090 --store PATH --token TOKEN`."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from consentadmin.sandbox import serve
from consentadmin.sandbox.app import Manners, Sandbox
from consentadmin.sandbox.decisions import ORDINARY
from consentadmin.sandbox.seed import seed
from consentadmin.sandbox.store import WrongStoreError, opened


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 2 means that it could not start."""
    options = _parser().parse_args(arguments)
    if options.parent_death:
        serve.die_with_parent()
    try:
        held = serve.claim(options.host, options.port)
        store = opened(options.store, seed=seed)
    except (serve.PortTakenError, WrongStoreError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    manners = Manners(options.token, options.latency, options.error_rate)
    decisions = replace(ORDINARY, accepts_seconds=options.accept_seconds)
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
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--latency", type=_milliseconds, default=0.0, help="ms added to each call")
    add("--error-rate", type=_share, default=0.0, help="share of calls answered by 500 or 503")
    add("--accept-seconds", action="store_true", help="take a $choice_ts in seconds too")
    add("--parent-death", action="store_true", help="end when the parent process ends")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65_535:
        raise argparse.ArgumentTypeError("must lie between 1 and 65535")
    return port


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
