"""No URL and no name leads a webhook into the bank."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.conftest import PUBLIC, Names
from wallets.webhooks import guard, names

# https://www.iana.org/assignments/iana-ipv4-special-registry and …-ipv6-…, and what stands in
# registries of its own (multicast) or in none any more.
NOT_FOR_THE_PUBLIC = [
    *["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
    *["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"],
    *["192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"],
    *["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"],
    *["168.63.129.16/32", "169.254.169.254/32", "100.100.100.200/32", "192.0.0.192/32"],
    *["::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48"],
    *["100::/64", "100:0:0:1::/64", "2001::/23", "2001::/32", "2001:2::/48", "2001:20::/28"],
    *["2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16"],
    *["fc00::/7", "fd00:ec2::254/128", "fe80::/10", "fec0::/10", "ff00::/8", "ff02::1/128"],
]


def inside(network: str) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    if ":" in network:
        return st.ip_addresses(network=IPv6Network(network))
    return st.ip_addresses(network=IPv4Network(network))


not_public = st.one_of([inside(network) for network in NOT_FOR_THE_PUBLIC])
v4 = st.ip_addresses(v=4)


@pytest.mark.parametrize(
    "address",
    [PUBLIC, "1.1.1.1", "223.5.5.5", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2400::1"],
)
def test_public_address_is_public(address: str) -> None:
    assert guard.is_public(address)


@given(not_public)
def test_address_that_is_not_for_the_public_never_is(address: IPv4Address | IPv6Address) -> None:
    assert not guard.is_public(str(address))
    assert not guard.is_public(address.exploded)


@given(st.ip_addresses())
def test_what_python_says_is_private_is_never_public(address: IPv4Address | IPv6Address) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not guard.is_public(str(address))


@given(v4, st.sampled_from(["::ffff:0:0", "::", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0"]))
def test_address_with_an_ipv4_address_at_its_end_is_not_public(inner: IPv4Address, at: str) -> None:
    assert not guard.is_public(str(IPv6Address(int(IPv6Address(at)) | int(inner))))


@given(v4, st.integers(0, 2**80 - 1))
def test_6to4_and_teredo_are_not_public(inner: IPv4Address, rest: int) -> None:
    assert not guard.is_public(str(IPv6Address(0x2002 << 112 | int(inner) << 80 | rest)))
    assert not guard.is_public(str(IPv6Address(0x20010000 << 96 | int(inner) << 64 | rest >> 16)))


@pytest.mark.parametrize(
    "text",
    [
        *["", "shop.example", "2130706433", "0177.0.0.1", "127.1", "0x7f.0.0.1", "1.1.1.1 "],
        *["1.1.1.01", "2606:4700::1111%eth0", "[2606:4700::1111]", "１.1.1.1", "1.1.1.1/32"],
    ],
)
def test_what_is_not_an_address_is_not_public(text: str) -> None:
    assert not guard.is_public(text)


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://shop.example", "shop.example", 443, "/"),
        ("https://Shop.Example/Hook?a=b&c=%2F", "shop.example", 443, "/Hook?a=b&c=%2F"),
        ("https://shop.example:8443/a@b", "shop.example", 8443, "/a@b"),
        ("https://shop.example?to=1", "shop.example", 443, "/?to=1"),
        ("https://xn--fiqs8s.example/", "xn--fiqs8s.example", 443, "/"),
        (f"https://{PUBLIC}/hook", PUBLIC, 443, "/hook"),
        ("https://[2606:4700::1111]:65535/hook", "2606:4700::1111", 65535, "/hook"),
    ],
)
def test_url_is_taken(dns: Names, url: str, host: str, port: int, path: str) -> None:
    dns.addresses = {"shop.example": [PUBLIC], "xn--fiqs8s.example": [PUBLIC, "2606:4700::1111"]}
    target, addresses = guard.check(url)
    assert (target.host, target.port, target.path) == (host, port, path)
    assert addresses == dns.addresses.get(host, [host])


@pytest.mark.parametrize(
    "url",
    [
        *["", "shop.example", "//shop.example/", "https:/shop.example/", "https:///hook"],
        *["http://shop.example/", "ftp://shop.example/", "file:///etc/passwd", "HTTPS://x.example"],
        *["gopher://shop.example/", "javascript:alert(1)", "https:shop.example", "https://"],
        # Users, and what parsers take for one
        *["https://user@shop.example/", "https://user:password@shop.example/"],
        *["https://shop.example@127.0.0.1/", "https://127.0.0.1\\@shop.example/"],
        *["https://shop.example\\.evil.example/", "https://shop.example%40evil.example/"],
        *["https://@shop.example/", "https://shop.example:@evil.example/"],
        # Fragments, blanks, control characters, what is not ASCII
        *["https://shop.example/#x", "https://shop.example#@evil.example/"],
        *[" https://shop.example/", "https://shop.example/ ", "https://shop.example/\n"],
        *[
            "https://shop.example/\r\nHost: evil",
            "https://shop.example/\x00",
            "https://sh op.example",
        ],
        *["https://商店.example/", "https://shop.example/茶", "https://ｓhop.example/"],
        *["https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/", "https://shop.example/\u202e"],
        # Names that are none
        *[
            "https://intranet/",
            "https://shop.example./",
            "https://.shop.example/",
            "https://-a.example/",
        ],
        *["https://a..example/", "https://a_b.example/", "https://shop.exa%6dple/", "https://*/"],
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 126}example/",
        # Numbers that some read as addresses
        *["https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://0/"],
        *["https://127.1/", "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://127.0.0.01/"],
        *["https://127.0.0.1.0/", "https://1.1.1.1.1/", "https://shop.0x7f/", "https://shop.127/"],
        # Brackets
        *["https://[127.0.0.1]/", "https://[::1/", "https://::1/", "https://[fe80::1%25eth0]/"],
        *["https://[]/", "https://[shop.example]/", "https://[::1]shop.example/"],
        # Ports
        *["https://shop.example:0/", "https://shop.example:22/", "https://shop.example:80/"],
        *["https://shop.example:65536/", "https://shop.example:-1/", "https://shop.example:/"],
        *[
            "https://shop.example:443x/",
            "https://shop.example:99999999/",
            "https://shop.example:1e4/",
        ],
        f"https://shop.example/{'a' * 2048}",
    ],
)
def test_url_is_refused(dns: Names, url: str) -> None:
    dns.addresses = {"shop.example": [PUBLIC], "evil.example": [PUBLIC], "intranet": [PUBLIC]}
    with pytest.raises(guard.Refused):
        guard.check(url)
    assert dns.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *["127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "0.0.0.0"],  # noqa: S104
        *["100.64.0.1", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[fe80::1]", "[fc00::1]"],
        *["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::ffff:10.0.0.1]", "[::127.0.0.1]"],
        *["[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]"],
        *["[::ffff:1.1.1.1]", "[ff02::1]", "[0:0:0:0:0:0:0:1]"],
    ],
)
@pytest.mark.parametrize("devnet", [True, False])
def test_address_that_is_not_public_is_refused(host: str, devnet: bool) -> None:
    with override_settings(DEVNET=devnet), pytest.raises(guard.Refused):
        guard.check(f"https://{host}/")


@pytest.mark.parametrize(
    "addresses",
    [
        [],
        ["127.0.0.1"],
        ["10.1.2.3"],
        [PUBLIC, "192.168.0.1"],
        ["192.168.0.1", PUBLIC],
        [PUBLIC, "::1"],
        ["::ffff:10.0.0.1"],
        [PUBLIC, "not an address"],
    ],
)
def test_name_with_any_address_that_is_not_public_is_refused(
    dns: Names, addresses: list[str]
) -> None:
    dns.addresses = {"shop.example": addresses}
    with pytest.raises(guard.Refused) as refusal:
        guard.check("https://shop.example/")
    # The same words for a name that is inside as for one that is not there.
    assert refusal.value.detail == guard.NOT_PUBLIC


@given(not_public)
def test_name_of_an_address_that_is_not_for_the_public_is_refused(
    address: IPv4Address | IPv6Address,
) -> None:
    names.set_look_up(lambda name: [PUBLIC, str(address)])
    try:
        with pytest.raises(guard.Refused):
            guard.check("https://shop.example/")
    finally:
        names.set_look_up(None)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9000/hook",
        "http://localhost:9000",
        "http://[::1]:9000/",
        "http://127.8.8.8",
    ],
)
def test_http_to_the_loopback_is_for_development_networks_alone(dns: Names, url: str) -> None:
    _, addresses = guard.check(url)
    assert all(address == "::1" or address.startswith("127.") for address in addresses)
    with override_settings(DEVNET=False), pytest.raises(guard.Refused):
        guard.check(url)
    assert dns.asked == []


@pytest.mark.parametrize(
    "url",
    [
        *["http://shop.example/", f"http://{PUBLIC}/", "http://10.0.0.1/", "http://127.0.0.1:22/"],
        *[
            "http://127.0.0.1.nip.example/",
            "http://[::ffff:127.0.0.1]:9000/",
            "http://0.0.0.0:9000/",
        ],
        *[
            "http://2130706433:9000/",
            "http://127.1:9000/",
            "http://0177.0.0.1:9000/",
            "http://[::]/",
        ],
        *["http://localhost.example:9000/", "http://user@127.0.0.1:9000/", "http://localhost./"],
    ],
)
def test_http_to_anything_else_is_refused_there_too(dns: Names, url: str) -> None:
    dns.addresses = {
        name: ["127.0.0.1"]
        for name in ("shop.example", "127.0.0.1.nip.example", "localhost.example")
    }
    with pytest.raises(guard.Refused):
        guard.check(url)
