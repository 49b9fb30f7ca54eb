"""Passwords that must be said again to others, kept so that a copy of the database alone does not tell them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken

from gateway.core.errors import ConfigError, NotFound
from gateway.store.durable import write_secret

KEY_FILE: Final = "secret.key"


class Seal:
    """Seals texts with the key in a file of the data directory, which is made when it is not there."""

    def __init__(self, data_dir: Path) -> None:
        self._file = data_dir / KEY_FILE
        self._fernet: Fernet | None = None

    def close(self, text: str) -> str:
        """The text, sealed. Raises ConfigError."""
        return self._key().encrypt(text.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text. Raises NotFound for what another key has sealed, ConfigError."""
        try:
            return self._key().decrypt(sealed.encode("ascii", "replace")).decode()
        except InvalidToken as error:
            raise NotFound("this was sealed with another key") from error

    def _key(self) -> Fernet:
        if self._fernet is None:
            try:
                if not self._file.exists():
                    write_secret(self._file, Fernet.generate_key())
                self._fernet = Fernet(self._file.read_bytes())
            except (OSError, ValueError) as error:
                raise ConfigError(f"{self._file} cannot be used: {error}") from error
        return self._fernet
