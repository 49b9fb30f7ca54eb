"""How log lines look: one line for people, or JSON for machines."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What is written to standard error."""

    #: "debug", "info", "warning" or "error".
    level: str = "info"
    #: "text" for people, "json" for machines.
    format: str = "text"


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", {})
        tail = " ".join(f"{key}={value}" for key, value in facts.items())
        line = (
            f"{self.formatTime(record, '%Y-%m-%d %H:%M:%S')} {record.levelname.lower():7} {record.getMessage()} {tail}"
        )
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line.rstrip()


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": record.created,
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def set_up(config: LogConfig) -> None:
    """Send the log of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if config.format == "json" else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.level.upper())
    # aiosmtpd logs every command with its addresses at INFO; ours is the journal.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
