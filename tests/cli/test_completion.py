import os
import subprocess
import sys

import pytest

from plugin_gateway.cli.completion import SHELLS
from plugin_gateway.cli.entry import run
from tests.bounds import BOUND_S


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_of_each_shell_asks_the_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert f"_PLUGIN_GATEWAY_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_a_shell_is_answered_with_commands() -> None:
    environ = os.environ | {
        "_PLUGIN_GATEWAY_COMPLETE": "bash_complete",
        "COMP_WORDS": "plugin-gateway ex",
        "COMP_CWORD": "1",
    }
    program = "import sys; sys.argv[0] = 'plugin-gateway'; from plugin_gateway.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=BOUND_S, check=False
    )
    assert result.stdout == "plain,explain\n"
    assert result.stderr == ""
