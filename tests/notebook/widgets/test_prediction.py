"""A prediction: what it takes, what it says, and what it keeps to itself."""

import json
import re

import numpy as np
import pytest
import torch

from effcourse.notebook.widgets import Prediction
from effcourse.notebook.widgets.prediction import NotAnAnswerError

REPLIES = [
    ((None, 0.8), "That follows the side."),
    ((0.8, 2), "That follows the pixels."),
    ((12, 18), "You may have met ceil(n / 2) before."),
    ((100, None), "More than twice?"),
]
CHOICES = ["depthwise", "pointwise", "neither"]


@pytest.fixture(autouse=True)
def ledger(tmp_path, monkeypatch):
    monkeypatch.setenv("EFFCOURSE_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "predictions.json"


@pytest.fixture
def number() -> Prediction:
    return Prediction("01-pixel", "By how many per cent?", answer=14.61, unit="%", tolerance=0.1, replies=REPLIES)


@pytest.fixture
def choice() -> Prediction:
    replies = [("depthwise", "It has only 9 MACs a number."), ("pointwise", "Yes, nearly all.")]
    return Prediction("02-where", "Where are most MACs?", answer="pointwise", choices=CHOICES, replies=replies)


def answer(prediction, value):
    """What arrives when the page's button is pressed."""
    prediction.set_state({"guess": value, "commits": prediction.commits + 1})


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
    assert repr(number.reply()) == said


def test_the_reply_speaks_to_that_choice(choice):
    choice.guess = "depthwise"
    assert repr(choice.reply()) == "You said “depthwise”. It has only 9 MACs a number.\nIt is “pointwise”."
    choice.guess = "pointwise"
    assert repr(choice.reply()) == "You said “pointwise”. Right! Yes, nearly all.\nIt is “pointwise”."
    choice.guess = "neither"
    assert repr(choice.reply()) == "You said “neither”.\nIt is “pointwise”."


def test_without_an_answer_it_says_what_a_student_would_have_seen(number, choice, ledger):
    none_yet = "No answer yet: type one above, then run this cell again.\n"
    assert repr(number.reply()) == none_yet + (
        "Who said less than 0.8 % would have read: That follows the side.\nIt is 14.6 %."
    )
    assert repr(choice.reply()) == none_yet.replace("type", "choose") + (
        "Who said “depthwise” would have read: It has only 9 MACs a number.\nIt is “pointwise”."
    )
    assert repr(Prediction("k", "q?", answer=3).reply()) == f"{none_yet}It is 3."
    assert not ledger.exists()


@pytest.mark.parametrize(
    ("ends", "words"), [((20, None), "20 % or more"), ((1, 2.5), "a number from 1 to 2.5 %"), ((-5, 0), "-5 to 0 %")]
)
def test_the_example_names_its_range(ends, words):
    prediction = Prediction("k", "q?", answer=10, unit="%", replies=[((9, 11), "right"), (ends, "wrong")])
    assert f"{words} would have read: wrong" in prediction.reply().text


def test_reply_is_html_without_markup_of_its_own():
    prediction = Prediction("k", "q?", answer=1, replies=[((None, None), "a < b & c")])
    prediction.guess = 0
    assert prediction.reply()._repr_html_() == "<p>You said 0. a &lt; b &amp; c</p><p>It is 1.</p>"


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
    prediction = Prediction("k", "q?", answer=truth, tolerance=tolerance)
    prediction.guess = guess
    assert ("Right!" in prediction.reply().text) is right


@pytest.mark.parametrize("guess", ["abc", "12", True, float("nan"), float("inf"), [1]])
def test_a_guess_that_is_no_number(number, guess):
    with pytest.raises(ValueError, match="guess must be a number, got"):
        number.guess = guess
    with pytest.raises(NotAnAnswerError):
        number.set_state({"guess": guess})
    assert number.guess is None


def test_a_guess_that_is_no_choice(choice):
    with pytest.raises(ValueError, match="unknown choice 'dephwise'; did you mean depthwise"):
        choice.guess = "dephwise"


def test_a_guess_can_be_taken_back(number):
    number.guess = np.float64(3)
    assert type(number.guess) is float
    number.guess = None
    assert "No answer yet" in number.reply().text


def test_the_page_never_learns_the_truth(number, choice):
    """Nor does the state that a notebook stores."""
    answer(number, 3)
    number.reply()
    state = {k: v for k, v in number.get_state().items() if k not in ("_esm", "_css")}
    assert "14.6" not in json.dumps(state)
    assert "ceil" not in json.dumps(state)
    assert choice.get_state()["choices"] == CHOICES
    assert choice.get_state()["guess"] is None


def test_what_a_page_without_widgets_shows(number, choice):
    data, _ = number._repr_mimebundle_()
    assert data["text/plain"] == repr(number)  # nbval compares it
    assert repr(number).startswith("By how many per cent?\n[a number in %]\n")
    assert "run this cell in\nJupyterLab" in repr(number)
    assert repr(choice).startswith("Where are most MACs?\n[depthwise / pointwise / neither]\n")


def test_an_answer_in_the_page_goes_to_the_ledger(number, ledger):
    answer(number, 3)
    kept = json.loads(ledger.read_text(encoding="utf-8"))["predictions"]["01-pixel"]
    assert kept.pop("when").startswith("20")
    assert kept == {
        "question": "By how many per cent?",
        "guess": 3,
        "truth": 14.61,
        "unit": "%",
        "right": False,
        "replied": False,
    }


def test_a_guess_set_from_python_does_not(number, ledger):
    number.guess = 3
    number.reply()
    assert not ledger.exists()


def test_before_the_truth_is_shown_the_last_answer_counts_and_then_no_other(number, ledger):
    def kept():
        return json.loads(ledger.read_text(encoding="utf-8"))["predictions"]["01-pixel"]["guess"]

    answer(number, 3)
    answer(number, 5)
    assert kept() == 5
    number.reply()
    answer(number, 14.6)
    assert kept() == 5
    assert "your first answer stays" in number.note
    assert "Right!" in number.reply().text  # the chapter still answers


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"key": ""}, "key must be a text, got ''"),
        ({"question": 3}, "question must be a text, got 3"),
        ({"answer": "many"}, "answer must be a number, got 'many'"),
        ({"answer": None}, "answer must be a number, got None"),
        ({"answer": float("nan")}, "answer must be a number, got nan"),
        ({"answer": "c", "choices": ["a", "b"]}, "unknown answer 'c'; valid: a, b"),
        ({"answer": "a", "choices": "ab"}, "choices must be a list of texts, got 'ab'"),
        ({"answer": "a", "choices": ["a"]}, "choices must be at least two, all different, got ['a']"),
        ({"answer": "a", "choices": ["a", "a"]}, "choices must be at least two, all different"),
        ({"tolerance": -0.1}, "tolerance must be a number of at least 0, got -0.1"),
        ({"replies": [((2, 1), "x")]}, "a reply must be ((low, high), text) with low < high, got ((2, 1), 'x')"),
        ({"replies": [(1, "x")]}, "a reply must be ((low, high), text)"),
        ({"replies": ["x"]}, "a reply must be ((low, high), text)"),
        ({"replies": [((1, "b"), "x")]}, "an end of a range must be a number, got 'b'"),
        ({"replies": [((1, 2), 3)]}, "a reply must be ((low, high), text)"),
        (
            {"answer": "a", "choices": ["a", "b"], "replies": [("c", "x")]},
            "unknown choice in replies 'c'; valid: a, b",
        ),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Prediction(**({"key": "k", "question": "q?", "answer": 1} | arguments))


def test_the_truth_is_folded_until_there_is_an_answer():
    guess = Prediction("test-folded", "How many?", answer=7)
    folded = "<details><summary>Show me without a prediction</summary><p>It is 7.</p></details>"
    assert guess.reply()._repr_html_().endswith(folded)
    guess.guess = 7
    assert "<details>" not in guess.reply()._repr_html_()
