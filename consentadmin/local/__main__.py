"""`python -m consentadmin.local run`: what `make run` does."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from consentadmin.local.claim import Ports
from consentadmin.local.errors import CannotStart, ChildDied
from consentadmin.local.house import House
from consentadmin.local.launch import die_with
from consentadmin.local.table import ROOT, Table

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Begin to stop, once: what comes after must not break off the stopping."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def print_line(line: str) -> None:
    print(line, flush=True)


def describe(house: House) -> str:
    """Say where everything is and who can sign in."""
    rows = [("role", "e-mail", "password")]
    rows += [(a["role"], a["email"], a["password"]) for a in house.accounts]
    widths = [max(len(row[column]) for row in rows) + 3 for column in range(3)]
    table = [
        "  " + "".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(
        [
            "",
            f"  consentadmin   {house.web}",
            f"  sandbox        {house.sandbox}   (the platform's API, reproduced)",
            f"  state, logs    {house.var}",
            "",
            *table,
            "",
            "  Ctrl-C stops everything; the next start keeps all data.",
            "",
        ]
    )


def run(table: Table | None = None) -> int:
    """Keep a house until it is told to stop, or until something in it breaks."""
    for number in STOPPING:
        signal.signal(number, interrupt)
    try:
        var = Path(os.environ.get("CONSENTADMIN_VAR") or ROOT / "var")
        house = House(
            var=var,
            ports=Ports.read(os.environ),
            table=table,
            say=lambda part: print_line(f"Starting: {part} …"),
        )
        with house:
            print_line(describe(house))
            while True:
                house.watch()
                time.sleep(0.2)
    except KeyboardInterrupt:
        print_line("Stopped.")
        return 0
    except (CannotStart, ChildDied) as error:
        print(f"consentadmin: {error}", file=sys.stderr, flush=True)
        return 1


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m consentadmin.local", description=__doc__)
    parser.add_argument("command", choices=["run"], help="start everything, until Ctrl-C")
    parser.add_argument(
        "--parent-death", action="store_true", help="stop when the process that started this does"
    )
    if parser.parse_args().parent_death:
        die_with(os.getppid(), signal.SIGTERM)
    return run()


if __name__ == "__main__":
    sys.exit(main())
