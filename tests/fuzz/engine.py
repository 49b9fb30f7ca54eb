"""One target under libFuzzer: `python -m tests.fuzz.engine NAME [libFuzzer's own flags and folders]`.

The process ends with libFuzzer's status: 0 when the time is up, another when there is a finding.
"""

from __future__ import annotations

import sys

import atheris

_OURS = ["addressbook", "carriers", "gateway", "mail2sms", "mms", "templates"]


def main() -> None:
    name, *flags = sys.argv[1:]
    # What a comparison was made with is what mutations should try; only code loaded in here gives its branches away.
    with atheris.instrument_imports(include=_OURS):
        from tests.fuzz.table import TARGETS
    atheris.Setup([name, *flags], TARGETS[name].check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
