"""Which names and which values are secrets, so that no file perfgate writes holds one."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import quote, unquote

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    {
        "authorization",
        "authentication",
        "auth",
        "oauth",
        "token",
        "jwt",
        "bearer",
        "secret",
        "secrets",
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "pass",
        "passcode",
        "credential",
        "credentials",
        "session",
        "sessionid",
        "sid",
        "jsessionid",
        "phpsessid",
        "csrf",
        "xsrf",
        "signature",
        "sig",
        "otp",
        "totp",
        "mfa",
        "pin",
        "cvv",
        "cvc",
        "ssn",
        "cookie",
        "apikey",
        "nonce",
        "hmac",
        "assertion",
        "saml",
        "verifier",
        "webhook",
        "iban",
    }
)
_SECRET_INSIDE = re.compile(
    r"apikey|accesskey|secretkey|privatekey|accesstoken|refreshtoken|idtoken|authtoken|authkey|clientsecret|password"
    r"|passwd|sessionid|sessiontoken|sessid|csrf|xsrf|cardnumber|creditcard|accountnumber|subscriptionkey|signingkey"
)
_HARMLESS = frozenset(
    {
        "tokentype",
        "pagetoken",
        "nextpagetoken",
        "authtype",
        "authmethod",
        "tokenlimit",
        "passcount",
        "oauthversion",
    }
)
_SECRET_VALUE = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[opsur]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}"
    r"|\b(?:sk|pk|rk)_(?:live|test)_\w{10,}|\bsk-[\w-]{20,}"
    r"|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}|\bnpm_\w{30,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
)
_DEEPEST_ENCODING = 3
_ASSIGNED = (
    re.compile(r"(?<![\w.-])([\w.-]{1,100})=([^\s\"'\\&<>,;#{}]{4,})"),
    re.compile(r"""(?<![\w.-])([\w.-]{1,100})\\{0,3}["']?\s{0,9}[:=]\s{0,9}\\{0,3}["']([^"'\\{}]{4,})"""),
)


def words_of(name: str) -> list[str]:
    """The words of `camelCase`, `snake_case` or `Header-Case`, in lower case."""
    return [word.lower() for word in _WORDS.findall(name)]


def is_secret_name(name: str) -> bool:
    """Whether what is called so is likely a secret; rather one too many than one too few."""
    words = words_of(name)
    squashed = "".join(words)
    if squashed in _HARMLESS:
        return False
    return squashed == "key" or not _SECRET_WORDS.isdisjoint(words) or bool(_SECRET_INSIDE.search(squashed))


def is_secret_container(name: str) -> bool:
    """Whether everything inside what is called so is secret, whatever its own name."""
    return not {"credential", "credentials", "secret", "secrets"}.isdisjoint(words_of(name))


def secret_values(text: str) -> list[str]:
    """The parts of a text that are secrets by the look of them: web tokens, keys of well-known services."""
    return list(dict.fromkeys(match[0] for match in _SECRET_VALUE.finditer(text)))


def assigned_secrets(text: str) -> dict[str, str]:
    """The values that a text gives to secret names, as `token=…` or `"password": "…"`, with those names.

    A text may be percent-encoded, as a URL inside a URL is: values are given as they are written in it.
    """
    found: dict[str, str] = {}
    plain = text
    for times in range(_DEEPEST_ENCODING):
        for pattern in _ASSIGNED:
            for name, value in pattern.findall(plain):
                if is_secret_name(name):
                    found |= {each: name for each in _encoded(value, times) if each in text}
        if plain == (plain := unquote(plain)):
            break
    return found


def _encoded(value: str, times: int) -> list[str]:
    found = [value]
    for _ in range(times):
        found.append(quote(found[-1], safe=""))
    return found


def is_single_use(name: str, beside: Collection[str]) -> bool:
    """Whether it is the code of an OAuth exchange, told by the parameters beside it."""
    return name == "code" and not {"state", "grant_type", "redirect_uri", "code_verifier"}.isdisjoint(beside)


def variable_name(name: str) -> str:
    """An environment variable for what is called so: `X-Api-Key` becomes `X_API_KEY`."""
    text = "_".join(words_of(name)).upper()[:60].strip("_")
    return text if text and not text[0].isdigit() else f"SECRET_{text}".rstrip("_")
