"""A device's key is its owner's alone, and comes back as it was saved."""

from pathlib import Path

import pytest

from cbdc.client.device import Device


def test_saved_and_loaded_is_the_same_device(tmp_path: Path) -> None:
    device = Device("+8613800000001", device_id="d", wallet_id="w")
    device.save(tmp_path / "wallets" / "harbor.json")
    loaded = Device.load(tmp_path / "wallets" / "harbor.json")
    assert (loaded.phone, loaded.device_id, loaded.wallet_id) == ("+8613800000001", "d", "w")
    assert loaded.public_key == device.public_key


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "harbor.json"
    Device("+8613800000001").save(file)
    Device("+8613800000002").save(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["harbor.json"]


def test_two_devices_have_two_keys() -> None:
    assert Device("+8613800000001").public_key != Device("+8613800000001").public_key


def test_the_key_is_not_printed() -> None:
    assert "key" not in repr(Device("+8613800000001"))


@pytest.mark.parametrize("content", ["{}", '{"private_key": "short"}', "[]", "not json"])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "harbor.json"
    file.write_text(content)
    with pytest.raises(ValueError):
        Device.load(file)
