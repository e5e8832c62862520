"""Run every benchmark that is there, one after the other, each in a process of its own."""

import importlib.util
import subprocess
import sys

NAMES = ("live", "read", "registry", "app")


def main() -> int:
    failed = []
    for name in NAMES:
        module = f"tests.benchmarks.{name}"
        print(f"\n== {name} ==", flush=True)
        if importlib.util.find_spec(module) is None:
            print("not there yet")
            continue
        if subprocess.run([sys.executable, "-m", module, *sys.argv[1:]], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
