"""What people read and type."""

from __future__ import annotations

import io
import json

import pytest

from carriers.simulator.operator import Operator
from carriers.simulator.terminal import Terminal
from carriers.simulator.traffic import Fact
from tests.unit.carriers.simulator.operator_bench import PHONE, SMPP, FakeLine, operator_of, submission


def terminal(**options: bool) -> tuple[Operator, Terminal, io.StringIO]:
    operator, _ = operator_of()
    out = io.StringIO()
    made = Terminal(operator, out, **({"as_json": False, "colours": False} | options))
    operator.listeners.append(made.hear)
    return operator, made, out


def test_a_text_is_one_line_without_what_moves_the_cursor() -> None:
    operator, _, out = terminal()
    operator.take(submission("好\x1b[2J\n再见"), FakeLine(SMPP), 0.0)
    assert out.getvalue() == f"03:04:05 {PHONE} ← 10657000: 好\ufffd[2J⏎再见\n"


def test_json_is_one_object_a_line() -> None:
    operator, _, out = terminal(as_json=True)
    operator.take(submission("一\n二"), FakeLine(SMPP), 0.0)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(it["event"], it.get("text")) for it in lines] == [("segment", None), ("received", "一\n二")]
    assert lines[0]["at"] == "2026-01-02T03:04:05.000+08:00"


def test_colours_are_put_back() -> None:
    _, made, out = terminal(colours=True)
    made.hear(Fact("erred", {"reason": "x"}))
    assert out.getvalue().startswith("\x1b[31m")
    assert out.getvalue().endswith("\x1b[0m\n")


def test_saying_something() -> None:
    operator, made, _ = terminal()
    line = FakeLine(SMPP)
    operator.join(line, 0.0, receives=True)
    assert made.obey("say 13800138000 退订 谢谢\n", 0.0) == ""
    assert made.obey("say 13800138000 >1065700088 TD\n", 0.0) == ""
    assert [(it.to, it.text.text) for it in line.written] == [("10657000", "退订 谢谢"), ("1065700088", "TD")]
    assert made.obey("handsets", 0.0) == f"{PHONE:16} 2"
    assert "→ 1065700088: TD" in made.obey("handsets 13800138000", 0.0)


def test_changing_faults_and_breaking_lines() -> None:
    operator, made, _ = terminal()
    line = FakeLine(SMPP)
    operator.join(line, 0.0, receives=True)
    shown = made.obey("faults throttle_every_n=10 report_state=139=UNDELIV silent=on", 0.0)
    assert "throttle_every_n         10" in shown
    assert (operator.faults.silent, operator.faults.report_state) == (True, {"139": "UNDELIV"})
    assert made.obey("drop", 0.0) == "1 lines broken"
    assert line.is_dropped
    assert "accepted                 0" in made.obey("counters", 0.0)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("", ""), ("fly", "fly: unknown; type help"), ("say 13800138000", "text:"), ("say x y", "number:"),
     ("faults nothing=1", "nothing:"), ("faults silent", "faults:"), ("faults 'a", "faults:"),
     ("handsets 13800138000", "13800138000: nothing")],
)  # fmt: skip
def test_what_cannot_be_done_is_said(typed: str, answer: str) -> None:
    _, made, _ = terminal()
    assert made.obey(typed, 0.0).startswith(answer)
