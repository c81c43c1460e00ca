"""Finds who answers a raw path: a tree of literal segments and of variables."""

from collections.abc import Callable
from dataclasses import dataclass

from consentadmin.sandbox.problems import Problem, not_found

_VARIABLE = ":"


@dataclass(slots=True)
class Call:
    """One call: the path's variables still percent-encoded, the query, the body."""

    values: list[str]
    query: str
    body: bytes


Handler = Callable[[Call], bytes]


class _Node:
    __slots__ = ("branches", "methods")

    def __init__(self) -> None:
        self.branches: dict[str, _Node] = {}
        self.methods: dict[str, Handler] = {}


class Routes:
    """The paths that exist. A pattern is written `/v1/datamarts/:`, with `:` for a variable."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Let `handler` answer `method` on paths of this pattern."""
        node = self._root
        for segment in pattern.split("/"):
            node = node.branches.setdefault(segment, _Node())
        node.methods[method] = handler

    def patterns(self) -> set[tuple[str, str]]:
        """Return the method and the pattern of everything that is answered."""
        found, left = set(), [("", self._root)]
        while left:
            pattern, node = left.pop()
            found |= {(method, pattern[1:]) for method in node.methods}
            left += [(f"{pattern}/{segment}", below) for segment, below in node.branches.items()]
        return found

    def find(self, method: str, path: str) -> tuple[Handler, list[str]]:
        """Return the handler and the variables, or raise the platform's 404 or 405."""
        node, values = self._root, []
        for segment in path.split("/"):
            branches = node.branches
            following = branches.get(segment)
            if following is None or segment == _VARIABLE:
                following = branches.get(_VARIABLE)
                if following is None or not segment:
                    raise not_found()
                values.append(segment)
            node = following
        if not node.methods:
            raise not_found()
        handler = node.methods.get(method)
        if handler is None:
            allow = ", ".join(sorted(node.methods))
            raise Problem(405, "Method Not Allowed", "METHOD_NOT_ALLOWED", allow)
        return handler, values
