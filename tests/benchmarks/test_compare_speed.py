"""The comparison must not keep a reader waiting. Run with ``make bench``; not part of ``make test``."""

import subprocess
import sys

CODE = """
import time
from effcourse import compare_efficiency
compare_efficiency()
print(time.process_time())
"""


def test_the_table_takes_less_than_ten_seconds_with_every_import(capsys):
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    seconds = float(done.stdout.splitlines()[-1])
    with capsys.disabled():
        print(f"\ncompare_efficiency: {seconds:.1f} s of CPU time")
    assert seconds < 10
