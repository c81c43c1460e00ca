"""Faults at random, by dice with a seed: generator, nemesis, and then the checker.

A round asks for changes of a few choices again and again while one fault after the other befalls
the works; then all is well, and when every change has come to its end, it is judged.
"""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from consentadmin.local.postgres import PostgresServer
from tests.faults.asking import Place
from tests.faults.harms import delay, drip, drop_answer, drop_request, half, reset, say
from tests.faults.trials import Run
from tests.faults.works import Process

HARMS = {
    "slow calls": delay(0.1),
    "requests dropped": drop_request(),
    "answers dropped": drop_answer(),
    "connections reset": reset(applied=True, share=0.5),
    "half answers": half(),
    "answers by the byte": drip(0.05),
    "500, applied": say(500, b"no", applied=True),
    "503": say(503, b"no"),
    "429": say(429, headers={"retry-after": "1"}),
    "429 without a word": say(429),
    "nonsense, applied": say(200, b"<h1>Hello</h1>", applied=True),
}
Undo = Callable[[], object]


@dataclass
class Nemesis:
    """Does one thing after the other to a run, and undoes each. `log` tells what it did."""

    run: Run
    server: PostgresServer | None = None
    log: list[str] = field(default_factory=list)
    _worker: Process | None = None
    _sweepers: list[Process] = field(default_factory=list)

    def rage(self, places: list[Place], seconds: float) -> None:
        """Ask and harm for so many seconds."""
        dice = self.run.dice
        self._start_all()
        acts = [self.kill_worker, self.kill_sweeper, self.freeze, self.end_broker, self.harm]
        acts += [self.harm, self.be_away, self.kill_sandbox]
        acts += [self.restart_database] if self.server else []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.run.asker.ask_at_random(places, dice.randint(1, 4), dice)
            undo = dice.choice(acts)()
            self.run.asker.ask_at_random(places, dice.randint(0, 2), dice)
            time.sleep(dice.random() / 2)
            undo()
        self.run.asker.ask_at_random(places, len(places), dice)  # all is well in mid-flight

    def kill_worker(self) -> Undo:
        """End the worker as kill -9 does."""
        self.log.append("worker killed")
        assert self._worker is not None, "it was started"
        self._worker.kill()
        return self._start_worker

    def kill_sweeper(self) -> Undo:
        """End a sweeper as kill -9 does."""
        self.log.append("sweeper killed")
        self._sweepers.pop(0).kill()
        return self._start_sweeper

    def freeze(self) -> Undo:
        """Stop a process in its tracks, for longer than a lease or not, and let it go on."""
        self.log.append("frozen")
        frozen = self._sweepers[0] if self.run.dice.random() < 0.5 else self._worker
        assert frozen is not None, "it was started"
        frozen.send(signal.SIGSTOP)
        time.sleep(self.run.dice.choice([0.2, 1, 4]))
        return lambda: frozen.send(signal.SIGCONT)

    def end_broker(self) -> Undo:
        """Take the broker away, with all it had where the dice say so."""
        self.log.append("broker away")
        self.run.works.broker.halt()
        if self.run.dice.random() < 0.5:
            self.run.works.wipe_broker()
        return self.run.works.broker.start

    def harm(self) -> Undo:
        """Harm some of the calls."""
        name = self.run.dice.choice(sorted(HARMS))
        self.log.append(name)
        method = self.run.dice.choice(["*", "PUT", "GET"])
        self.run.works.proxy.harm(HARMS[name], method=method, rate=self.run.dice.uniform(0.2, 1))
        return self.run.works.proxy.heal

    def be_away(self) -> Undo:
        """Let the platform hang up on everybody."""
        self.log.append("platform away")
        self.run.works.proxy.is_away = True
        return self.run.works.proxy.heal

    def kill_sandbox(self) -> Undo:
        """Kill the platform, and start it again with what it had."""
        self.log.append("platform killed")
        self.run.works.restart_sandbox()
        return lambda: None

    def restart_database(self) -> Undo:
        """Kill PostgreSQL as `pg_ctl stop -m immediate` does, and start it again."""
        self.log.append("database killed")
        assert self.server is not None, "only then is this among the acts"
        self.server.halt(signal.SIGQUIT)
        self.server.start()
        self.run.reconnect()
        return lambda: None

    def _start_all(self) -> None:
        self._start_worker()
        self._start_sweeper()
        self._start_sweeper()

    def _start_worker(self) -> None:
        self._worker = self.run.works.worker()

    def _start_sweeper(self) -> None:
        rings = self.run.dice.random() < 0.5
        self._sweepers.append(self.run.works.sweeper(rings=rings))
