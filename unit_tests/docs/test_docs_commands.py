"""The check that runs the shell blocks of the docs."""

import pytest

from local.docs_commands import MARKS, ROOT, blocks, main

PAGE = """# A page

<!-- run -->
```bash
{command}
```

```bash
false  # nobody runs this
```
"""


def page(folder, command):
    (folder / "page.md").write_text(PAGE.format(command=command))
    return folder


def test_a_marked_block_is_run_in_the_repository_and_others_are_not(tmp_path, capfd):
    assert main([], page(tmp_path, "touch was_here; ls page.md")) == 0
    assert (tmp_path / "was_here").exists()
    said = capfd.readouterr().out
    assert "== page.md:5\n" in said and "1 of 1 blocks" in said


@pytest.mark.parametrize("command", ["false\ntrue", "false | true", 'echo "$NO_SUCH_NAME"'])
def test_a_block_fails_at_its_first_failing_command_and_is_named(tmp_path, capfd, command):
    assert main([], page(tmp_path, command)) == 1
    assert "failed: page.md:5 (exit status" in capfd.readouterr().err


def test_blocks_that_need_a_stack_are_run_only_when_asked_for(tmp_path):
    text = PAGE.format(command="true").replace(MARKS["alone"], MARKS["stack"])
    (tmp_path / "page.md").write_text(text)
    assert len(blocks(tmp_path, MARKS["stack"])) == 1
    assert main(["stack"], tmp_path) == 0
    assert main(["alone"], tmp_path) == 1  # nothing to run is no success


def test_a_mark_without_a_shell_block_is_an_error(tmp_path):
    (tmp_path / "page.md").write_text(f"{MARKS['alone']}\n\nwords\n")
    with pytest.raises(ValueError, match="page.md:1: no shell block stands behind"):
        blocks(tmp_path, MARKS["alone"])


@pytest.mark.parametrize("which", MARKS)
def test_the_docs_have_blocks_of_both_kinds(which):
    assert blocks(ROOT, MARKS[which])
