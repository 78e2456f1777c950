#!/usr/bin/env python3
"""Set up the virtual environment, then do what was asked. Needs Python 3.11+ and no package.

Usage: tools/run.py VERB [ARGUMENT...]
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = ROOT / "var"
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
SOAK = ROOT / "requirements-soak.txt"
SUPPLY_CHAIN = ROOT / "requirements-audit.txt"
OLDEST = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11")

COMMANDS = {
    "demo": ["-m", "cbdc.devnet.demo"],
    "bench": ["-m", "benchmarks"],
    "load": ["-m", "loadtests.load"],
    "soak": ["-m", "loadtests.soak"],
    "screenshots": ["-m", "tools.screenshots"],
    "audit": ["-m", "tools.supply_chain", "audit"],
    "sbom": ["-m", "tools.supply_chain", "sbom"],
}
# What a verb needs besides what production needs; the others need the development tools.
NEEDS = {
    "demo": [],
    "soak": [DEVELOPMENT, SOAK],
    "audit": [DEVELOPMENT, SUPPLY_CHAIN],
    "sbom": [DEVELOPMENT, SUPPLY_CHAIN],
}
FORMAT_AND_TYPES = {
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "ruff check": ["-m", "ruff", "check", "."],
    "mypy": ["-m", "mypy", "."],
    "lint-imports": [str(VENV / "bin" / "lint-imports")],
    "bandit": ["-m", "bandit", "--quiet", "--recursive", "--configfile", "pyproject.toml", "."],
}
# Programs that tests call, and the Debian package of each.
PROGRAMS = {
    "chromedriver": "chromium-driver",
    "chromium": "chromium",
    "curl": "curl",
    "openssl": "openssl",
    "softhsm2-util": "softhsm2",
    "zbarimg": "zbar-tools",
}
SIDE_BY_SIDE = ["-n", "auto", "--maxprocesses", "4"]  # each has a database and a network of its own
ROLES = {"central bank": "central-bank", "bank": "harbor"}


def main(arguments: list[str]) -> int:
    require_python()
    verbs: dict[str, Callable[[list[str]], int]] = {"test": test, "check": check, "clean": clean}
    verb = arguments[0] if arguments else ""
    rest = arguments[1:]
    if verb in verbs:
        return verbs[verb](rest)
    if verb not in COMMANDS:
        print(f"usage: tools/run.py {{{','.join(sorted([*verbs, *COMMANDS]))}}}", file=sys.stderr)
        return 2
    set_up(RUNTIME, *NEEDS.get(verb, [DEVELOPMENT]))
    os.chdir(ROOT)
    # In this process's place, so that Ctrl-C and SIGTERM reach the program itself.
    os.execv(PYTHON, [str(PYTHON), *COMMANDS[verb], *rest])


def require_python() -> None:
    """Go on with a newer Python of this machine when this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in NEWER_PYTHONS:
        if found := shutil.which(name):
            os.execv(found, [found, *sys.argv])
    sys.exit("Python 3.11 or newer is needed; `make PYTHON=/path/to/python3 ...` names one")


def set_up(*requirement_files: Path) -> None:
    """Make the virtual environment and install what changed since the last time."""
    VAR.mkdir(exist_ok=True)
    with (VAR / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not venv_works():
            make_venv()
        for file in requirement_files:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            stamp = VENV / f"{file.stem}.sha256"
            if not stamp.exists() or stamp.read_text() != digest:
                install(file)
                stamp.write_text(digest)


def venv_works() -> bool:
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", ""], capture_output=True, check=False).returncode == 0


def make_venv() -> None:
    print("Making .venv ...", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode == 0:
        return
    # Debian without python3-venv has no ensurepip; its own pip can install into a venv.
    command = [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)]
    if subprocess.run(command, check=False).returncode != 0:
        sys.exit(f"cannot make a virtual environment:\n{made.stdout}{made.stderr}")


def install(file: Path) -> None:
    print(f"Installing {file.name} ...", flush=True)
    pip = [str(PYTHON), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode != 0:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "-r", str(file)]
    if subprocess.run([*pip, "install", *options], cwd=ROOT, check=False).returncode != 0:
        sys.exit(f"could not install {file.name}; is python3-venv (or pip) there, and a network?")


def test(arguments: list[str]) -> int:
    """Every check, then every test; pytest's summary is the last line in any case."""
    failed = run_checks()
    install_programs()
    # -m pytest, not pytest: it puts this folder on the path, where the plugins are.
    command = [str(PYTHON), "-m", "pytest", *SIDE_BY_SIDE, *arguments]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return status or failed


def install_programs() -> None:
    """Install what is missing where apt can; elsewhere the tests do without."""
    missing = [package for name, package in PROGRAMS.items() if shutil.which(name) is None]
    apt = shutil.which("apt-get")
    if not missing or apt is None or os.geteuid() != 0:
        return
    print(f"Installing {', '.join(missing)} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *missing]):
        subprocess.run(
            [apt, *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )


def check(arguments: list[str]) -> int:
    return run_checks()


def run_checks() -> int:
    """Run all checks at once; prints each one's result, and the output of those that fail."""
    set_up(RUNTIME, DEVELOPMENT)
    jobs = {name: (command, dict(os.environ)) for name, command in FORMAT_AND_TYPES.items()}
    for role, code in ROLES.items():
        environment = django_environment(code)
        command = ["manage.py", "makemigrations", "--check", "--dry-run"]
        development = {**environment, "DJANGO_SETTINGS_MODULE": "cbdc.settings.devnet"}
        jobs[f"makemigrations --check ({role})"] = (command, development)
        command = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
        jobs[f"check --deploy ({role})"] = (command, environment)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda name: (name, *run_job(*jobs[name])), jobs)
        failed = 0
        for name, status, output in results:
            print(f"{'ok    ' if status == 0 else 'FAILED'} {name}", flush=True)
            if status != 0:
                failed = 1
                print(output, flush=True)
    return failed


def run_job(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    program = command if command[0].startswith("/") else [str(PYTHON), *command]
    done = subprocess.run(
        program,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return done.returncode, done.stdout


def django_environment(code: str) -> dict[str, str]:
    """Production settings with throwaway secrets: `check` reads settings and no database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cbdc.settings",
        "INSTITUTION": code,
        "INSTITUTION_NUMBER": "0001" if code == "central-bank" else "0011",
        "INSTITUTION_NAME": code,
        "PUBLIC_BASE_URL": "https://institution.example",
        "CENTRAL_BANK_URL": "https://central-bank.example",
        "CENTRAL_BANK_PUBLIC_KEY": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "BROKER_URL": "memory://",
        "TRUSTED_PROXIES": "none",
        "SECRET_KEY": os.urandom(48).hex(),
        "KEY_PASSPHRASE": os.urandom(16).hex(),
        "PII_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "INSTITUTION_KEY_FILE": "institution.pem",
        "ISSUER_KEY_FILE": "issuer.pem",
    }


def clean(arguments: list[str]) -> int:
    """Remove the state of the demo and every cache; the virtual environment stays."""
    lock = VAR / "run" / "lock"
    if lock.exists():
        with lock.open() as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sys.exit("the demo is running: stop it first")
    for name in ("var", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
