"""`caiyou account`: what is done to accounts at the command line stands in the log of acts."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cli import main
from gateway.commands.books import open_desk
from gateway.core.sessions import Role
from gateway.store.audit import AuditQuery


def test_roles_and_standings_are_set_and_written_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "caiyou.toml"
    config.write_text(f'[store]\ndata_dir = "{tmp_path}/data"\n')

    def typed(*words: str) -> int:
        with pytest.raises(SystemExit) as end:
            main(["--config", str(config), *words])
        return int(end.value.code or 0)

    assert typed("domain", "add", "x.example") == 0
    assert typed("account", "add", "ann@x.example", "--no-password") == 0
    assert typed("account", "role", "ann@x.example", "system") == 0
    assert typed("account", "role", "eve@x.example", "system") == 1
    assert "there is no account eve@x.example" in capsys.readouterr().err
    assert typed("account", "role", "ann@x.example", "king") == 2
    assert typed("account", "suspend", "ann@x.example") == 0
    with open_desk(config) as desk:
        account = desk.read_now(lambda books: books.accounts.by_address("ann@x.example"))
        assert account is not None
        assert desk.read_now(lambda books: books.accounts.role(account.id)) is Role.SYSTEM
        acts = desk.read_now(lambda books: books.audit.page(AuditQuery()))
    assert [entry.act for entry in acts] == ["account-suspended", "role-set", "account-added", "domain-added"]
    assert acts[1].changes == {"role": ("member", "system")}
    assert all(entry.actor.account_id == 0 and "@" in entry.actor.name for entry in acts)
