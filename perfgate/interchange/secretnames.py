"""Which names and which values are secrets, so that no file perfgate writes holds one."""

from __future__ import annotations

import re

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


def variable_name(name: str) -> str:
    """An environment variable for what is called so: `X-Api-Key` becomes `X_API_KEY`."""
    text = "_".join(words_of(name)).upper()[:60].strip("_")
    return text if text and not text[0].isdigit() else f"SECRET_{text}".rstrip("_")
