"""Working time as people write it, read and written back."""

import pytest

from sla.spans import span_written, written


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15 min", 900), ("30m", 1800), ("4 h", 14_400), ("1.5 h", 5400), ("1,5 hours", 5400),
        ("1 h 30 min", 5400), (" 2 Working Days ", 57_600), ("5d", 144_000), ("90 s", 90),
        ("1 working hour", 3600),
    ],
)  # fmt: skip
def test_reads_what_people_write(text, seconds):
    assert span_written(text) == seconds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "“” is not a length of time; write it as 15 min, 4 h, 1 h 30 min or 5 days (a day is "
             "8 working hours)."),
        ("30", "“30” is not a length of time; write it as 15 min, 4 h, 1 h 30 min or 5 days (a day "
               "is 8 working hours)."),
        ("soon", "“soon” is not a length of time; write it as 15 min, 4 h, 1 h 30 min or 5 days "
                 "(a day is 8 working hours)."),
        ("2 weeks", "“weeks” is no unit of time; write it as 15 min, 4 h, 1 h 30 min or 5 days "
                    "(a day is 8 working hours)."),
        ("0 min", "“0 min” is out of range; use 1 second to 250 days."),
        ("251 days", "“251 days” is out of range; use 1 second to 250 days."),
    ],
)  # fmt: skip
def test_says_what_is_wrong_and_how_to_write_it(text, said):
    with pytest.raises(ValueError, match=r"\w") as error:
        span_written(text)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(900, "15 min"), (5400, "1 h 30 min"), (14_400, "4 h"), (28_800, "8 h"), (144_000, "5 days"),
     (90, "1 min 30 s"), (57_601, "16 h 1 s")],
)  # fmt: skip
def test_writes_it_so_that_it_reads_the_same(seconds, text):
    assert (written(seconds), span_written(text)) == (text, seconds)
