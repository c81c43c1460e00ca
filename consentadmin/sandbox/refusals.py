"""How a refusal is told: its status is the sandbox's own choice (S), and so can be turned round."""

from consentadmin.sandbox.decisions import Decisions
from consentadmin.sandbox.problems import (
    Foreign,
    Outage,
    Problem,
    Unknown,
    UnreadablePath,
    not_found,
)


def as_decided(problem: Problem, decisions: Decisions) -> Problem:
    """Return the problem that is answered in place of the one that was raised."""
    match problem:
        case Outage():
            return problem
        case Unknown():
            return Foreign() if decisions.unknown_is_403 else problem
        case Foreign():
            return not_found() if decisions.foreign_is_404 else problem
        case UnreadablePath() if decisions.unreadable_is_404:
            return not_found()
        case Problem(status=405) if decisions.wrong_method_is_404:
            return not_found()
        case Problem(status=413):
            return Problem(decisions.large_body_status, problem.sentence, problem.code)
        case Problem(status=400):
            return Problem(decisions.bad_request_status, problem.sentence, problem.code)
    return problem
