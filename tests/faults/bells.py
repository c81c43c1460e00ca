"""The application's own bell, rung where its broker is well, refuses, or says nothing."""

import os
import subprocess
import sys

PATIENCE_S = 15.0
"""Far less than these bells may take that nobody bounds, far more than starting Python does."""

CODE = """
import django
django.setup()
from consentadmin.tasks.changes import Lane, ring
print({ring(Lane.INTERACTIVE) for _ in range(RINGS)})
"""


def rung_by_the_application(url: str, *, rings: int = 4) -> bool:
    """Ring as the web process does, in a process that is told this address and no other."""
    run = [sys.executable, "-c", CODE.replace("RINGS", str(rings))]
    told = os.environ | {"CELERY_BROKER_URL": url}
    said = subprocess.run(run, env=told, check=True, capture_output=True, timeout=PATIENCE_S)
    assert said.stdout in {b"{True}\n", b"{False}\n"}, said.stdout
    return said.stdout == b"{True}\n"
