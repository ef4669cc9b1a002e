"""Tests the command line: flags, and the messages about mistakes in them."""

import re
import subprocess

import pytest

from configuration import BINARY, module
from server import LISTEN, NOT_YET, clean_environment, refusal, run_wagi

GOOD = '[[module]]\nroute = "/"\nmodule = "hello.wasm"\n'


# --- Flags.

def test_version():
    done = run_wagi("--version")
    assert done.returncode == 0
    assert re.search(r"\b[0-9]+\.[0-9]+\.[0-9]+", done.stdout)


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("help",)])
def test_help_lists_the_commands(arguments):
    done = run_wagi(*arguments)
    assert done.returncode == 0
    for word in ("serve", "run", "check", "routes", "pull", "push", "sign", "cache", "-c FILE"):
        assert word in done.stdout


@pytest.mark.parametrize("command", ["serve", "run", "check", "routes", "pull", "push", "sign", "cache"])
def test_help_of_a_command(command):
    for arguments in (("help", command), (command, "--help")):
        done = run_wagi(*arguments)
        assert done.returncode == 0
        assert command in done.stdout


def test_a_command_that_is_none_is_told_which_is_near():
    near = run_wagi("chekc")
    assert near.returncode == 2 and "there is no command 'chekc'; did you mean 'check'?" in near.stderr
    far = run_wagi("modules.toml")
    assert far.returncode == 2 and "there is no command 'modules.toml'\n" in far.stderr


def test_help_names_every_flag_of_the_original():
    text = run_wagi("serve", "--help").stdout
    for flag in ("-c", "--config", "-b", "--bindle", "--bindle-path", "--bindle-url", "--bindle-http-user",
                 "--bindle-http-password", "-k", "--bindle-insecure", "--cache", "-l", "--listen", "--hostname",
                 "--default-host", "--module-cache", "--log-dir", "--tls-cert", "--tls-key", "-e", "--env",
                 "--env-file", "--workers", "--watch"):
        assert re.search(rf"(^|[\s,]){re.escape(flag)}\b", text, re.MULTILINE), flag


@pytest.mark.parametrize("arguments, named", [
    (("--no-such-flag",), "--no-such-flag"),
    (("-c",), "-c"),
    (("no-such-command",), "no-such-command"),
    (("check",), "-c"),
    (("routes",), "-c"),
    (("run",), "MODULE"),
    (("run", "--no-such-flag", "x.wasm"), "--no-such-flag"),
])
def test_a_wrong_command_line_is_an_error(arguments, named):
    done = run_wagi(*arguments)
    assert done.returncode == 2
    assert named in done.stderr


@pytest.mark.parametrize("arguments, said", [
    (("-c",), "wagi serve: --config needs a value: FILE"),
    (("-c", "a", "-c", "b"), "wagi serve: --config is given more than once"),
    (("-c", "a", "extra"), "wagi serve: 'extra' isn't expected here"),
    (("--frob",), "wagi serve: there is no option --frob"),
    (("-c", "a", "-e"), "wagi serve: --env"),
])
def test_a_wrong_command_line_is_told_in_our_words(arguments, said):
    assert run_wagi(*arguments).stderr.startswith(said)


def test_no_arguments_are_an_error_that_shows_what_there_is():
    done = run_wagi()
    assert done.returncode == 2
    assert "-c FILE" in done.stdout + done.stderr


@pytest.mark.parametrize("flags, named", [
    (("--listen", "nonsense"), "nonsense"),
    (("--listen", "127.0.0.1"), "127.0.0.1"),
    (("--listen", "127.0.0.1:99999"), "99999"),
    (("--listen", "localhost:3000"), "localhost"),
    (("--listen", "::1:3000"), "::1"),
    (("--hostname", "a b"), "a b"),
    (("--hostname", "a:b"), "a:b"),
    (("--workers", "many"), "many"),
    (("--workers", "-1"), "-1"),
    (("--env", "NOEQUALS"), "NOEQUALS"),
    (("--env", "=value"), "--env"),
    (("-e", "A=1", "B"), "B"),
    (("--env-file", "/no/such/file"), "/no/such/file"),
    (("--log-format", "xml"), "xml"),
    (("--cache", "/no/such/cache.toml"), "/no/such/cache.toml"),
    (("--bindle-path", "/tmp"), "-b"),
    (("--unknown",), "--unknown"),
])
def test_a_wrong_flag_is_an_error_that_names_it(write, flags, named):
    done = run_wagi("-c", write(module("/", "hello.wasm")), *flags)
    assert done.returncode != 0
    assert named in done.stderr


def test_config_and_bindle_exclude_each_other(write):
    done = run_wagi("-c", write(module("/", "hello.wasm")), "-b", "a/1.0.0", "--bindle-path", "/tmp")
    assert done.returncode != 0
    assert "-b" in done.stderr and "-c" in done.stderr


@pytest.mark.parametrize("flags", [
    ("-b", "a/1.0.0"), ("-b", "a/1.0.0", "--bindle-path", "/tmp", "--bindle-url", "http://127.0.0.1/v1"),
    ("-b", "a/1.0.0", "--bindle-url", "http://127.0.0.1/v1", "--bindle-http-user", "u"),
    ("-b", "a/1.0.0", "--bindle-url", "http://127.0.0.1/v1", "--bindle-http-password", "p"),
])
def test_bindle_flags_that_do_not_go_together(flags):
    done = run_wagi(*flags)
    assert done.returncode != 0
    assert "--bindle-" in done.stderr


@pytest.mark.parametrize("flags, env", [
    (("-b", "a/1.0.0", "--bindle-path", "/nowhere"), {}),
    (("--bindle", "a/1.0.0", "--bindle-url", "http://127.0.0.1:1/v1", "-k"), {}),
    (("-b", "a/1.0.0"), {"BINDLE_URL": "http://127.0.0.1:1/v1"}),
])
def test_a_bindle_that_cannot_be_had_is_named(flags, env):
    done = run_wagi(*flags, env=env)
    assert done.returncode == 1
    assert "a/1.0.0" in done.stderr and ("/nowhere" in done.stderr or "127.0.0.1:1" in done.stderr)


def test_serve_is_what_flags_alone_mean(start):
    server = start(module("/", "hello.wasm"))
    server.stop()
    process = subprocess.Popen([BINARY, "serve", "-c", server.config_path, *LISTEN], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, env=clean_environment(), text=True)
    try:
        assert any(re.search("http://127.0.0.1:[0-9]+", line) for line in process.stdout)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def test_a_missing_configuration_file():
    assert "/no/such/modules.toml" in refusal("/no/such/modules.toml")


def test_a_configuration_that_is_a_folder(tmp_path):
    assert str(tmp_path) in refusal(tmp_path)


# --- Env files.

def test_an_env_file_with_a_mistake_names_its_line(write, tmp_path):
    (tmp_path / "bad.env").write_text("GOOD=1\nNO EQUALS\n")
    assert "bad.env:2" in refusal(write(module("/", "hello.wasm")), "--env-file", tmp_path / "bad.env")


# --- check and routes.

def test_check_of_a_good_configuration(write):
    path = write(module("/a", "hello.wasm") + module("/b/...", "hello_wat.wat"))
    done = run_wagi("check", "-c", path)
    assert done.returncode == 0, done.stderr


def test_check_finds_what_serve_would(write):
    for text, message in ((GOOD + "nope = 1\n", "modules.toml:4:1"), (module("/", "text.wasm"), "text.wasm"),
                          (module("/", "unknown_import.wat"), "frobnicate")):
        done = run_wagi("check", "-c", write(text))
        assert done.returncode != 0
        assert message in done.stdout + done.stderr


def test_check_shows_warnings(write):
    done = run_wagi("check", "-c", write(module("/same", "hello.wasm") * 2))
    assert done.returncode == 0
    assert "/same" in done.stdout + done.stderr and "first" in done.stdout + done.stderr


def test_routes_prints_the_table(write):
    path = write(module("/app/...", "routes.wasm") + module("/entry", "entry_points.wasm", entrypoint="other"))
    done = run_wagi("routes", "-c", path)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows if row[0].startswith("/")] == [
        "/healthz", "/app/same", "/app/same", "/app/two/...", "/app/one", "/app/...", "/entry"]
    (entry,) = [row for row in rows if row[0] == "/entry"]
    assert entry[1].endswith("entry_points.wasm") and entry[2] == "other"
