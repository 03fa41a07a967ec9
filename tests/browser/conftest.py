"""Widgets in a browser without a kernel: a page that gives a script what it asks of anywidget, and no more."""

import json
import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

HOST = """<meta charset="utf-8"><style>%s</style><div id="root"></div><script type="module">
%s
const state = %s, handlers = {};
window.saved = 0;
window.model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; (handlers[`change:${name}`] ?? []).forEach((run) => run()); },
  save_changes() { window.saved += 1; },
  on: (event, run) => (handlers[event] ??= []).push(run),
  off: (event, run) => { handlers[event] = handlers[event].filter((one) => one !== run); },
};
window.listeners = () => Object.values(handlers).flat().length;
window.unmount = widget.render({ model: window.model, el: document.getElementById("root") });
</script>"""


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH; .ci/run installs Debian's")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def show(browser, tmp_path_factory):
    """A function that opens a page with a widget, or with its state, in it; no page may have had an error."""
    errors = []

    def show(widget, width=800, height=1000):
        state = dict(widget.get_state())
        script, style = state.pop("_esm"), state.pop("_css")
        known = {name: value for name, value in state.items() if not name.startswith("_") and name != "layout"}
        script = script.replace("export default", "const widget =")
        file = tmp_path_factory.mktemp("page") / "widget.html"
        file.write_text(HOST % (style, script, json.dumps(known)), encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri())
        page.wait_for_selector(".effc > *")
        return page

    yield show
    assert errors == []
