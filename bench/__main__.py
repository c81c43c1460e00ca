"""`python -m bench [NAME …] [--rounds N]`: measure, and hold each figure against its bar.

Exit code 1 when a bar is missed by more than noise. Both sides of a ratio are measured in one run.
"""

import argparse
import sys

from bench import changes, downloads, drain, people, profiles, sandbox, trail
from bench.measuring import Verdict

BENCHES = {
    "people": people.measure,
    "changes": changes.measure,
    "downloads": downloads.measure,
    "drain": drain.measure,
    "sandbox": sandbox.measure,
    "profiles": profiles.measure,
    "trail": trail.measure,
}


def main() -> int:
    """Measure what is asked for, print each figure beside its bar, and return the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=" or ".join(BENCHES))
    parser.add_argument("--rounds", type=int, default=40)
    asked = parser.parse_args()
    if unknown := set(asked.names) - BENCHES.keys():
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    verdicts: list[Verdict] = []
    for name in asked.names or BENCHES:
        print(f"{name}:")
        verdicts += BENCHES[name](asked.rounds)
    print()
    for verdict in verdicts:
        print(verdict)
    return int(any(verdict.is_missed_clearly for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
