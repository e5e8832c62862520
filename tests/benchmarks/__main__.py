"""Run every benchmark, one after the other, each in a process of its own; then the long chaos test."""

import subprocess
import sys

NAMES = (
    *("live", "read", "registry", "app", "anchor", "track", "browser_anchor", "access"),
    *("media", "ladder", "hall", "parties"),
)


def main() -> int:
    failed = []
    for name in NAMES:
        module = f"tests.benchmarks.{name}"
        print(f"\n== {name} ==", flush=True)
        if subprocess.run([sys.executable, "-m", module, *sys.argv[1:]], check=False).returncode:
            failed.append(name)
    print("\n== chaos: 1000 seeded runs ==", flush=True)
    if subprocess.run([sys.executable, "-m", "tests.chaos", "--runs", "1000"], check=False).returncode:
        failed.append("chaos")
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
