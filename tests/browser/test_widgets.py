"""The widgets as a reader meets them: JupyterLab in a browser, by keyboard, in light and in dark."""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request

import nbformat
import pytest

from effcourse import create_model, trace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on the PATH; .ci/run installs Debian's")

TOKEN = "browser-test"
CELLS = {
    "explorer": (
        "from effcourse.notebook import CostExplorer, Prediction\nexplorer = CostExplorer('mobilenet_v2')\nexplorer"
    ),
    "number": "guess = Prediction('05-last-layer')\nguess",
    "reply": "guess.reply(27.2)",
    "choice": "choice = Prediction('03-thin-or-shallow')\nchoice",
    "python": "print(explorer.width_mult, explorer.input_size, explorer.report.macs, choice.guess)",
    "set": "explorer.width_mult, explorer.input_size = 0.35, 225",
    "phi": "efficient = CostExplorer('efficientnet_b0')\nefficient",
    "python phi": "print(efficient.phi, efficient.input_size, efficient.report.macs)",
}
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # every cell stays in the page
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a free port, with folders of its own; its address and the folder of the ledger."""
    home = tmp_path_factory.mktemp("lab")
    (home / "work").mkdir()
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, home / "work" / "widgets.ipynb")
    overrides = home / "config" / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True)
    overrides.write_text(json.dumps(SETTINGS))
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "EFFCOURSE_DATA": "ledger",
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={home / 'work'}"]
    command += ["--ServerApp.jpserver_extensions={'jupytext': False}", "--LabApp.expose_app_in_browser=True"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    environment = os.environ | {name: str(home / folder) for name, folder in folders.items()} | {"OMP_NUM_THREADS": "1"}
    log = home / "log.txt"
    with log.open("w") as output:
        server = subprocess.Popen(command, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        _until(lambda: _api(address, "status") is not None, 60, lambda: log.read_text()[-2000:])
        yield address, home / "ledger"
    finally:
        server.terminate()  # ends its kernels too
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="module")
def page(lab):
    """The notebook, every cell run."""
    from playwright.sync_api import sync_playwright

    address, _ = lab
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page(viewport={"width": 1200, "height": 1500})
        page.set_default_timeout(30_000)
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(f"{address}/lab/tree/widgets.ipynb?token={TOKEN}&reset")
        page.wait_for_selector(".jp-Notebook")
        _until(lambda: _kernel_is_ready(address), 60, lambda: str(_api(address, "sessions")))
        page.wait_for_function(
            "!/No Kernel/.test(document.querySelector('.jp-KernelName')?.textContent ?? 'No Kernel')"
        )
        _until(lambda: _run_all(page), 60, lambda: _prompts(page))
        _until(lambda: not re.search(r"\[( |\*)?\]", _prompts(page)), 60, lambda: _prompts(page))
        _until(lambda: page.locator(".effc-explorer, .effc-prediction").count() == 4, 30, lambda: str(page.errors))
        yield page
        assert page.errors == []
        browser.close()


def _api(address, path):
    try:
        with urllib.request.urlopen(f"{address}/api/{path}?token={TOKEN}", timeout=5) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None


def _kernel_is_ready(address):
    kernels = [session["kernel"] for session in _api(address, "sessions") or []]
    return any(k and k["connections"] > 0 and k["execution_state"] == "idle" for k in kernels)


def _run_all(page):
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.wait_for_timeout(1000)
    return re.search(r"\[(\*|\d+)\]", _prompts(page))


def _prompts(page):
    return " ".join(page.locator(".jp-CodeCell .jp-InputArea-prompt").all_inner_texts())


def _until(ready, seconds, explain):
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, explain()
        time.sleep(0.2)


def _cell(page, name):
    return page.locator(".jp-CodeCell").nth(list(CELLS).index(name))


def _run(page, name):
    """Run one cell and give its output as text."""
    prompt = _cell(page, name).locator(".jp-InputArea-prompt")
    before = prompt.inner_text()
    prompt.click()
    page.keyboard.press("Control+Enter")
    _until(lambda: re.search(r"\d", prompt.inner_text()) and prompt.inner_text() != before, 30, prompt.inner_text)
    return _cell(page, name).locator(".jp-OutputArea").inner_text()


def _totals(page, cell="explorer"):
    """MACs, parameters and activations as the page shows them."""
    texts = _cell(page, cell).locator(".effc-number").all_inner_texts()
    return [int(text.replace(",", "")) for text in texts]


def _slider(page, name):
    return _cell(page, "explorer").get_by_role("slider", name=name)


def test_what_python_set_is_what_the_page_shows(page):
    report = trace(create_model("mobilenet_v2", width_mult=0.35), 225)
    _until(lambda: _totals(page)[0] == report.macs, 10, lambda: str(_totals(page)))
    assert _totals(page) == [report.macs, report.params, report.activations]
    assert _slider(page, "Width multiplier α").get_attribute("aria-valuetext") == "0.35"
    assert _slider(page, "Input resolution").get_attribute("aria-valuetext") == "225 pixels"


def test_arrow_keys_move_the_slider_and_the_totals_follow_at_once(page):
    page.evaluate(
        """() => {
            window.delays = [];
            let pressed;
            window.addEventListener("keydown", () => { pressed = performance.now(); }, true);
            const status = document.querySelector(".effc-explorer [role=status]");
            new MutationObserver(() => { window.delays.push(performance.now() - pressed); })
                .observe(status, { childList: true, characterData: true, subtree: true });
        }"""
    )
    slider = _slider(page, "Width multiplier α")
    slider.focus()
    widths = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
    steps = [*range(1, 6), *range(4, -1, -1)] * 2
    for before, step in zip([0, *steps], steps, strict=False):
        page.keyboard.press("ArrowRight" if step > before else "ArrowLeft")
        assert slider.input_value() == str(step)
        assert slider.get_attribute("aria-valuetext") == str(widths[step])
        assert _totals(page)[0] == trace(create_model("mobilenet_v2", width_mult=widths[step]), 225).macs
    delays = page.evaluate("window.delays")
    median = statistics.median(delays)
    print(f"\nkey to totals: median {median:.1f} ms of {len(delays)}, longest {max(delays):.1f} ms")
    assert len(delays) >= 20
    assert median < 50


def test_what_the_page_set_is_what_python_reads(page):
    slider = _slider(page, "Input resolution")
    slider.focus()
    page.keyboard.press("Home")
    _slider(page, "Width multiplier α").focus()
    page.keyboard.press("End")
    width, size, macs, *_ = _run(page, "python").split()
    assert (float(width), int(size), int(macs)) == (1.4, 96, _totals(page)[0])
    assert int(macs) == trace(create_model("mobilenet_v2", width_mult=1.4), 96).macs


def test_the_chart_speaks_and_follows_the_quantity(page):
    explorer = _cell(page, "explorer")
    explorer.get_by_role("radio", name="parameters").check()
    title = explorer.locator(".effc-bars title").text_content()
    assert title.startswith("Bars: parameters by stage of MobileNetV2 at Width multiplier α 1.4")
    assert "Most are in classifier" in title
    assert explorer.get_by_role("img").count() == 2
    assert "75.0 % top-1" not in explorer.get_by_role("status").inner_text()  # published at 224 pixels, not at 96
    _slider(page, "Input resolution").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert "75.0 % top-1" in explorer.get_by_role("status").inner_text()
    explorer.get_by_role("radio", name="MACs").check()


def test_phi_moves_the_resolution_along(page):
    phi = _cell(page, "phi").get_by_role("slider", name="Compound coefficient φ")
    size = _cell(page, "phi").get_by_role("slider", name="Input resolution")
    phi.focus()
    page.keyboard.press("ArrowRight")
    assert (phi.get_attribute("aria-valuetext"), size.get_attribute("aria-valuetext")) == ("1", "258 pixels")
    size.focus()
    page.keyboard.press("Home")
    assert (phi.get_attribute("aria-valuetext"), size.get_attribute("aria-valuetext")) == ("1", "224 pixels")
    assert [int(n) for n in _run(page, "python phi").split()] == [1, 224, _totals(page, "phi")[0]]
    assert size.get_attribute("aria-valuetext") == "224 pixels"  # Python did not move it back


def test_a_prediction_is_noted_and_not_judged(page, lab):
    _, ledger = lab
    cell = _cell(page, "number")
    field = cell.get_by_role("textbox", name="By how many per cent would the MACs grow")
    status = cell.get_by_role("status")
    field.focus()
    page.keyboard.press("Enter")
    assert status.inner_text() == "Type a number first."
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    assert "“abc” is no number" in status.inner_text()
    assert field.get_attribute("aria-invalid") == "true"
    assert not ledger.exists()
    field.fill("0,9 %")
    page.keyboard.press("Enter")
    assert status.inner_text().startswith("Noted: 0.9 %.")
    assert "27.2" not in cell.locator(".jp-OutputArea").inner_text()
    assert "You said 0.9 %. You took it for a detail" in _run(page, "reply")
    kept = json.loads((ledger / "predictions.json").read_text())["predictions"]["05-last-layer"]
    assert (kept["guess"], kept["truth"], kept["right"], kept["replied"]) == (0.9, 27.2, False, True)


def test_a_choice_by_keyboard(page):
    cell = _cell(page, "choice")
    assert cell.get_by_role("group", name="At nearly the same MACs").count() == 1
    cell.get_by_role("button").click()
    assert cell.get_by_role("status").inner_text() == "Choose one first."
    cell.get_by_role("radio", name="the thin one").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert cell.get_by_role("status").inner_text().startswith("Noted: “the shallow one”.")
    assert _run(page, "python").strip().endswith("the shallow one")


def test_tab_reaches_every_control(page):
    """A group of radio buttons is one stop; the arrow keys go on inside it, as everywhere in a browser."""
    _cell(page, "explorer").locator(".jp-InputArea-prompt").click()
    wanted = page.evaluate(
        """() => [...document.querySelectorAll(".effc-explorer input, .effc-prediction :is(input, button)")]
            .filter((e) => e.type !== "radio" || e.checked).map((e, i) => e.dataset.stop = String(i))"""
    )
    assert len(wanted) == 4 + 2 + 2 + 3
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.dataset.stop"))
        if wanted[-1] in reached:
            break
    assert [name for name in reached if name] == wanted  # in the order in which they stand


def test_every_control_has_a_name_that_a_screen_reader_says(page):
    roles = ("slider", "radio", "textbox", "button", "img", "group")
    for name, controls in (("explorer", 6), ("phi", 5), ("number", 2), ("choice", 4)):
        widget = _cell(page, name).locator(".effc-explorer, .effc-prediction")
        tree = widget.aria_snapshot()
        lines = [line for line in tree.splitlines() if re.match(rf"\s*- (/\w+: )?({'|'.join(roles)})\b", line)]
        assert len([line for line in lines if not re.match(r"\s*- (img|group)", line)]) == controls, tree
        assert not [line for line in lines if not re.search(r'- \w+ "[^"]+"', line)], tree


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_every_theme_can_be_read(page, theme, tmp_path):
    """Text stands out from its ground; the pictures are for eyes."""
    page.evaluate(
        "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })", f"JupyterLab {theme}"
    )
    page.wait_for_function("light => document.body.dataset.jpThemeLight === String(light)", arg=theme == "Light")
    page.wait_for_timeout(500)  # for the style sheets
    for name in ("explorer", "number", "choice", "phi"):
        _cell(page, name).screenshot(path=tmp_path / f"{name}-{theme.lower()}.png")
    print(f"\nscreenshots in {tmp_path}")
    for selector in (".effc-explorer", ".effc-bars text", ".effc-prediction", ".effc-prediction button"):
        ratio = page.evaluate(CONTRAST, selector)
        assert ratio > 4.5, (selector, ratio)


CONTRAST = """selector => {
    const luminance = ([r, g, b]) => {
        const part = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    };
    const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
    const element = document.querySelector(selector);
    const style = getComputedStyle(element);
    const text = numbers(element.closest("svg") ? style.fill : style.color);
    let ground = element;
    while (ground.parentElement && numbers(getComputedStyle(ground).backgroundColor)[3] === 0) {
        ground = ground.parentElement;
    }
    const [a, b] = [luminance(text), luminance(numbers(getComputedStyle(ground).backgroundColor))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""
