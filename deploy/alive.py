"""Ask the web server on this machine whether it answers: exit code 0, or 1 with a sentence.

The health check of the image; the standard library does. It names a host that Django allows.
"""

import http.client
import os
import sys
from pathlib import Path

OK = 200


def host() -> str:
    """Return the first of ALLOWED_HOSTS, as it would stand in a request."""
    path = os.environ.get("ALLOWED_HOSTS_FILE")
    hosts = Path(path).read_text() if path else os.environ.get("ALLOWED_HOSTS", "")
    first = hosts.split(",")[0].strip().lstrip(".")
    return first if first not in {"", "*"} else "localhost"


def main() -> int:
    port = int(os.environ.get("GRANIAN_PORT", "8000"))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", "/healthz/live", headers={"Host": host()})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        print(f"It does not answer: {type(error).__name__}", file=sys.stderr)
        return 1
    finally:
        connection.close()
    if status != OK:
        print(f"It answers {status}.", file=sys.stderr)
    return 0 if status == OK else 1


if __name__ == "__main__":
    sys.exit(main())
