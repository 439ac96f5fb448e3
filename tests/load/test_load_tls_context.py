from pathlib import Path

import pytest
from tls_servers import Certificates

from perfgate.errors import UsageError
from perfgate.load.address import Address, Tls
from perfgate.load.dial import server_name
from perfgate.load.tls_context import tls_context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


def refusal(tls: Tls) -> str:
    with pytest.raises(UsageError) as caught:
        tls_context(tls, http2=False)
    assert caught.value.hint
    return caught.value.message


def test_files_that_are_not_there_are_named(certificates: Certificates, tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing.pem")
    for tls in (
        Tls(ca_file=missing),
        Tls(cert_file=missing, key_file=certificates.client_key_file),
        Tls(cert_file=certificates.client_cert_file, key_file=missing),
    ):
        assert missing in refusal(tls)
        assert "No such file" in refusal(tls)
    assert str(tmp_path) in refusal(Tls(ca_file=str(tmp_path))), "a directory"


@pytest.mark.parametrize(
    "content", ["", "nonsense\n", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"]
)
def test_files_without_what_they_should_hold_are_named(
    certificates: Certificates, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "strange.pem"
    file.write_text(content)
    for tls in (
        Tls(ca_file=str(file)),
        Tls(cert_file=str(file), key_file=certificates.client_key_file),
        Tls(cert_file=certificates.client_cert_file, key_file=str(file)),
        Tls(cert_file=certificates.client_cert_file),
    ):
        assert (tls.ca_file or str(file) if tls.key_file or tls.ca_file else tls.cert_file) in refusal(tls)


def test_a_key_of_another_certificate_is_named(certificates: Certificates, tmp_path: Path) -> None:
    other = Certificates(tmp_path)
    message = refusal(Tls(cert_file=certificates.client_cert_file, key_file=other.client_key_file))
    assert message.startswith(other.client_key_file)
    assert certificates.client_cert_file in message


def test_a_key_alone_is_refused(certificates: Certificates) -> None:
    assert refusal(Tls(key_file=certificates.client_key_file)).startswith(certificates.client_key_file)


@pytest.fixture
def locked(certificates: Certificates, tmp_path: Path) -> str:
    """The client's key under the password "secret"."""
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(Path(certificates.client_key_file).read_bytes(), None)
    file = tmp_path / "locked.key"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    return str(file)


def test_a_key_with_a_password_is_refused_without_asking_for_it(
    certificates: Certificates, locked: str
) -> None:
    message = refusal(Tls(cert_file=certificates.client_cert_file, key_file=locked))
    assert message.startswith(locked)
    assert "password" in message


def test_a_key_with_a_password_is_opened_with_it_and_only_with_it(
    certificates: Certificates, locked: str
) -> None:
    tls = Tls(cert_file=certificates.client_cert_file, key_file=locked, passphrase="secret")
    tls_context(tls, http2=False)
    assert "no usable client certificate" in refusal(tls._replace(passphrase="wrong"))


def test_another_name_may_be_asked_for() -> None:
    address = Address(host="127.0.0.1", port=1, authority="shop.test:1", tls=Tls(server_name="api.test"))
    assert server_name(address) == "api.test"
    assert server_name(address._replace(tls=Tls())) == "shop.test"


def test_certificate_and_key_may_share_a_file(certificates: Certificates, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_text(
        Path(certificates.client_cert_file).read_text() + Path(certificates.client_key_file).read_text()
    )
    tls_context(Tls(certificates.ca_file, str(both)), http2=True)
