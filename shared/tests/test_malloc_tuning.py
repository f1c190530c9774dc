"""Memory of large blocks goes back to the system, also when small ones lie between them."""

import subprocess
import sys
from pathlib import Path

import pytest

# blocks, freed in turn while small blocks made after them stay; prints the MiB still resident
_PROGRAM = """
import ctypes, sys
from mcm_shared.malloc_tuning import return_freed_memory, trim_heap
if sys.argv[1] != "untuned":
    return_freed_memory()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS")) / 1024
libc.free(libc.malloc(16 * 2**20))
before, blocks = resident(), []
size = int(sys.argv[2])
for _ in range(100 * 2**20 // size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    blocks.append(block)
    libc.malloc(600)
for block in blocks:
    libc.free(block)
if sys.argv[1] == "trimmed":
    trim_heap()
print(resident() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.parametrize(
    ("size", "before", "after"), [(2**20, "untuned", "tuned"), (2**15, "tuned", "trimmed")], ids=["large", "small"]
)
def test_freed_memory_is_returned(size: int, before: str, after: str) -> None:
    def resident(how: str) -> float:
        command = [sys.executable, "-c", _PROGRAM, how, str(size)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    retained, left = resident(before), resident(after)

    assert left < 20, f"{left} MiB of 100 stay"
    if retained < 50:
        pytest.skip("the C library returns memory anyway")
