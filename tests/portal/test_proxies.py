import pytest

from portal import environment
from portal.proxies import ProxyMiddleware


@pytest.fixture
def ask(rf, settings, monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, 2001:db8::1")
    settings.TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")

    def ask(connection: str, **headers: str) -> tuple[str, bool, dict]:
        request = rf.get("/", headers=headers, REMOTE_ADDR=connection)
        ProxyMiddleware(lambda request: None)(request)
        return request.META["REMOTE_ADDR"], request.is_secure(), request.META

    return ask


def test_a_named_proxy_is_believed(ask):
    address, secure, _ = ask("10.0.0.1", x_forwarded_for="198.51.100.7", x_forwarded_proto="https")
    assert (address, secure) == ("198.51.100.7", True)


def test_anybody_else_is_not(ask):
    address, secure, meta = ask("203.0.113.9", x_forwarded_for="198.51.100.7", x_forwarded_proto="https")
    assert (address, secure) == ("203.0.113.9", False)
    assert "HTTP_X_FORWARDED_FOR" not in meta


def test_what_the_sender_claims_before_the_proxy_is_not_believed(ask):
    address, _, _ = ask("10.0.0.1", x_forwarded_for="192.0.2.1, 198.51.100.7, 10.0.0.2")
    assert address == "198.51.100.7"


@pytest.mark.parametrize("claim", ["", "nonsense", "10.0.0.3"])
def test_proxy_that_says_nothing_useful_counts_as_the_sender(ask, claim):
    address, _, _ = ask("10.0.0.1", x_forwarded_for=claim)
    assert address.startswith("10.0.0.")


def test_ipv6_proxies(ask):
    assert ask("2001:db8::1", x_forwarded_for="2001:db8::7")[0] == "2001:db8::7"
    assert ask("::ffff:10.0.0.1", x_forwarded_for="198.51.100.7")[0] == "198.51.100.7"
