"""What is documented of the platform's API, or was seen: the table in the sandbox's README, read.

A test says which facts it shows by `@pytest.mark.fact("§4 write", …)`, wherever it stands: those of
this folder hold any platform against them, those of the client and of the sandbox show what only
they can. `test_facts` fails for a fact that no test bears.
"""

import re
from importlib import resources

_ROW = re.compile(r"\| (§\d [a-z0-9-]+) \| .+ \| ((?:D|C)(?:, (?:D|C))*) \|")


def read_facts() -> dict[str, str]:
    """Return how far each fact is to be trusted, by its name: "D", "C", or both."""
    told = resources.files("consentadmin.sandbox").joinpath("README.md").read_text("utf-8")
    rows = [found for line in told.splitlines() if (found := _ROW.fullmatch(line))]
    names = [row[1] for row in rows]
    assert len(names) == len(set(names)), "each fact has a name of its own"
    return {row[1]: row[2] for row in rows}


FACTS = read_facts()
