"""Files with secrets in them: of their owner alone, and never half written."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Write the file, all or nothing, readable by its owner alone. Its folder must be there."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    new.unlink(missing_ok=True)  # of a process with this number that was killed here
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)
