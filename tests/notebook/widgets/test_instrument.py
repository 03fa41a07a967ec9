"""What all instruments share: one script before the other, style that stays inside, words from Python."""

import json
import re
from pathlib import Path

import pytest
import torch
import traitlets

from effcourse import MachineLimits, create_model, trace
from effcourse.notebook import widgets
from effcourse.notebook.widgets import (
    ConvolutionSteps,
    CostExplorer,
    FactorExplorer,
    ParetoExplorer,
    Prediction,
    RooflineExplorer,
    SpiralExplorer,
    SurfaceExplorer,
    WhoFits,
    instrument,
)
from effcourse.notebook.widgets.instrument import HERE, Instrument, joined

SCRIPTS = sorted(path.stem for path in HERE.glob("*.js") if path.stem != "common")
STYLES = sorted(path.stem for path in HERE.glob("*.css"))


@pytest.fixture(scope="module")
def instruments():
    limits = MachineLimits(100.0, 10.0, 50.0, 1, "a processor", 2**27)
    return {
        "convolution": ConvolutionSteps(),
        "explorer": CostExplorer("shufflenet_v2"),
        "factors": FactorExplorer(),
        "fit": WhoFits(),
        "pareto": ParetoExplorer(),
        "prediction": Prediction("00-vgg-or-v2"),
        "roofline": RooflineExplorer(trace(create_model("shufflenet_v2")), limits),
        "spiral": SpiralExplorer(torch.rand(2, 100), lambda n, seed: (torch.rand(n, 100), torch.rand(2, 100))),
        "surface": SurfaceExplorer(),
    }


def test_every_widget_is_an_instrument_with_files_of_its_own(instruments):
    made = {getattr(widgets, name) for name in widgets.__all__}
    assert list(instruments) == SCRIPTS, "make one of each in the fixture above, in the alphabet's order"
    assert {type(one).__mro__[1] for one in instruments.values()} == {m for m in made if isinstance(m, type)}
    assert all(isinstance(one, Instrument) for one in instruments.values())
    assert ["common", *SCRIPTS] == STYLES


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_joined_script_needs_nothing_but_itself(name, instruments):
    state = instruments[name].get_state()
    assert (state["_esm"], state["_css"]) == joined(name)
    assert not re.search(r"^\s*import\b", state["_esm"], re.MULTILINE)
    assert re.findall(r"^export.*", state["_esm"], re.MULTILINE) == [
        f'export default {{ render: instrument("{name}", build) }};'  # a static page replaces "export default"
    ]
    assert "https://" not in state["_esm"] + state["_css"]  # works without a network
    assert len(state["_esm"]) < 20_000  # a stored notebook holds it once a widget


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_script_imports_is_exported(name):
    exported = set(re.findall(r"^export (?:const|function) (\w+)", (HERE / "common.js").read_text(), re.MULTILINE))
    (imported,) = re.findall(r"import \{([^}]*)\}", (HERE / f"{name}.js").read_text())
    assert {word.strip() for word in imported.split(",")} <= exported


@pytest.mark.parametrize(
    "line", ['import { x } from "./other.js";', 'import * as c from "./common.js";', "export const x = 1;"]
)
def test_a_script_that_could_not_be_joined(line, tmp_path, monkeypatch):
    for file in ("common.js", "common.css"):
        (tmp_path / file).write_text((HERE / file).read_text())
    (tmp_path / "mine.js").write_text(f"{line}\nexport default {{ render: 1 }};\n")
    (tmp_path / "mine.css").write_text("")
    monkeypatch.setattr(instrument, "HERE", tmp_path)
    with pytest.raises(ValueError, match=re.escape('mine.js may import { names } from "./common.js"')) as caught:
        joined("mine")
    assert repr(line) in str(caught.value)


def selectors(style):
    plain = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    plain = re.sub(r"@(?:media|supports)[^{]*\{((?:[^{}]*\{[^{}]*\})*)\s*\}", r"\1", plain)  # what stands within them
    assert "@" not in plain, "only @media and @supports: keyframes and the like have names for the whole page"
    return [one.strip() for rule in re.findall(r"([^{}]+)\{", plain) for one in rule.split(",")]


@pytest.mark.parametrize("name", STYLES)
def test_style_stays_inside_the_widget(name):
    """Below .effc what all have, below .effc.effc-name what outweighs it, whichever widget's style comes last."""
    root = ".effc" if name == "common" else f".effc.effc-{name}"
    found = selectors((HERE / f"{name}.css").read_text(encoding="utf-8"))
    assert found
    assert [one for one in found if not re.match(rf"{re.escape(root)}($|[ >])", one)] == []


def test_a_rule_that_leaves_the_widget_would_be_found():
    assert selectors("/* , */ .effc p, li { a: b } @media print { .effc { c: d } p { e: f } }") == [
        ".effc p",
        "li",
        ".effc",
        "p",
    ]


def sentences(words):
    for value in words.values() if isinstance(words, dict) else words:
        if isinstance(value, str):
            yield value
        else:
            yield from sentences(value)


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_have_no_sentences(name, instruments):
    """No text of a script has two words that a reader would see: classes, keys and errors of our own apart."""
    script = re.sub(
        r"^ *//.*|(?<=[;,{]) //.*", "", (HERE / f"{name}.js").read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    texts = re.findall(r'"([^"\n]*)"', script) + re.findall(r"`([^`]*)`", script)
    texts = [re.sub(r"\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}", "", text) for text in texts]
    words = [text for text in texts if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)]
    assert [text for text in words if not re.fullmatch(r"(effc-\S* ?)+", text.strip())] == []
    assert list(sentences(instruments[name].data["words"]))


@pytest.mark.parametrize("name", SCRIPTS)
def test_data_is_plain_and_small(name, instruments):
    one = instruments[name]
    data = json.loads(json.dumps(one.data))
    assert data == json.loads(json.dumps(one.as_data()))
    assert len(json.dumps(one.get_state())) < 110_000


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_reader_without_widgets_reads_it_whole(name, instruments):
    one = instruments[name]
    bundle, _ = one._repr_mimebundle_()
    assert bundle["text/plain"] == repr(one) == f"{one.in_text()}\n{one.twin}"
    assert "run this cell in" in bundle["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_an_instrument_in_a_few_lines():
    class Spinner(Instrument):
        _esm, _css = joined("roofline")
        speed = traitlets.Enum((1, 2), 1).tag(sync=True)

        def as_data(self):
            return {"words": {"status": "Speed {speed}."}, "speeds": [1, 2]}

        def in_text(self):
            return f"A spinner at speed {self.speed}."

    spinner = Spinner(speed=2)
    assert spinner.data["speeds"] == [1, 2]
    assert repr(spinner).startswith("A spinner at speed 2.\nThey need a program that shows Jupyter widgets")
    assert Path(HERE / "common.js").exists()
    with pytest.raises(traitlets.TraitError):
        spinner.data = {}
