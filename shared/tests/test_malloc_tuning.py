"""Memory of large blocks goes back to the system, also when small ones lie between them."""

import subprocess
import sys
from pathlib import Path

import pytest

# large blocks, freed in turn while small blocks made after them stay; prints the MiB still resident
_PROGRAM = """
import ctypes, sys
from mcm_shared.malloc_tuning import return_freed_memory
if sys.argv[1] == "tuned":
    return_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024
libc.free(libc.malloc(16 * 2**20))
before, blocks = resident(), []
for _ in range(100):
    block = libc.malloc(2**20)
    ctypes.memset(block, 1, 2**20)
    blocks.append(block)
    libc.malloc(600)
for block in blocks:
    libc.free(block)
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_freed_memory_is_returned() -> None:
    def resident(how: str) -> float:
        done = subprocess.run([sys.executable, "-c", _PROGRAM, how], capture_output=True, text=True, check=True)
        return float(done.stdout)

    untuned, tuned = resident("untuned"), resident("tuned")

    assert tuned < 10, f"{tuned} MiB of 100 stay"
    if untuned < 50:
        pytest.skip("the C library returns memory anyway")
