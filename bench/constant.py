"""`python -m bench.constant --port N`: the sandbox's server, answering a constant to every call.

What the sandbox is measured against: the same server, the same thread of Python, no work.
"""

import argparse
import sys

from consentadmin.sandbox import serve
from consentadmin.sandbox.app import Message, Receive, Scope, Send
from consentadmin.sandbox.background import Background

BODY = b'{"status":"ok","data":true}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


class Constant:
    """The least application there can be."""

    def __init__(self) -> None:
        self.background = Background()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, once it has come in whole."""
        if scope["method"] == "PUT":
            await receive()
        start: Message = {"type": "http.response.start", "status": 200, "headers": HEADERS}
        await send(start)
        await send({"type": "http.response.body", "body": BODY})


def main() -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="bench.constant", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    serve.die_with_parent()
    serve.serve(Constant(), "127.0.0.1", parser.parse_args().port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
