"""Health check by another process: ``python -m tests.abuse.probe URL`` prints the latencies until its input ends."""

import http.client
import sys
import threading
import time
from urllib.parse import urlsplit

EVERY_S = 0.05
_TIMEOUT_S = 10.0


def main() -> None:
    """Prints the slowest of the requests in seconds, and how many failed."""
    address = urlsplit(sys.argv[1])
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    slowest, failed = 0.0, 0
    while not ended.wait(EVERY_S):
        began = time.monotonic()
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", "/health")
            failed += connection.getresponse().status != 200
        except OSError:
            failed += 1
        finally:
            connection.close()
        slowest = max(slowest, time.monotonic() - began)
    sys.stdout.write(f"{slowest} {failed}\n")


if __name__ == "__main__":
    main()
