"""The engine behind the exercises, and the quizzes."""

import importlib
import json
import re

import numpy as np
import pytest
import torch
from conftest import ROOT

from colorlib.color import rgb_to_lab
from colorlib.io.assets import asset
from colorlib.notebook import quiz
from colorlib.notebook.checks import (
    NOT_YET,
    WRONG,
    Exercise,
    Mistake,
    difference,
    judge_of_three,
    show_value,
)

double = Exercise(
    reference=lambda x: 2 * x,
    cases=[(1.0,), (torch.tensor([1.0, 3.0]),)],
    right="Doubling is adding a thing to itself.",
    mistakes=[Mistake("you squared it", lambda x: x**2), Mistake("you left it", lambda x: x)],
)


@pytest.mark.parametrize("stub", [lambda x: ..., ...])
def test_stub_is_not_yet(stub):
    verdict = double(stub)
    assert verdict.status == NOT_YET and not verdict and "Not yet" in repr(verdict)


@pytest.mark.parametrize("answer", [lambda x: None, lambda x: print(2 * x), None])
def test_a_forgotten_return_is_named(answer, capsys):
    verdict = double(answer)
    assert verdict.status == WRONG and "return" in repr(verdict) and "input:" in repr(verdict)


def test_not_implemented_is_not_yet():
    def answer(x):
        raise NotImplementedError

    assert double(answer).status == NOT_YET


@pytest.mark.parametrize("answer, advice", [
    (lambda x: torch.as_tensor(x) ^ 2, "**"),
    (lambda x: torch.as_tensor(x) > 0 | torch.as_tensor(x) < 1, "brackets"),
    (lambda x: torch.as_tensor(x) > 0 & torch.as_tensor(x) < 1, "brackets"),
    (lambda x: torch.as_tensor(x).reshape(-1).long().softmax(0), "float()"),
])
def test_what_pytorch_lacks_is_an_error_and_gets_advice(answer, advice):
    """Its NotImplementedError is not the learner's."""
    verdict = double(answer)
    assert verdict.status == WRONG and "in line" in repr(verdict) and advice in repr(verdict)


def test_the_cells_go_on_with_a_right_answer_of_any_kind():
    def changes_its_argument(x):
        x *= 2
        return x

    given = torch.tensor([1.0, 3.0], requires_grad=True)
    for answer in (changes_its_argument, lambda x: 2 * x.double(), lambda x: x + x):
        made = Exercise(lambda x: 2 * x, "", [(torch.ones(2),)]).choose(answer)(given)
        assert made.dtype == torch.float32 and made.tolist() == [2, 6]
        made.sum().backward()
    assert given.tolist() == [1, 3] and given.grad.tolist() == [6, 6]
    in_numpy = Exercise(lambda x: 2 * x, "", [(torch.ones(2),)]).choose(lambda x: 2 * x.numpy())
    assert torch.equal(in_numpy(torch.ones(2)), torch.full((2,), 2.0))
    listed = Exercise(lambda n: [0.5] * n, "", [(2,)]).choose(lambda n: np.full(n, 0.5))
    assert listed(3) == [0.5] * 3
    several = Exercise(lambda x: (x, 2), "", [(1.5,)]).choose(lambda x: torch.tensor([x, 2]))
    assert several(1.5) == (1.5, 2)


@pytest.mark.parametrize("answer", [..., lambda x: ..., lambda x: 3 * x])
def test_the_cells_go_on_with_the_reference_where_an_answer_is_not_right(answer):
    assert double.choose(answer) is double.reference


def test_a_value_of_none_is_named():
    value = Exercise(reference=lambda: 3, right="")
    assert "not an answer" in repr(value(None)) and "return" not in repr(value(None))


def test_right_answer_says_what_is_right():
    verdict = double(lambda x: x + x)
    assert verdict and repr(verdict) == "✓ Right. Doubling is adding a thing to itself."


def test_wrong_answer_shows_input_expected_and_got():
    verdict = double(lambda x: 5 * x)
    assert verdict.status == WRONG and not verdict
    lines = repr(verdict).splitlines()[1:]
    assert [line.split() for line in lines] == [
        ["input:", "1"], ["expected:", "2"], ["got:", "5"]]


def test_usual_mistake_is_named_only_if_it_is_that_one_on_every_case():
    assert "you left it" in repr(double(lambda x: x))
    half = double(lambda x: x if isinstance(x, float) else 7 * x)
    assert not half and "mistake" not in repr(half)


def test_an_exception_is_a_line_that_names_the_place():
    def answer(x):
        return x / 0 if isinstance(x, float) else x

    verdict = double(answer)
    assert verdict.status == WRONG
    assert "ZeroDivisionError" in repr(verdict) and "return x / 0" in repr(verdict)


def test_an_exception_in_a_library_names_the_line_that_called_it():
    def answer(x):
        return rgb_to_lab(x)

    text = repr(double(answer))
    assert "TypeError: rgb must be a float tensor" in text and "return rgb_to_lab(x)" in text


def test_answers_can_not_change_the_cases():
    def answer(x):
        if isinstance(x, torch.Tensor):
            return x.mul_(2)
        return 2 * x

    assert double(answer) and double(answer)


@pytest.mark.parametrize("got", ["text", [2.0, 2.0], float("nan"), object(), {"a": 1}])
def test_nonsense_is_wrong_without_a_crash(got):
    assert double(lambda x: got).status == WRONG


def test_shape_is_named():
    assert "shape (2,)" in difference(np.zeros(3), np.zeros(2), 1e-3)


def test_large_results_show_their_worst_place():
    wrong = np.zeros((9, 9))
    wrong[4, 5] = 2
    text = difference(wrong, np.zeros((9, 9)), 1e-3)
    assert "[4, 5]" in text and "1 of the 81 values" in text


def test_one_number_may_come_in_a_tensor():
    assert double(lambda x: 2 * torch.as_tensor([x]) if isinstance(x, float) else 2 * x)
    assert double(lambda x: [2.0]).status == WRONG  # right for the first case alone
    assert "shape" in difference(torch.ones(1), torch.ones(2), 1e-3)


def test_a_condition_on_a_whole_tensor_gets_advice():
    branch = double(lambda x: x * 2 if x > 0 else x)
    limit = double(lambda x: min(torch.tensor([1.0, 2.0]), 2 * x))
    assert "torch.where" in repr(branch) and "clamp" in repr(limit)


@pytest.mark.parametrize("flags", [torch.tensor([True, False]), np.array([True, False])])
def test_the_difference_of_two_masks_gets_advice(flags):
    assert "Make numbers of True and False first" in repr(double(lambda x: flags - flags))


def test_losses_that_hold_their_graph_are_named():
    weight = torch.ones((), requires_grad=True)
    assert ".item()" in difference([weight * 2, weight], [2.0, 1.0], 1e-3)
    assert ".item()" not in difference([3.0, 1.0], [2.0, 1.0], 1e-3)


def test_an_input_can_be_told_in_words():
    told = Exercise(lambda network: 1, right="", cases=[(object(),)],
                    show_input=lambda network: "a network")
    assert "input:    a network" in repr(told(lambda network: 2))


def test_a_value_and_a_judge():
    even = Exercise(
        reference=lambda: 4, right="It is even.",
        judge=lambda got: None if got % 2 == 0 else f"{got} is odd",
    )
    assert even(8) and even(lambda: 2)
    assert "3 is odd" in repr(even(3)) and even(...).status == NOT_YET


def test_a_set_has_no_order():
    judge = judge_of_three((1, 2, 3), "number", "part")
    assert "no order" in judge({1, 2, 3}) and judge((1, 2, 3)) is None


def test_values_are_shown_briefly():
    assert show_value(5_128_192) == "5,128,192" and show_value(1.23456) == "1.235"
    assert show_value(torch.zeros(3, 100, 100)) == "30,000 numbers of shape (3, 100, 100), " \
                                                   "from 0 to 0"
    assert len(show_value("x" * 500)) <= 60


QUIZZES = sorted(asset("quizzes").glob("*.json"))


@pytest.mark.parametrize("path", QUIZZES, ids=lambda p: p.stem)
def test_quiz_has_three_to_five_questions_and_explains_every_choice(path):
    questions = quiz.load(path.stem)
    assert 3 <= len(questions) <= 5
    for question in questions:
        assert question["type"] == "multiple_choice"
        answers = question["answers"]
        assert len(answers) >= 3 and sum(a["correct"] for a in answers) == 1
        assert all(len(a["feedback"]) > 20 for a in answers), "explain every choice"
        assert len({a["feedback"] for a in answers}) == len(answers)
        assert not re.search(r"\$|https?:", json.dumps(question)), "no LaTeX, no outside link"


@pytest.fixture
def quiz_page():
    """The quiz of chapter 01, as HTML; it can only be made where IPython displays."""
    from IPython.core.interactiveshell import InteractiveShell

    InteractiveShell.instance()
    yield quiz.show("01")._repr_html_()
    InteractiveShell.clear_instance()


def test_quiz_names_no_other_host(quiz_page):
    assert not re.findall(r"https?://[\w.]+", quiz_page)


@pytest.mark.parametrize("mathjax", ["undefined", "{version: '3.2.2'}", "{tex: {}}"])
def test_quiz_explains_by_mouse_and_by_keyboard(browser, quiz_page, mathjax):
    """Also where the page has a MathJax of its own, ready or not: jupyterquiz must let it be."""
    page, troubles = browser.new_page(), []
    page.on("pageerror", lambda error: troubles.append(error))
    page.on("request", lambda request: troubles.append(request.url))
    page.set_content(f"<script>window.MathJax = {mathjax}</script>{quiz_page}")
    first, second, *_ = quiz.load("01")
    page.get_by_text(first["answers"][1]["answer"], exact=True).click()
    page.locator(".MCButton input").nth(3).press("Space")
    explained = page.locator(".Feedback").all_inner_texts()
    assert explained[:2] == [first["answers"][1]["feedback"], second["answers"][0]["feedback"]]
    assert page.locator(".Feedback").first.get_attribute("aria-live") == "polite"
    page.wait_for_timeout(700)  # jupyterquiz looks for MathJax after half a second
    assert not troubles
    page.close()


def test_missing_quiz_is_named():
    with pytest.raises(ValueError, match="no quiz for chapter 'x'"):
        quiz.load("x")


def test_each_sentence_that_is_wrong_is_named_with_its_reason():
    from colorlib.notebook.checks.ch10 import conclude

    said = str(conclude((True, True, True, False)))
    assert "sentence 2" in said and "sentence 3" in said and "sentence 4" not in said
    assert conclude([True, False, False, False])
    assert "four of True and False" in str(conclude((True, False)))


def test_a_number_in_quotes_is_a_number_and_a_text_is_no_three_numbers():
    from colorlib.notebook.checks.ch04 import faults

    assert faults(("5", "2", "3")) and faults([5, 2, 3])
    assert "of version a" in str(faults(("1", "2", "3")))
    assert "three numbers" in str(faults("523")) and "three numbers" in str(faults(("x", 2, 3)))


def every_exercise():
    for path in sorted((ROOT / "colorlib" / "notebook" / "checks").glob("ch*.py")):
        module = importlib.import_module(f"colorlib.notebook.checks.{path.stem}")
        for name, exercise in vars(module).items():
            if isinstance(exercise, Exercise):
                yield pytest.param(exercise, id=f"{path.stem}.{name}")


@pytest.mark.parametrize("exercise", list(every_exercise()))
def test_nonsense_is_wrong_and_never_stops_a_checker(exercise):
    assert "`return`" in str(exercise(lambda *arguments: None))
    for nonsense in ("abc", 3.14, [1, 2], (1, 2, 3, 4, 5, 6), {}):
        assert exercise(lambda *arguments, got=nonsense: got).status == WRONG, nonsense
