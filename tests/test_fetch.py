"""Fetching is safe: where it goes, how long, how much, and whom it shows the password."""

from __future__ import annotations

import gzip
import ipaddress
import itertools
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wordpress_server import Asked, FakeSite, Response, serving

from ingest.live.addresses import AddressRefused, checked_address, may_connect
from ingest.live.credentials import secret_for
from ingest.live.fetch import Fetched, FetchFailed, Limits, encryption, fetch
from ingest.live.hosts import Secret
from rag.errors import ConfigError
from rag.settings import Settings, load_settings

NEAR = Limits(seconds=10, size=1_000_000, allow_private=True)


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with serving(FakeSite()) as served:
        yield served


def send(site: FakeSite, response: Response) -> None:
    site.faults = [lambda asked: response]


def redirect(site: FakeSite, target: str) -> None:
    """From the front page; every other page is as it is."""

    def fault(asked: Asked) -> Response | None:
        return Response(status=302, headers={"Location": target}) if asked.path == "/" else None

    site.faults = [fault]


# ---------------------------------------------------------------- where


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "0.0.0.0",
        "169.254.169.254", "100.100.100.200", "224.0.0.1", "255.255.255.255", "192.0.2.1",
        "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_what_is_not_of_the_internet_is_refused(address: str) -> None:
    assert not may_connect(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07::1", "64:ff9b::808:808"])
def test_the_internet_is_not_refused(address: str) -> None:
    assert may_connect(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "fe80::1", "0.0.0.0"])
def test_metadata_and_link_local_are_refused_even_in_the_own_network(address: str) -> None:
    assert not may_connect(ipaddress.ip_address(address), allow_private=True)


@pytest.mark.parametrize(
    "name", ["localhost", "127.1", "2130706433", "0x7f000001", "127.0.0.1", "::1"]
)
def test_no_spelling_of_the_own_machine_gets_through(name: str) -> None:
    with pytest.raises((AddressRefused, OSError)):
        checked_address(name, 80)


def test_a_site_on_the_own_machine_is_refused_and_the_hint_names_the_option(site: FakeSite) -> None:
    with pytest.raises(AddressRefused, match="allow-private-network"):
        fetch(f"{site.base}/", Limits())
    assert site.asked == []


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://garden.example/", "http://", "x"])
def test_only_the_web_is_fetched(url: str) -> None:
    with pytest.raises(FetchFailed):
        fetch(url, NEAR)


# ---------------------------------------------------------------- encryption


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Of "localhost", and trusted."""
    file = tmp_path / "localhost.pem"
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "only.pem")),
        ],
        check=True,
        capture_output=True,
    )
    file.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "only.pem").read_text())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    encryption.cache_clear()
    yield file
    encryption.cache_clear()


def test_a_certificate_is_checked_against_the_name_and_not_the_address(certificate: Path) -> None:
    with serving(FakeSite(), certificate=certificate) as site:
        port = site.base.rpartition(":")[2]
        assert fetch(f"https://localhost:{port}/", NEAR).status == 200
        with pytest.raises(FetchFailed, match="certificate"):
            fetch(f"https://127.0.0.1:{port}/", NEAR)


# ---------------------------------------------------------------- redirects


def test_a_redirect_is_followed(site: FakeSite) -> None:
    redirect(site, "/there/?a=1")
    answer = fetch(f"{site.base}/", NEAR)
    assert (answer.url, answer.status) == (f"{site.base}/there/?a=1", 200)


def test_a_redirect_loop_ends(site: FakeSite) -> None:
    redirect(site, "/")
    with pytest.raises(FetchFailed, match="more than 5 redirects"):
        fetch(f"{site.base}/", NEAR)
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "//0.0.0.0/"]
)
def test_a_redirect_to_the_metadata_of_a_cloud_is_refused(site: FakeSite, target: str) -> None:
    redirect(site, target)
    with pytest.raises(AddressRefused):
        fetch(f"{site.base}/", NEAR)


def test_a_redirect_to_a_file_is_refused(site: FakeSite) -> None:
    redirect(site, "file:///etc/hostname")
    with pytest.raises(FetchFailed, match="not an address of the web"):
        fetch(f"{site.base}/", NEAR)


# ---------------------------------------------------------------- how long, how much


def test_a_body_that_drips_is_cut_off_in_time(site: FakeSite) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(100):
            time.sleep(0.05)
            yield b"x"

    send(site, Response(drip()))
    started = time.monotonic()
    with pytest.raises(FetchFailed, match=r"within 0\.5 seconds"):
        fetch(f"{site.base}/", Limits(seconds=0.5, allow_private=True))
    assert time.monotonic() - started < 3


def test_an_endless_body_is_cut_off_at_the_limit(site: FakeSite) -> None:
    send(site, Response(itertools.repeat(b"x" * 65_536)))
    with pytest.raises(FetchFailed, match="larger than 1,000,000 bytes"):
        fetch(f"{site.base}/", NEAR)


def test_a_gzip_bomb_is_cut_off_at_the_limit(site: FakeSite) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    send(site, Response(bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(FetchFailed, match="larger than 1,000,000 bytes"):
        fetch(f"{site.base}/", NEAR)


def test_a_packed_body_is_unpacked(site: FakeSite) -> None:
    send(site, Response(gzip.compress(b"hello" * 100), headers={"Content-Encoding": "gzip"}))
    assert fetch(f"{site.base}/", NEAR).body == b"hello" * 100


@pytest.mark.parametrize(
    "response",
    [
        Response(b"half", headers={"Content-Length": "8"}),
        Response(gzip.compress(b"x" * 9999)[:-9], headers={"Content-Encoding": "gzip"}),
        Response(b"not gzip", headers={"Content-Encoding": "gzip"}),
        Response(b"x", headers={"Content-Encoding": "zstd"}),
    ],
)
def test_half_a_body_is_no_answer(site: FakeSite, response: Response) -> None:
    send(site, response)
    with pytest.raises(FetchFailed):
        fetch(f"{site.base}/", NEAR)


# ---------------------------------------------------------------- the password


def authorization(site: FakeSite, url: str, secret: Secret) -> list[str | None]:
    fetch(url, NEAR, secret=secret)
    return [asked.headers.get("Authorization") for asked in site.asked]


def test_the_password_goes_to_its_site_and_not_along_with_a_redirect(site: FakeSite) -> None:
    own = site.base.removeprefix("http://")
    secret = Secret("Basic c2VjcmV0", own, plain_http=True)
    with serving(FakeSite()) as other:
        redirect(site, f"{other.base}/there")
        assert authorization(site, f"{site.base}/", secret) == ["Basic c2VjcmV0"]
        assert [asked.headers.get("Authorization") for asked in other.asked] == [None]


def test_the_password_is_not_sent_without_encryption(site: FakeSite) -> None:
    secret = Secret("Basic c2VjcmV0", site.base.removeprefix("http://"))
    assert authorization(site, f"{site.base}/", secret) == [None]


def settings(**more: object) -> Settings:
    return load_settings(wordpress_user="ines", **more)


def test_the_password_is_never_shown() -> None:
    one = settings(wordpress_password="abcd efgh")
    secret = secret_for("https://garden.example", one)
    assert "abcd" not in f"{one!r}{one}{secret!r}{secret}"
    with pytest.raises(ConfigError) as error:
        load_settings(wordpress_password=["abcd"])
    assert "abcd" not in str(error.value)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as error:
        secret_for("https://ines:abcd@garden.example/", load_settings())
    assert "abcd" not in str(error.value)


def test_a_password_over_plain_http_is_refused() -> None:
    with pytest.raises(ConfigError, match="without encryption"):
        secret_for("http://garden.example", settings(wordpress_password="abcd"))


def test_the_keyring_is_asked_where_no_password_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "stand-in" / "keyring"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "def get_password(service, user):\n    return f'{service}/{user}'\n"
    )
    (package / "errors.py").write_text("class KeyringError(Exception): pass\n")
    monkeypatch.syspath_prepend(str(package.parent))
    secret = secret_for("https://www.garden.example/blog/", settings())
    # ines:pullquote:garden.example/ines
    assert secret is not None
    assert secret.authorization == "Basic aW5lczpwdWxscXVvdGU6Z2FyZGVuLmV4YW1wbGUvaW5lcw=="
    assert secret.host == "garden.example"


def test_the_user_agent_names_the_version(site: FakeSite) -> None:
    from ingest.live.polite import Client

    answer: Fetched = Client(load_settings(allow_private_network=True)).get(f"{site.base}/")
    assert answer.status == 200
    assert site.asked[0].headers["User-Agent"].startswith("pullquote/")
