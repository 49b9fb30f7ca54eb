import re
from pathlib import Path

from modem_transcripts import PAGE, SCENES, page


def test_the_transcripts_of_the_page_are_what_the_tests_say():
    assert PAGE.read_text() == page(), "python tests/unit/carriers/gsm/modem/modem_transcripts.py writes them again"


def test_each_transcript_belongs_to_a_test():
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_modem_*.py"))
    for name in SCENES:
        assert re.search(rf"def {re.escape(name.partition('[')[0])}\(", tests), name
