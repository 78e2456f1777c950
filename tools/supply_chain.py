"""What the program stands on: `make sbom` lists it, `make audit` asks whether faults are known.

Both look at an environment with what production needs and nothing else, in var/runtime.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME = ROOT / "var" / "runtime"
SBOM = ROOT / "var" / "sbom.cdx.json"
PYTHON = RUNTIME / "bin" / "python"


def main(arguments: list[str]) -> int:
    commands = {"sbom": sbom, "audit": audit}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(f"usage: tools/supply_chain.py {{{','.join(commands)}}}", file=sys.stderr)
        return 2
    make_runtime()
    return commands[arguments[0]]()


def make_runtime() -> None:
    """An environment with requirements.txt; what an older one had more of goes."""
    _run(sys.executable, "-m", "venv", "--clear", str(RUNTIME))
    pip = [str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    _run(*pip, "install", "--requirement", str(ROOT / "requirements.txt"))


def sbom() -> int:
    """A CycloneDX document of every package, its version and licence."""
    _run(
        *(sys.executable, "-m", "cyclonedx_py", "environment", str(PYTHON)),
        *("--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"),
        *("--output-reproducible", "--output-format", "JSON", "--output-file", str(SBOM)),
    )
    print(f"written: {SBOM.relative_to(ROOT)}")
    return 0


def audit() -> int:
    """Known vulnerabilities of those packages. Needs the vulnerability service of PyPI.

    A package that could not be asked about is a failure too: silence is no good news.
    """
    [packages] = RUNTIME.glob("lib/python*/site-packages")
    command = [sys.executable, "-m", "pip_audit", "--path", str(packages), "--strict"]
    return subprocess.run([*command, "--progress-spinner", "off"], check=False).returncode


def _run(*command: str) -> None:
    subprocess.run(command, check=True, env={**os.environ, "PIP_NO_INPUT": "1"})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
