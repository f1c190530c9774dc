"""``python -m benchmarks [NAME…]``: runs the named benchmarks, or all of them."""

import importlib
import pkgutil
import sys

import benchmarks


def main() -> None:
    """Runs what the command line names."""
    known = sorted(
        found.name
        for found in pkgutil.iter_modules(benchmarks.__path__)
        if not found.name.startswith("_") and hasattr(importlib.import_module(f"benchmarks.{found.name}"), "main")
    )
    selected = sys.argv[1:] or known
    unknown = [name for name in selected if name not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        raise SystemExit(2)
    for name in selected:
        module = importlib.import_module(f"benchmarks.{name}")
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        module.main()


if __name__ == "__main__":
    main()
