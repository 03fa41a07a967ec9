"""common.js, function by function, in the browser that runs it."""

import pytest

from effcourse.notebook.widgets.instrument import HERE


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    script = (HERE / "common.js").read_text(encoding="utf-8")
    page.evaluate(
        "async (script) => { window.common = await import('data:text/javascript;charset=utf-8,' "
        "+ encodeURIComponent(script)); }",
        script,
    )
    return page


@pytest.fixture(autouse=True)
def empty(page):
    page.evaluate("document.body.replaceChildren()")


@pytest.mark.parametrize(
    ("call", "gives"),
    [
        ("sum([1, 2, 3.5])", 6.5),
        ("sum([])", 0),
        ("exact(300774272)", "300,774,272"),
        ("round(1234.5)", "1,230"),
        ("round(0.00012345)", "0.000123"),
        ("round(217.5, 12)", "217.5"),
        ("percent(1, 3)", "33.3 %"),
        ("percent(1, 0)", "–"),
        ("scaled(300774272)", "301 M"),
        ("scaled(1e9)", "1 G"),
        ("scaled(999)", "999"),
        ("scaled(-2500)", "-2.5 k"),
        ("scaled(0)", "0"),
        ("spoken(3504872)", "3.5 million"),
        ("spoken(12)", "12"),
        ("fill('{n} of {all} fit, {n}', { n: 3, all: 0 })", "3 of 0 fit, 3"),
        ("fill('{typed}', { typed: '$& {n}' })", "$& {n}"),  # what was typed is no template
        ("decades(15, 200)", [20, 50, 100, 200]),
        ("decades(0.02, 0.3)", [0.02, 0.05, 0.1, 0.2]),
        ("decades(0.5, 150, [1])", [1, 10, 100]),
        ("even(49.2, 86)", [50, 55, 60, 65, 70, 75, 80, 85]),
        ("even(70.5, 76)", [72, 74, 76]),
        ("even(70.5, 72.9)", [71, 72]),
        ("even(70.2, 70.8)", []),
    ],
)
def test_numbers_and_sentences(page, call, gives):
    assert page.evaluate(f"common.{call}") == gives


def test_a_gap_without_a_value_is_an_error(page):
    says = page.evaluate("(() => { try { common.fill('{a} {b}', { a: 1 }); } catch (e) { return e.message; } })()")
    assert says == "nothing to put into {b} of “{a} {b}”"


def test_scales(page):
    assert page.evaluate("[1, 10, 100].map(common.scale({ low: 1, high: 100, log: true }, 50, 250))") == [50, 150, 250]
    assert page.evaluate("[0, 5, 10].map(common.scale({ low: 0, high: 10 }, 100, 0))") == [100, 50, 0]
    assert page.evaluate("common.scale({ low: 3, high: 3 }, 0, 10)(3)") == 0  # one number only


def test_elements_know_where_they_stand(page):
    names = page.evaluate(
        """() => {
            const svg = common.make(document.body, "svg", { viewBox: "0 0 9 9" });
            const path = common.make(common.make(svg, "g"), "path");
            const p = common.make(document.body, "p", { class: "a" }, "<b>");
            return [svg, path, p].map((one) => one.namespaceURI.split("/").at(-1)).concat(p.innerHTML);
        }"""
    )
    assert names == ["svg", "svg", "xhtml", "&lt;b&gt;"]  # text, never markup


def test_a_slider_says_what_it_is_at(page):
    page.evaluate(
        """() => {
            window.heard = [];
            const axis = { name: "width", label: "Width", said: ["0.5", "1", "2 pixels"] };
            window.slider = common.slider(document.body, "id", axis, (i) => window.heard.push(i));
            window.slider.show(1);
        }"""
    )
    slider = page.get_by_role("slider", name="Width")
    assert slider.get_attribute("aria-valuetext") == "1"
    assert slider.get_attribute("data-lm-suppress-shortcuts") == "true"
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Home")
    assert page.evaluate("heard") == [2, 0]
    page.evaluate("slider.show(2)")
    assert slider.get_attribute("aria-valuetext") == "2 pixels"
    assert page.locator(".effc-value").inner_text() == "2 pixels"
    assert page.locator(".effc-value").get_attribute("aria-hidden") == "true"  # or it would be said twice


def test_a_choice_is_a_named_group(page):
    page.evaluate(
        """() => {
            window.heard = [];
            const options = [["a", "first"], ["b", "second one"]];
            common.choice(document.body, "id", "kind", "Which?", options, (key) => window.heard.push(key)).show("a");
        }"""
    )
    group = page.get_by_role("group", name="Which?")
    assert group.get_by_role("radio", name="first").is_checked()
    group.get_by_role("radio", name="first").focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("heard") == ["b"]


def test_kinds_differ_in_mark_and_colour(page):
    """Seven of each; the eighth is the first again."""
    looks = page.evaluate(
        """() => {
            const svg = common.make(document.body, "svg");
            const kinds = Array.from({ length: 8 }, (_, kind) => kind);
            const marks = kinds.map((kind) => common.mark(svg, kind, `kind ${kind}`, { class: "more" }));
            return marks.map((one) => [one.getAttribute("d"), one.getAttribute("class"), one.textContent]);
        }"""
    )
    shapes, classes, texts = zip(*looks, strict=True)
    assert len(set(shapes)) == len(set(classes)) == 7
    assert (shapes[7], classes[7]) == (shapes[0], "effc-mark effc-color-0 more")
    assert texts[3] == "kind 3"
    style = (HERE / "common.css").read_text(encoding="utf-8")
    assert [style.count(f".effc-color-{kind} {{") for kind in range(8)] == [1] * 7 + [0]


INSTRUMENT = """() => {
    const state = { data: { title: "one" }, a: 1, b: 2 }, handlers = {};
    window.drawn = []; window.built = 0; window.saves = 0; window.log = handlers;
    window.model = {
        get: (name) => state[name],
        set: (name, value) => { state[name] = value; (handlers[`change:${name}`] ?? []).forEach((run) => run()); },
        save_changes: () => { window.saves += 1; },
        on: (event, run) => (handlers[event] ??= []).push(run),
        off: (event, run) => { handlers[event] = handlers[event].filter((one) => one !== run); },
    };
    const render = common.instrument("test", ({ root, data, get, put }) => {
        window.put = put; window.built += 1;
        common.make(root, "p", {}, data.title);
        return () => window.drawn.push(get("a") > 5 ? [get("a"), get("b")] : [get("a")]);
    });
    window.end = render({ model: window.model, el: document.body });
}"""


def test_an_instrument_follows_what_it_asks_for(page):
    page.evaluate(INSTRUMENT)
    assert page.evaluate("drawn") == [[1]]
    page.evaluate("model.set('b', 3)")  # not asked for yet
    assert page.evaluate("drawn") == [[1]]
    page.evaluate("model.set('a', 6); model.set('b', 4)")
    assert page.evaluate("drawn") == [[1], [6, 3], [6, 4]]


def test_an_instrument_draws_once_for_several_traits(page):
    page.evaluate(INSTRUMENT)
    page.evaluate("put({ a: 7, b: 8 })")
    assert page.evaluate("[drawn.at(-1), drawn.length, saves]") == [[7, 8], 2, 1]


def test_new_data_builds_anew(page):
    page.evaluate(INSTRUMENT)
    page.evaluate("model.set('data', { title: 'two' })")
    assert page.locator(".effc.effc-test").all_inner_texts() == ["two"]
    assert page.evaluate("[built, drawn.length]") == [2, 2]
    page.evaluate("model.set('a', 2)")
    assert page.evaluate("drawn.length") == 3  # it does not listen twice


def test_the_end_of_an_instrument_lets_go(page):
    page.evaluate(INSTRUMENT)
    page.evaluate("model.set('a', 6); end()")
    before = page.evaluate("drawn.length")
    page.evaluate("model.set('a', 7); model.set('b', 7); model.set('data', { title: 'two' })")
    assert page.evaluate("[drawn.length, built]") == [before, 1]
    assert page.evaluate("Object.values(log).flat().length") == 0
