"""The user data header, as those who speak CMPP write it (`carriers.user_data`)."""

from __future__ import annotations

from carriers.user_data import concat_element, with_header

__all__ = ["concat_element", "with_header"]
