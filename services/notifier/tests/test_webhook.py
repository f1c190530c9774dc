"""Signed webhooks: the signature of the standard, and where they may go."""

import asyncio
import ipaddress
import socket
from typing import Any

import pytest
from pydantic import SecretStr

from mcm_notifier.channels import DeliveryError, DeliveryRefusedError
from mcm_notifier.channels.addresses import may_connect
from mcm_notifier.channels.http import post
from mcm_notifier.channels.webhook import signed_headers
from mcm_notifier.testing.delivering import SECRET
from mcm_notifier.testing.receivers import HttpReceiver, HttpReply

LOOPBACK = (ipaddress.ip_network("127.0.0.1"),)


def test_the_signature_is_that_of_the_standard() -> None:
    headers = signed_headers(SecretStr(SECRET), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 (no socket is bound to it)
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:10.0.0.1",
        "::10.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:a00:1::",
    ],
)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    assert not may_connect(ipaddress.ip_address(address), ())


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert may_connect(ipaddress.ip_address(address), ())


def test_a_listed_network_is_allowed_also_inside_an_ipv6_address() -> None:
    allowed = (ipaddress.ip_network("10.1.0.0/16"),)

    assert may_connect(ipaddress.ip_address("10.1.2.3"), allowed)
    assert may_connect(ipaddress.ip_address("::ffff:10.1.2.3"), allowed)
    assert not may_connect(ipaddress.ip_address("10.2.2.3"), allowed)


async def test_a_webhook_to_an_internal_address_is_refused_before_a_connection(receiver: HttpReceiver) -> None:
    with pytest.raises(DeliveryRefusedError, match=r"127\.0\.0\.1, which is not a public address; list it under allow"):
        await post(receiver.url, b"{}", {}, ())

    assert receiver.requests == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
async def test_other_spellings_of_an_internal_address_are_refused_too(receiver: HttpReceiver, host: str) -> None:
    with pytest.raises(DeliveryRefusedError, match="not a public address"):
        await post(f"http://{host}:{receiver.port}/", b"{}", {}, ())


async def test_the_connection_goes_to_the_address_that_was_checked(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name leads elsewhere after the check, as an attacker's name server may have it."""
    answers = [["127.0.0.1"], ["192.0.2.1"]]

    async def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in answers.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    reply = await post(f"http://hooks.example.com:{receiver.port}/hook", b"{}", {}, LOOPBACK)

    assert reply.status == 200
    assert receiver.requests[0].headers["host"] == f"hooks.example.com:{receiver.port}"
    assert len(answers) == 1


async def test_one_internal_address_of_a_name_is_enough_to_refuse_it(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def resolve(_host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
    with pytest.raises(DeliveryRefusedError, match=r"hooks\.example\.com is 10\.0\.0\.1"):
        await post("https://hooks.example.com/hook", b"{}", {}, ())


async def test_redirects_are_not_followed(receiver: HttpReceiver) -> None:
    receiver.reply = HttpReply(307, "", {"location": receiver.url})

    with pytest.raises(DeliveryRefusedError, match="redirects are not followed"):
        await post(receiver.url, b"{}", {}, LOOPBACK)

    assert len(receiver.requests) == 1


async def test_a_receiver_may_ask_for_time(receiver: HttpReceiver) -> None:
    receiver.reply = HttpReply(429, "slow down", {"retry-after": "120"})

    with pytest.raises(DeliveryError, match="HTTP 429: slow down") as raised:
        await post(receiver.url, b"{}", {}, LOOPBACK)

    assert raised.value.retry_after_s == 120
    assert not isinstance(raised.value, DeliveryRefusedError)


async def test_a_receiver_that_is_down_or_has_no_address_is_tried_again(receiver: HttpReceiver) -> None:
    for url in (f"http://127.0.0.1:{receiver.port}1/"[:-2], "http://no-such-host.invalid/"):
        with pytest.raises(DeliveryError) as raised:
            await post(url.replace(str(receiver.port), "1"), b"{}", {}, LOOPBACK)
        assert not isinstance(raised.value, DeliveryRefusedError)
