"""The GSM 7-bit alphabet with national language shift tables (3GPP TS 23.038 A.2 and A.3).

Turkish, Spanish (single shift only) and Portuguese. A language without a table here is read by the default tables,
as the specification wants it of a phone that does not know it.
"""

from __future__ import annotations

from typing import Final

from gateway.core import text as texts
from gateway.core.errors import NotEncodable
from gateway.core.text import Alphabet

DEFAULT: Final = 0
TURKISH: Final = 1
SPANISH: Final = 2
PORTUGUESE: Final = 3

_ESCAPE: Final = 0x1B
_EXTENSION: Final = {
    0x0A: "\f", 0x14: "^", 0x28: "{", 0x29: "}", 0x2F: "\\",
    0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€",
}  # fmt: skip

#: After an escape; every national table holds the default extension too.
_SINGLE: Final[dict[int, dict[int, str]]] = {
    DEFAULT: _EXTENSION,
    TURKISH: _EXTENSION
    | {0x47: "Ğ", 0x49: "İ", 0x53: "Ş", 0x63: "ç", 0x67: "ğ", 0x69: "ı", 0x73: "ş"},
    SPANISH: _EXTENSION
    | {0x09: "ç", 0x41: "Á", 0x49: "Í", 0x4F: "Ó", 0x55: "Ú", 0x61: "á", 0x69: "í", 0x6F: "ó", 0x75: "ú"},
    PORTUGUESE: _EXTENSION
    | {
        0x05: "ê", 0x09: "ç", 0x0B: "Ô", 0x0C: "ô", 0x0E: "Á", 0x0F: "á", 0x12: "Φ", 0x13: "Γ", 0x15: "Ω",
        0x16: "Π", 0x17: "Ψ", 0x18: "Σ", 0x19: "Θ", 0x1F: "Ê", 0x41: "À", 0x49: "Í", 0x4F: "Ó", 0x55: "Ú",
        0x5B: "Ã", 0x5C: "Õ", 0x61: "Â", 0x69: "í", 0x6F: "ó", 0x75: "ú", 0x7B: "ã", 0x7C: "õ", 0x7F: "â",
    },
}  # fmt: skip

#: Where the tables that take the place of the default alphabet differ from it.
_LOCKING_CHANGES: Final[dict[int, dict[int, str]]] = {
    DEFAULT: {},
    TURKISH: {0x04: "€", 0x07: "ı", 0x0B: "Ğ", 0x0C: "ğ", 0x1C: "Ş", 0x1D: "ş", 0x40: "İ", 0x60: "ç"},
    PORTUGUESE: {
        0x04: "ê", 0x06: "ú", 0x07: "í", 0x08: "ó", 0x09: "ç", 0x0B: "Ô", 0x0C: "ô", 0x0E: "Á", 0x0F: "á",
        0x12: "ª", 0x13: "Ç", 0x14: "À", 0x15: "∞", 0x16: "^", 0x17: "\\", 0x18: "€", 0x19: "Ó", 0x1A: "|",
        0x1C: "Â", 0x1D: "â", 0x1E: "Ê", 0x24: "º", 0x40: "Í", 0x5B: "Ã", 0x5C: "Õ", 0x5D: "Ú", 0x60: "~",
        0x7B: "ã", 0x7C: "õ", 0x7D: "`",
    },
}  # fmt: skip

_DEFAULT_ALPHABET: Final = {
    septet: texts.decode(bytes((septet,)), Alphabet.GSM7) for septet in range(128) if septet != _ESCAPE
}
_LOCKING: Final = {language: _DEFAULT_ALPHABET | changes for language, changes in _LOCKING_CHANGES.items()}


def decode(septets: bytes, locking: int, single: int) -> str:
    """The text of septets given one per octet; never raises.

    After an escape a code that the single shift table leaves open shows the character of the locking one, and a
    second escape a space (TS 23.038 6.2.1.1).
    """
    main = _LOCKING.get(locking, _DEFAULT_ALPHABET)
    extension = _SINGLE.get(single, _EXTENSION)
    shown = []
    escaped = False
    for septet in septets:
        if septet == _ESCAPE:
            if escaped:
                shown.append(" ")
            escaped = not escaped
        elif escaped:
            shown.append(extension.get(septet) or main[septet])
            escaped = False
        else:
            shown.append(main[septet])
    if escaped:
        shown.append(texts.REPLACEMENT)
    return "".join(shown)


def encode(text: str, locking: int, single: int) -> bytes:
    """The septets of the text, one per octet; raises NotEncodable for what the two tables do not hold."""
    if locking not in _LOCKING or single not in _SINGLE:
        raise NotEncodable(f"There is no table for locking language {locking} with single shift {single}.")
    septets = {char: bytes((_ESCAPE, septet)) for septet, char in _SINGLE[single].items()}
    septets |= {char: bytes((septet,)) for septet, char in _LOCKING[locking].items()}
    try:
        return b"".join([septets[char] for char in text])
    except KeyError as missing:
        char = missing.args[0]
        raise NotEncodable(f"The tables {locking} and {single} do not hold U+{ord(char):04X}.") from None
