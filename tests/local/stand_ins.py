"""A house of stand-ins: the same supervisor, programs of a few lines.

Run as a script it keeps such a house as `make run` would keep the real one.
"""

import sys
from dataclasses import replace
from pathlib import Path

from consentadmin.local.__main__ import run
from consentadmin.local.table import Program, Table, Wiring

SERVE = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
for _ in range(2):
    if os.fork() == 0:
        import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True: signal.pause()
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
WAIT = "import signal\nprint('at work', flush=True)\nwhile True: signal.pause()"
NOTE = "import sys; open(sys.argv[1], 'a').write(' '.join(sys.argv[2:]) + '\\n')"


def python(wiring: Wiring, name: str, code: str, *words: str) -> Program:
    return Program(name, [sys.executable, "-c", code, *words], wiring.environment, grace=1)


class StandIns(Table):
    """Programs that listen where the real ones do, fork as they do, and note what they did."""

    ready_path = "/"

    def migrate(self, wiring: Wiring) -> Program:
        return python(wiring, "migrate", NOTE, str(wiring.var / "notes"), "migrate")

    def sandbox(self, wiring: Wiring) -> Program:
        return python(wiring, "sandbox", SERVE, str(wiring.ports.sandbox.number))

    def seed(self, wiring: Wiring, *, is_first: bool) -> Program:
        done = "datamarts and staff" if is_first else "datamarts"
        return python(wiring, "seed", NOTE, str(wiring.var / "notes"), done)

    def programs(self, wiring: Wiring) -> list[Program]:
        return [
            python(wiring, "worker", WAIT),
            python(wiring, "web", SERVE, str(wiring.ports.web.number)),
        ]


class BrokenWorker(StandIns):
    """A house whose worker ends soon after it has started."""

    def programs(self, wiring: Wiring) -> list[Program]:
        broken = "import time; time.sleep(2); print('no more'); raise SystemExit(3)"
        return [python(wiring, "worker", broken), *super().programs(wiring)[1:]]


class RealServers(StandIns):
    """Granian and Celery as the real house runs them, with next to nothing inside."""

    def programs(self, wiring: Wiring) -> list[Program]:
        worker, beat, *_, web = Table.programs(self, wiring)
        return [_tiny(program) for program in (worker, beat, web)]


def _tiny(program: Program) -> Program:
    """Put `tests.local.tiny` where the command names the application."""
    argv = [word.replace("consentadmin.celery", "tests.local.tiny") for word in program.argv]
    argv = [word.replace("consentadmin.wsgi", "tests.local.tiny") for word in argv]
    return replace(program, argv=argv)


TABLES: dict[str, type[Table]] = {
    "stand-ins": StandIns,
    "broken": BrokenWorker,
    "real": RealServers,
}


def notes(var: Path) -> list[str]:
    return (var / "notes").read_text().splitlines()


if __name__ == "__main__":
    sys.exit(run(TABLES[sys.argv[1]]()))
