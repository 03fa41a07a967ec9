import tqdm.auto
import tqdm.notebook

from effcourse.notebook.progress import progress_bar


def test_in_a_terminal(capsys):
    with progress_bar(4, "walking", "step", initial=1) as bar:
        bar.update(3)
    shown = capsys.readouterr().err
    assert "walking" in shown
    assert "4/4" in shown
    with progress_bar(4, "walking", "step", shown=False) as bar:
        bar.update(4)
    assert capsys.readouterr().err == ""


def test_a_stored_notebook_keeps_the_end(monkeypatch):
    stored = []

    class Handle:
        def update(self, container):
            stored[:] = [repr(container)]

    def display(container, display_id):
        stored.append(repr(container))
        return Handle()

    monkeypatch.setattr(tqdm.auto, "tqdm", tqdm.notebook.tqdm)
    monkeypatch.setattr("IPython.display.display", display)
    with progress_bar(4, "walking", "step") as bar:
        assert "0/4" in stored[0]
        bar.update(4)
    assert len(stored) == 1
    assert "4/4" in stored[0]
    with progress_bar(4, "walking", "step", shown=False) as bar:
        bar.update(4)
    assert len(stored) == 1
