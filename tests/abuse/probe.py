"""Health check by another process: ``python -m tests.abuse.probe URL PID`` prints the latencies when its input ends."""

import http.client
import os
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

EVERY_S = 0.05
_TIMEOUT_S = 10.0


def main() -> None:
    """Prints the slowest of the requests in seconds, by the server's own work and by the clock, and how many failed."""
    address, pid = urlsplit(sys.argv[1]), int(sys.argv[2])
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    slowest, slowest_by_clock, failed = 0.0, 0.0, 0
    while not ended.wait(EVERY_S):
        used, began = _processor_time(pid), time.monotonic()
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=_TIMEOUT_S)
        try:
            connection.request("GET", "/health")
            failed += connection.getresponse().status != 200
        except OSError:
            failed += 1
        finally:
            connection.close()
        took = time.monotonic() - began
        # a server that waits for a processor is late without any fault of its own
        slowest = max(slowest, min(took, _processor_time(pid) - used))
        slowest_by_clock = max(slowest_by_clock, took)
    sys.stdout.write(f"{slowest} {slowest_by_clock} {failed}\n")


def _processor_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
