"""The embedded Valkey, as a real process."""

from pathlib import Path

from cbdc.devnet.sockets import answers
from cbdc.devnet.valkey import EmbeddedValkey


def test_appended_data_survives_a_restart(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path / "valkey")
    valkey.start()
    assert answers(valkey.socket, b"SET bell rung\r\n", b"+OK")
    valkey.stop()

    valkey.start()
    assert answers(valkey.socket, b"GET bell\r\n", b"$4\r\nrung")
    valkey.stop()

    assert not valkey.socket.parent.exists()
