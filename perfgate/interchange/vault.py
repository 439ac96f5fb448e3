"""The secrets met while converting: each gets an environment variable, and its value is written nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from perfgate.interchange.draft import environment
from perfgate.interchange.secretnames import assigned_secrets, secret_values, variable_name

_SHORTEST_FOUND_ANYWHERE = 8


class Vault:
    """Values and their variables; the same value always has the same one.

    `taken_from` says, by variable, where the value stood.
    """

    def __init__(self) -> None:
        self.taken_from: dict[str, str] = {}
        self._variables: dict[str, str] = {}

    def hole(self, value: str, name: str, where: str) -> str:
        """The template that stands for a secret from now on."""
        if value not in self._variables:
            wanted = variable = variable_name(name)
            number = 1
            while variable in self.taken_from:
                number += 1
                variable = f"{wanted}_{number}"
            self._variables[value] = variable
            self.taken_from[variable] = where
        return environment(self._variables[value])

    def hidden(self, text: str) -> str:
        """The text with `{secret}` in place of every secret known so far, for names and notes."""
        for value in sorted(self._variables, key=len, reverse=True):
            if len(value) >= _SHORTEST_FOUND_ANYWHERE:
                text = text.replace(value, "{secret}")
        return text

    def parts(self, text: str, where: str, captured: Mapping[str, str]) -> list[str]:
        """The text cut at its secrets, known ones and those that look like one; holes at odd positions.

        `captured` maps values that are variables to the templates of them; they come first.
        """
        pieces = [text]
        for value in sorted((each for each in captured if each in text), key=len, reverse=True):
            pieces = _cut(pieces, value, captured[value])
        found = {each: "token" for each in secret_values(text) if each not in captured}
        found = assigned_secrets(text) | found
        for value in self._variables:
            if len(value) >= _SHORTEST_FOUND_ANYWHERE and value in text:
                found[value] = ""
        for value in sorted(found, key=len, reverse=True):
            if any(value in piece for piece in pieces[::2]):
                pieces = _cut(pieces, value, self.hole(value, found[value], where))
        return pieces


def _cut(pieces: list[str], value: str, hole: str) -> list[str]:
    """The pieces cut further, with the hole in place of every occurrence of the value."""
    found: list[str] = []
    for number, piece in enumerate(pieces):
        if number % 2:
            found.append(piece)
            continue
        first, *others = piece.split(value)
        found.append(first)
        for part in others:
            found += [hole, part]
    return found
