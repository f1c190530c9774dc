"""Jars: what is fetched is what the list says, or nothing is kept."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mcm_local.jars import Jar, WrongHashError, fetch, read_list
from mcm_shared.errors import TransientError

CONTENT = b"not really a jar"


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on loopback that the person's jgo config names in place of the default one."""
    folder = tmp_path / "repository"
    served = folder / "com/example/thing/1.0/thing-1.0.jar"
    served.parent.mkdir(parents=True)
    served.write_bytes(CONTENT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = tmp_path / "jgo.conf"
    config.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(config))
    yield served
    server.shutdown()
    server.server_close()


def _jar(content: bytes = CONTENT) -> Jar:
    return Jar("com.example:thing:1.0", hashlib.sha256(content).hexdigest())


@pytest.mark.usefixtures("mirror")
def test_a_jar_is_fetched_from_the_mirror_the_person_configured(tmp_path: Path) -> None:
    (path,) = fetch(tmp_path / "jars", [_jar()])

    assert path.read_bytes() == CONTENT
    assert [file.name for file in (tmp_path / "jars").iterdir()] == ["thing-1.0.jar"]


def test_a_jar_that_is_there_is_not_fetched_again(mirror: Path, tmp_path: Path) -> None:
    fetch(tmp_path / "jars", [_jar()])
    mirror.unlink()

    assert fetch(tmp_path / "jars", [_jar()]) == [tmp_path / "jars" / "thing-1.0.jar"]


@pytest.mark.usefixtures("mirror")
def test_a_jar_damaged_on_disk_is_fetched_again(tmp_path: Path) -> None:
    (path,) = fetch(tmp_path / "jars", [_jar()])
    path.write_bytes(b"half a")

    fetch(tmp_path / "jars", [_jar()])

    assert path.read_bytes() == CONTENT


def test_a_wrong_hash_names_jar_expected_and_got_and_keeps_nothing(mirror: Path, tmp_path: Path) -> None:
    mirror.write_bytes(b"something else")

    with pytest.raises(WrongHashError) as raised:
        fetch(tmp_path / "jars", [_jar()])

    message = str(raised.value)
    assert "com.example:thing:1.0 is not the jar in kafka-jars.txt" in message
    assert f"expected sha256 {_jar().sha256}" in message
    assert f"got {_jar(b'something else').sha256}" in message
    assert "then retry" in message
    assert list((tmp_path / "jars").iterdir()) == []


@pytest.mark.usefixtures("mirror")
def test_a_jar_nobody_has_says_where_a_mirror_goes(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match=r"com\.example:absent:1\.0 cannot be fetched(.|\n)*jgo\.conf"):
        fetch(tmp_path / "jars", [Jar("com.example:absent:1.0", "0" * 64)])


def test_the_committed_list_names_each_jar_once_with_its_hash() -> None:
    jars = read_list()

    assert "org.apache.kafka:kafka_2.13:4.3.1" in {jar.coordinate for jar in jars}
    assert len({jar.file_name for jar in jars}) == len(jars)
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in jars)
