"""A prediction: what it says to which answer, what it keeps to itself, and what the file of all of them may hold."""

import json
import re

import numpy as np
import pytest
import torch

from effcourse.notebook.widgets import Prediction
from effcourse.notebook.widgets.prediction import WAITING, NotAnAnswerError
from effcourse.notebook.widgets.questions import QuestionError, questions, read

ENTRIES = """
[01-pixel]
question = "By how many per cent?"
unit = "%"
replies = [
    { to = 0.8, say = "That follows the side." },
    { from = 0.8, to = 2, say = "That follows the pixels." },
    { from = 12, to = 18, say = "You may have met ceil(n / 2) before." },
    { from = 100, say = "More than twice?" },
]
[02-where]
question = "Where are most MACs?"
choices = ["depthwise", "pointwise", "neither"]
replies = [
    { choice = "depthwise", say = "It has only 9 MACs per number." },
    { choice = "pointwise", say = "Yes, nearly all." },
]
[03-relative]
question = "How many?"
relative = true
replies = [{ to = 0.5, say = "Less than half." }, { from = 2, say = "Twice or more." }]
[04-plain]
question = "How many?"
"""
TRUTH, PLACE = 14.61, "pointwise"


@pytest.fixture(autouse=True)
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFCOURSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "predictions.json"


@pytest.fixture
def ask():
    return lambda key: Prediction(read(ENTRIES)[key])


@pytest.fixture
def number(ask) -> Prediction:
    return ask("01-pixel")


@pytest.fixture
def choice(ask) -> Prediction:
    return ask("02-where")


def answer(prediction, value):
    """What arrives when the page's button is pressed."""
    prediction.set_state({"guess": value, "commits": prediction.commits + 1})


def with_tolerance(tolerance):
    return Prediction(read(f'[k]\nquestion = "q?"\ntolerance = {tolerance}')["k"])


@pytest.mark.parametrize(
    ("guess", "said"),
    [
        (0.5, "You said 0.5 %. That follows the side.\nIt is 14.6 %."),
        (0.8, "You said 0.8 %. That follows the pixels.\nIt is 14.6 %."),
        (2, "You said 2 %. That is too low.\nIt is 14.6 %."),
        (15, "You said 15 %. Right! You may have met ceil(n / 2) before.\nIt is 14.6 %."),
        (17, "You said 17 %. You may have met ceil(n / 2) before.\nIt is 14.6 %."),
        (50, "You said 50 %. That is too high.\nIt is 14.6 %."),
        (1e6, "You said 1,000,000 %. More than twice?\nIt is 14.6 %."),
    ],
)
def test_the_reply_speaks_to_that_number(number, guess, said):
    number.guess = guess
    assert repr(number.reply(TRUTH)) == said


def test_the_reply_speaks_to_that_choice(choice):
    choice.guess = "depthwise"
    assert repr(choice.reply(PLACE)) == "You said “depthwise”. It has only 9 MACs per number.\nIt is “pointwise”."
    choice.guess = "pointwise"
    assert repr(choice.reply(PLACE)) == "You said “pointwise”. Right! Yes, nearly all.\nIt is “pointwise”."
    choice.guess = "neither"
    assert repr(choice.reply(PLACE)) == "You said “neither”.\nIt is “pointwise”."


@pytest.mark.parametrize(
    ("truth", "guess", "said"),
    [
        (40, 19, "Less than half."),
        (40, 30, "That is too low."),
        (40, 80, "Twice or more."),
        (-4, -1, "Less than half."),
        (0, 3, "Twice or more."),
        (0, -3, "Less than half."),
        (0, 0, "Right!"),
    ],
)
def test_ranges_relative_to_the_truth(ask, truth, guess, said):
    prediction = ask("03-relative")
    prediction.guess = guess
    assert f"You said {guess}. {said}\n" in repr(prediction.reply(truth))


def test_without_an_answer_neither_truth_nor_replies_are_told(number, choice, ledger):
    for prediction, truth in ((number, TRUTH), (choice, PLACE)):
        shown = prediction.reply(truth)
        assert repr(shown) == WAITING
        assert WAITING.startswith("Answer above first, then run this cell again.")
        assert shown._repr_html_() == f"<p>{WAITING}</p>"
    assert not ledger.exists()


def test_who_does_not_want_to_guess_is_told(number, ledger):
    assert repr(number.reply(TRUTH, show=True)) == "It is 14.6 %."
    answer(number, 14.6)
    assert number.note == "You have seen the truth before, so this answer is not kept in the ledger."
    assert "Right!" in number.reply(TRUTH).text  # the chapter still answers
    assert not ledger.exists()


def test_reply_is_html_without_markup_of_its_own():
    prediction = Prediction(read('[k]\nquestion = "q?"\nreplies = [{ say = "a < b & c" }]')["k"])
    prediction.guess = 0
    assert prediction.reply(1)._repr_html_() == "<p>You said 0. a &lt; b &amp; c</p><p>It is 1.</p>"


@pytest.mark.parametrize(
    ("truth", "tolerance", "guess", "right"),
    [
        (10, 0.1, 11, True),
        (10, 0.1, 11.01, False),
        (-10, 0.1, -9, True),
        (0, 0.1, 0.1, True),
        (0, 0.1, 0.2, False),
        (7, 0, 7, True),
        (np.float32(2.5), 0.1, 2.6, True),
        (np.int64(10**12), 0.1, 10**12, True),
        (torch.tensor(2.5), 0.1, 2.5, True),
    ],
)
def test_right_within_the_tolerance(truth, tolerance, guess, right):
    prediction = with_tolerance(tolerance)
    prediction.guess = guess
    assert ("Right!" in prediction.reply(truth).text) is right


@pytest.mark.parametrize("guess", ["abc", "12", True, float("nan"), float("inf"), [1]])
def test_a_guess_that_is_no_number(number, guess):
    with pytest.raises(ValueError, match="guess of prediction '01-pixel' must be a number, got"):
        number.guess = guess
    with pytest.raises(NotAnAnswerError):
        number.set_state({"guess": guess})
    assert number.guess is None


def test_a_guess_that_is_no_choice(choice):
    with pytest.raises(ValueError, match="unknown guess of prediction '02-where' 'dephwise'; did you mean depthwise"):
        choice.guess = "dephwise"


@pytest.mark.parametrize("truth", ["many", None, float("nan"), True, float("inf")])
def test_a_truth_that_is_no_number(number, truth):
    with pytest.raises(ValueError, match=r"truth of prediction '01-pixel' must be a number, got "):
        number.reply(truth)


def test_a_truth_that_is_no_choice(choice):
    for truth in ("pointwis", 3, None):
        with pytest.raises(ValueError, match=f"truth of prediction '02-where' {truth!r}"):
            choice.reply(truth)


def test_a_guess_can_be_taken_back(number):
    number.guess = np.float64(3)
    assert type(number.guess) is float
    number.guess = None
    assert number.reply(TRUTH).text == WAITING


def test_the_page_never_learns_the_truth(number, choice):
    """Nor does the state that a notebook stores."""
    number.reply(TRUTH)
    answer(number, 3)
    number.reply(TRUTH)
    state = {k: v for k, v in number.get_state().items() if k not in ("_esm", "_css")}
    assert "14.6" not in json.dumps(state)
    assert "ceil" not in json.dumps(state)
    assert choice.get_state()["choices"] == ["depthwise", "pointwise", "neither"]
    assert choice.get_state()["guess"] is None


def test_what_a_page_without_widgets_shows(number, choice):
    data, _ = number._repr_mimebundle_()
    assert data["text/plain"] == repr(number)  # nbval compares it
    assert repr(number).startswith("By how many per cent?\n[a number in %]\n")
    assert "run this cell in\nJupyterLab" in repr(number)
    assert repr(choice).startswith("Where are most MACs?\n[depthwise / pointwise / neither]\n")


def kept(ledger):
    return json.loads(ledger.read_text(encoding="utf-8"))["predictions"]["01-pixel"]


def test_an_answer_in_the_page_goes_to_the_ledger_and_is_judged_with_the_reply(number, ledger):
    answer(number, 3)
    entry = kept(ledger)
    assert entry.pop("when").startswith("20")
    assert entry == {
        "question": "By how many per cent?",
        "guess": 3,
        "unit": "%",
        "right": None,
        "replied": False,
    }
    number.reply(TRUTH)
    assert {key: kept(ledger)[key] for key in ("guess", "truth", "right", "replied")} == {
        "guess": 3,
        "truth": 14.61,
        "right": False,
        "replied": True,
    }


def test_a_guess_set_from_python_does_not(number, ledger):
    number.guess = 3
    number.reply(TRUTH)
    assert not ledger.exists()


def test_before_the_truth_is_shown_the_last_answer_counts_and_then_no_other(number, ledger):
    answer(number, 3)
    answer(number, 5)
    assert kept(ledger)["guess"] == 5
    number.reply(TRUTH)
    answer(number, 14.6)
    assert kept(ledger)["guess"] == 5
    assert "your first answer stays" in number.note
    assert "Right!" in number.reply(TRUTH).text  # the chapter still answers
    assert kept(ledger)["right"] is False


def test_an_unknown_key():
    with pytest.raises(ValueError, match="unknown prediction '03-half-with'; did you mean 03-half-width"):
        Prediction("03-half-with")


def test_the_courses_own_entries_can_be_read():
    assert all(re.match(r"\d\d-[a-z0-9-]+\Z", key) for key in questions())
    assert all(one.replies for one in questions().values())


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("", "it lacks its question"),
        ('question = ""', "question must be a text, got ''"),
        ("question = 3", "question must be a text, got 3"),
        ('question = "q"\nunit = 1', "unit must be a text, got 1"),
        ('question = "q"\ntruth = 1', "unknown field 'truth'; valid: question"),
        ('question = "q"\nquestions = 1', "did you mean question"),
        ('question = "q"\nchoices = "ab"', "choices must be a list of texts, got 'ab'"),
        ('question = "q"\nchoices = ["a"]', "choices must be at least two, all different, got ['a']"),
        ('question = "q"\nchoices = ["a", "a"]', "choices must be at least two, all different"),
        ('question = "q"\ntolerance = -0.1', "tolerance must be a number of at least 0, got -0.1"),
        ('question = "q"\ntolerance = true', "tolerance must be a number of at least 0, got True"),
        ('question = "q"\nrelative = 1', "relative must be true or false"),
        ('question = "q"\nreplies = [{ from = 2, to = 1, say = "x" }]', "with from < to, got {'from': 2"),
        ('question = "q"\nreplies = [{ low = 1, say = "x" }]', "a reply must be { from = 1"),
        ('question = "q"\nreplies = ["x"]', "a reply must be { from = 1"),
        ('question = "q"\nreplies = [{ from = "b", say = "x" }]', "an end of a range must be a number, got 'b'"),
        ('question = "q"\nreplies = [{ from = 1, say = 3 }]', "a reply must be { from = 1"),
        ('question = "q"\nreplies = [{ from = 1, say = "x" }, { from = 2, say = "y" }]', "reply 2 can never be given"),
        (
            'question = "q"\nchoices = ["a", "b"]\nreplies = [{ choice = "c", say = "x" }]',
            "unknown choice in replies 'c'",
        ),
        ('question = "q"\nchoices = ["a", "b"]\nreplies = [{ to = 1, say = "x" }]', 'a reply must be { choice = "..."'),
    ],
)
def test_an_entry_that_is_none_is_named(entry, message):
    with pytest.raises(QuestionError, match=re.escape(message)) as raised:
        read(f"[09-bad]\n{entry}")
    assert str(raised.value).startswith("prediction '09-bad': ")
    with pytest.raises(QuestionError, match="prediction 'stray' must be a table, got 1"):
        read("stray = 1")
