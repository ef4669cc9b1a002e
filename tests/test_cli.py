"""The command line: its flags, the files that they name, and what is said about their mistakes."""

import json
import os
import re
import shutil
import signal
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from server import BINARY, GUESTS, clean_environment, eventually, guest, module, run_wagi, table

LISTEN = ("-l", "127.0.0.1:0")
NOT_YET = "not supported yet"


@pytest.fixture
def write(tmp_path):
    """Writes a modules.toml; its path."""
    def written(text: str) -> Path:
        path = tmp_path / "modules.toml"
        path.write_text(text)
        return path
    return written


def refuses(path, *flags, **options) -> str:
    """What the server says when it doesn't start."""
    done = run_wagi("-c", path, *LISTEN, *flags, **options)
    assert done.returncode != 0
    assert "terminate called" not in done.stderr
    return done.stderr


# --- Flags.

def test_version():
    done = run_wagi("--version")
    assert done.returncode == 0
    assert re.search(r"\b[0-9]+\.[0-9]+\.[0-9]+", done.stdout)


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), ("help",)])
def test_help_lists_the_commands(arguments):
    done = run_wagi(*arguments)
    assert done.returncode == 0
    for word in ("serve", "run", "check", "routes", "-c FILE"):
        assert word in done.stdout


@pytest.mark.parametrize("command", ["serve", "run", "check", "routes"])
def test_help_of_a_command(command):
    for arguments in (("help", command), (command, "--help")):
        done = run_wagi(*arguments)
        assert done.returncode == 0
        assert command in done.stdout


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
    (("-b", "a/1.0.0", "--bindle-path", "/tmp"), {}),
    (("--bindle", "a/1.0.0", "--bindle-url", "http://127.0.0.1:1/v1", "-k"), {}),
    (("-b", "a/1.0.0"), {"BINDLE_URL": "http://127.0.0.1:1/v1"}),
])
def test_bindles_are_not_supported_yet(flags, env):
    done = run_wagi(*flags, env=env)
    assert done.returncode != 0
    assert NOT_YET in done.stderr


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
    assert "/no/such/modules.toml" in refuses("/no/such/modules.toml")


def test_a_configuration_that_is_a_folder(tmp_path):
    assert str(tmp_path) in refuses(tmp_path)


# --- Env files.

def test_an_env_file_with_a_mistake_names_its_line(write, tmp_path):
    (tmp_path / "bad.env").write_text("GOOD=1\nNO EQUALS\n")
    assert "bad.env:2" in refuses(write(module("/", "hello.wasm")), "--env-file", tmp_path / "bad.env")


# --- modules.toml.

GOOD = '[[module]]\nroute = "/"\nmodule = "hello.wasm"\n'


@pytest.mark.parametrize("text, message", [
    ("[[module]\n", r"modules\.toml:1:[0-9]+: "),
    ('[[module]]\nroute = "/\n', r"modules\.toml:2:[0-9]+: "),
    ('[[module]]\nroute = "/"\nmodule = "x"\nmodule = "y"\n', r"modules\.toml:4:"),
    (GOOD + 'entrypont = "x"\n', r"modules\.toml:4:1: .*`entrypont`.*`entrypoint`"),
    (GOOD + 'enviroment = {}\n', r"modules\.toml:4:1: .*`enviroment`.*`environment`"),
    ('[servr]\n' + GOOD, r"modules\.toml:1:.*`servr`.*`server`"),
    ('[server]\nlisen = "x"\n' + GOOD, r"modules\.toml:2:1: .*`lisen`.*`listen`"),
    ('[server]\nlisten = "x"\n' + GOOD, r"modules\.toml:2:[0-9]+: .*listen"),
    ('[server]\nworkers = -1\n' + GOOD, r"modules\.toml:2:[0-9]+: .*workers"),
    ('[server]\nworkers = "two"\n' + GOOD, r"modules\.toml:2:[0-9]+: .*workers.*integer"),
    ('[server]\nmemory_max = "many"\n' + GOOD, r"modules\.toml:2:[0-9]+: .*memory_max"),
    ('[server]\nlog_format = "xml"\n' + GOOD, r"modules\.toml:2:[0-9]+: .*log_format"),
    (GOOD + "cpu_ms_max = 1.5\n", r"modules\.toml:4:[0-9]+: .*cpu_ms_max"),
    (GOOD + "volumes = 3\n", r"modules\.toml:4:[0-9]+: .*volumes"),
    (GOOD + "volumes = {\"/x\" = {read_only = true}}\n", r"modules\.toml:4:[0-9]+: .*path"),
    (GOOD + "environment = {\"\" = \"x\"}\n", r"modules\.toml:4:[0-9]+: "),
    (GOOD + "environment = {A = 1}\n", r"modules\.toml:4:[0-9]+: .*A"),
    (GOOD + 'argv = "${NOPE}"\n', r"modules\.toml:4:[0-9]+: .*NOPE"),
    (GOOD + 'allowed_hosts = ["example.com"]\n', r"modules\.toml:4:[0-9]+: .*example\.com"),
    ('[[module]]\nmodule = "hello.wasm"\n', r"modules\.toml:1:.*route"),
    ('[[module]]\nroute = "/"\n', r"modules\.toml:1:.*module"),
    ('[[module]]\nroute = "hello"\nmodule = "hello.wasm"\n', r"modules\.toml:2:[0-9]+: .*`hello`.*'/'"),
    ('[[module]]\nroute = "/a/.../b"\nmodule = "hello.wasm"\n', r"modules\.toml:2:[0-9]+: .*\.\.\."),
    ('[module]\nroute = "/"\n', r"modules\.toml:1:.*\[\[module\]\]"),
    ("", r"modules\.toml: .*\[\[module\]\]"),
    ("# only a comment\n", r"modules\.toml: .*\[\[module\]\]"),
])
def test_a_mistake_in_modules_toml_names_its_place(write, text, message):
    said = refuses(write(text))
    assert re.search(message, said), said


def test_all_mistakes_are_named_at_once(write):
    said = refuses(write('[server]\nlisen = "x"\n[[module]]\nroute = "a"\nmodul = "x"\n'))
    for line in (2, 4, 5):
        assert f"modules.toml:{line}:" in said


def test_a_configuration_that_is_not_text(tmp_path):
    path = tmp_path / "modules.toml"
    path.write_bytes(b"\xff\xfe\x00binary")
    assert "modules.toml:1:" in refuses(path)


def test_a_configuration_nested_too_deep(write):
    assert "modules.toml" in refuses(write("a = " + "[" * 100_000))
    assert "modules.toml" in refuses(write("a" + ".a" * 100_000 + " = 1\n"))


def test_two_equal_routes_are_a_warning(start):
    server = start(module("/same", "hello.wasm") + module("/same", "crlf.wasm"))
    assert re.search("modules.toml:[0-9]+:[0-9]+: .*`/same`.*first", server.log)
    assert server.get("/same").text == "Hello, world!\n"


# --- Modules that are none.

@pytest.mark.parametrize("name, description", [
    ("text.wasm", "text"), ("script.wasm", "script"), ("elf.wasm", "ELF"), ("empty.wasm", "empty"),
    ("component.wasm", "component"), ("future_version.wasm", "version"), ("truncated.wasm", "cut off"),
])
def test_a_file_that_is_no_module_is_called_what_it_is(write, name, description):
    said = refuses(write(module("/", name)))
    assert name in said and description in said, said


def test_a_mistake_in_wat_names_its_line(write):
    said = refuses(write(module("/", "bad_syntax.wat")))
    assert "bad_syntax.wat" in said and "no.such.instruction" in said and ":3:" in said


def test_a_missing_module_names_its_place(write):
    said = refuses(write(module("/", "/no/such/module.wasm")))
    assert re.search(r"modules\.toml:3:[0-9]+: .*/no/such/module\.wasm", said), said


def test_a_module_that_is_a_folder(write, tmp_path):
    assert str(tmp_path) in refuses(write(module("/", str(tmp_path))))


def test_an_unknown_import_is_named_with_its_module(write):
    said = refuses(write(module("/", "unknown_import.wat")))
    for word in ("unknown_import.wat", "frobnicate", "nowhere"):
        assert word in said


@pytest.mark.parametrize("name, keys, entrypoint", [
    ("no_start.wat", {}, "_start"), ("hello.wasm", {"entrypoint": "nope"}, "nope"),
    ("start_not_function.wat", {}, "_start"), ("start_with_parameter.wat", {}, "_start"),
    ("entry_points.wasm", {"entrypoint": "wants_a_number"}, "wants_a_number"),
])
def test_a_missing_entry_point_is_a_warning_and_then_500(start, name, keys, entrypoint):
    server = start(module("/broken", name, **keys) + module("/hello", "hello.wasm"))
    assert re.search(rf"modules\.toml:3:[0-9]+: .*{re.escape(name)}.*\b{entrypoint}\b.*500", server.log)
    assert server.get("/broken").status == 500
    assert server.get("/hello").status == 200


def test_a_missing_entry_point_says_which_there_are(start):
    assert "other" in start(module("/", "entry_points.wasm", entrypoint="othr")).log


@pytest.mark.parametrize("reference", ["oci:name:tag", "oci://ghcr.io/name:tag", "bindle:name/1.0.0"])
def test_references_that_are_not_supported_yet(write, reference):
    said = refuses(write(module("/", reference)))
    assert NOT_YET in said and reference in said


def test_outbound_http_is_not_supported_yet(write):
    said = refuses(write(module("/", "outbound.wat")))
    assert NOT_YET in said and "wasi_experimental_http" in said


def test_all_broken_modules_are_named_at_once(write):
    said = refuses(write(module("/a", "text.wasm") + module("/b", "/no/such.wasm") + module("/c", "routes_trap.wat")))
    for name in ("text.wasm", "/no/such.wasm", "routes_trap.wat"):
        assert name in said


def test_references_to_files(start, tmp_path):
    folder = tmp_path / "with space"
    folder.mkdir()
    shutil.copy(guest("hello.wasm"), folder / "hello.wasm")
    server = start(module("/url", f"file://{guest('hello.wasm')}")
                   + module("/escaped", f"file://{tmp_path}/with%20space/hello.wasm")
                   + module("/plain", str(folder / "hello.wasm"))
                   + module("/wat", "hello_wat.wat"))
    for route in ("/url", "/escaped", "/plain", "/wat"):
        assert server.get(route).text == "Hello, world!\n"


def test_paths_are_relative_to_the_working_directory(tmp_path, start):
    server = start(module("/", "hello.wasm"))
    server.stop()
    shutil.copy(guest("hello.wasm"), tmp_path / "here.wasm")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "modules.toml").write_text('[[module]]\nroute = "/"\nmodule = "here.wasm"\n')
    assert run_wagi("check", "-c", "sub/modules.toml", folder=tmp_path).returncode == 0
    assert run_wagi("check", "-c", "modules.toml", folder=tmp_path / "sub").returncode != 0


# --- _routes.

def test_routes_of_a_module(start):
    server = start(module("/app/...", "routes.wasm") + module("/plain", "routes.wasm"))
    assert server.get("/app/one").text == "one\n"
    assert server.get("/app/two").text == "two /app/two/...\n"
    assert server.get("/app/two/x").text == "two /app/two/...\n"
    assert server.get("/app/same").text.startswith("two ")  # The later line is tried first.
    assert server.get("/app/else").text == "start\n"
    assert server.get("/plain/one").text == "one\n"
    assert server.get("/plain").text == "start\n"


@pytest.mark.parametrize("name, message", [
    ("routes_trap.wat", "unreachable"), ("routes_nonsense.wat", "one two three"), ("routes_empty.wat", "no route")])
def test_routes_that_fail_stop_the_start(write, name, message):
    said = refuses(write(module("/", name)))
    assert name in said and "_routes" in said and message in said, said


def test_routes_that_never_end_stop_the_start(write):
    said = refuses(write(module("/", "routes_loop.wat")))
    assert "routes_loop.wat" in said and "_routes" in said and "didn't end" in said


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


# --- run.

def test_run_passes_stdin_and_stdout_through():
    body = bytes(range(256)) * 1000
    done = subprocess.run([BINARY, "run", guest("echo.wasm")], input=body, capture_output=True, timeout=60,
                          env=clean_environment())
    assert done.returncode == 0
    assert done.stdout == b"Content-Type: application/octet-stream\n\n" + body


def test_run_passes_arguments_and_environment():
    done = run_wagi("run", "--env", "A=1", "--env", "B=x=y", guest("environment.wasm"), "one", "--two", "-c", "")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()[2:]
    assert [line for line in lines if line.startswith("env ")] == ["env A=1", "env B=x=y"]
    assert [line.split(" ", 2)[2] for line in lines if line.startswith("arg ")][1:] == ["one", "--two", "-c", ""]


def test_run_reads_env_files(tmp_path):
    (tmp_path / "a.env").write_text("A=file\nB=file\n")
    done = run_wagi("run", "--env-file", tmp_path / "a.env", "--env", "B=flag", guest("environment.wasm"))
    assert "env A=file\nenv B=flag\n" in done.stdout


def run_files(folder_flag: str, query: str):
    return run_wagi("run", "--dir", folder_flag, "--env", f"QUERY_STRING={query}", guest("files.wasm")).stdout


def test_run_shows_folders(tmp_path):
    (tmp_path / "file").write_text("content")
    assert run_files(f"{tmp_path}::/data", "op=read&path=/data/file").endswith("\n\ncontent")
    assert run_files(f"{tmp_path}", f"op=read&path={tmp_path}/file").endswith("\n\ncontent")
    assert run_files(f"{tmp_path}::/data", "op=write&path=/data/new&data=x").endswith("ok\n")
    assert (tmp_path / "new").read_text() == "x"
    assert "error" in run_files(f"{tmp_path}::/data:ro", "op=write&path=/data/new&data=evil")
    assert (tmp_path / "new").read_text() == "x"
    assert "error" in run_files(f"{tmp_path}::/data", "op=read&path=/etc/passwd")


def test_run_of_a_folder_that_is_not_there():
    done = run_wagi("run", "--dir", "/no/such/folder::/x", guest("hello.wasm"))
    assert done.returncode != 0
    assert "/no/such/folder" in done.stderr


@pytest.mark.parametrize("code", [0, 1, 3, 125])
def test_run_exits_as_the_guest_does(code):
    done = run_wagi("run", "--env", f"QUERY_STRING=code={code}", guest("exit.wasm"))
    assert done.returncode == code


@pytest.mark.parametrize("name", ["trap.wasm", "stack_overflow.wat"])
def test_run_of_a_trap_says_so_and_exits_as_a_signal_would(name):
    done = run_wagi("run", guest(name))
    assert done.returncode == 134  # 128 and SIGABRT.
    assert re.search("unreachable|stack", done.stderr)
    assert "terminate called" not in done.stderr


def test_run_of_wat():
    assert run_wagi("run", guest("hello_wat.wat")).stdout == "Content-Type: text/plain\n\nHello, world!\n"


@pytest.mark.parametrize("name, message", [
    ("text.wasm", "text"), ("unknown_import.wat", "frobnicate"), ("no_start.wat", "_start"), ("outbound.wat", NOT_YET)])
def test_run_of_what_can_not_run(name, message):
    done = run_wagi("run", guest(name))
    assert done.returncode not in (0, 134)
    assert message in done.stderr and name in done.stderr


def test_run_of_a_file_that_is_not_there():
    done = run_wagi("run", "/no/such/file.wasm")
    assert done.returncode != 0
    assert "/no/such/file.wasm" in done.stderr


def test_run_to_a_pipe_that_closes():
    process = subprocess.Popen([BINARY, "run", "--env", "QUERY_STRING=bytes=1000000000", guest("flood.wasm")],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    process.stdout.read(100)
    process.stdout.close()
    process.wait(60)
    assert b"terminate called" not in process.stderr.read()
    process.stderr.close()


@pytest.mark.parametrize("name, query", [("loop.wasm", "after=1"), ("drip.wasm", "ms=1000000")])
def test_run_ends_on_ctrl_c(name, query):
    process = subprocess.Popen([BINARY, "run", "--env", f"QUERY_STRING={query}", guest(name)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_environment())
    assert process.stdout.readline() == b"Content-Type: text/plain\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT)


# --- Logs.

def test_log_dir_has_a_file_for_each_route(start, tmp_path):
    logs = tmp_path / "logs"
    server = start(module("/a/...", "stderr.wasm") + module("/b", "stderr.wasm"), "--log-dir", logs)
    for _ in range(2):
        server.get("/a/x?lines=1&code=0")
    server.get("/b?lines=2&code=0")
    files = {route: logs / sha256(route.encode()).hexdigest() / "module.stderr" for route in ("/a/...", "/b")}
    assert files["/a/..."].read_text() == "complaint 1\ncomplaint 1\n"
    assert files["/b"].read_text() == "complaint 1\ncomplaint 2\n"
    assert len(list(logs.iterdir())) == 2


@pytest.mark.parametrize("how", ["environment", "table"])
def test_log_dir_in_other_ways(start, tmp_path, how):
    logs = tmp_path / "logs"
    config = module("/", "stderr.wasm")
    if how == "table":
        server = start(table("[server]", log_dir=str(logs)) + config)
    else:
        server = start(config, env={"WAGI_LOG_DIR": logs})
    server.get("/?lines=1&code=0")
    assert (logs / sha256(b"/").hexdigest() / "module.stderr").read_text() == "complaint 1\n"


def test_a_log_dir_that_was_made_is_printed(start, tmp_path):
    server = start(module("/", "stderr.wasm"), env={"TMPDIR": tmp_path})
    server.get("/?lines=1&code=0")
    found = re.search(rf"{re.escape(str(tmp_path))}/\S+", server.log)
    assert found, server.log
    files = list(Path(tmp_path).rglob("module.stderr"))
    assert [file.read_text() for file in files] == ["complaint 1\n"]
    assert str(files[0]).startswith(found[0].rstrip(".,;"))


def test_a_log_dir_that_can_not_be_made(write, tmp_path):
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in refuses(write(module("/", "hello.wasm")), "--log-dir", tmp_path / "file")


def test_the_log_in_json(start):
    server = start(module("/trap", "trap.wasm") + module("/same", "hello.wasm") * 2, "--log-format", "json")
    server.get("/trap")
    server.wait_log("unreachable")
    lines = [line for line in server.log.splitlines() if line.startswith("{")]
    assert len(lines) >= 2
    for line in lines:
        entry = json.loads(line)
        assert {"time", "level", "message"} <= entry.keys()
    assert any("unreachable" in json.loads(line)["message"] for line in lines)


def test_a_pipe_gets_no_colours(start):
    server = start(module("/", "hello.wasm") + module("/", "hello.wasm"), env={"NO_COLOR": ""})
    assert "\x1b" not in server.log


def test_the_start_says_what_serves_where(start):
    server = start(module("/hello", "hello.wasm") + module("/app/...", "routes.wasm"))
    for word in ("/hello", "hello.wasm", "/app/one", f"http://127.0.0.1:{server.port}"):
        assert word in server.log


# --- The cache of compiled code.

def entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def cache(tmp_path):
    """A cache.toml and the folder that it names."""
    folder = tmp_path / "code"
    path = tmp_path / "my-cache.toml"
    path.write_text(f'[cache]\nenabled = true\ndirectory = "{folder}"\ncleanup-interval = "1d"\n')
    return path, folder


def test_compiled_code_is_kept_where_cache_toml_says(start, cache):
    path, folder = cache
    start(module("/", "hello.wasm"), "--cache", path).stop()
    (entry,) = entries(folder)
    before = entry.stat()
    server = start(module("/", "hello.wasm"), "--cache", path)
    assert server.get("/").status == 200
    (entry,) = entries(folder)
    assert (entry.stat().st_ino, entry.stat().st_size) == (before.st_ino, before.st_size)


@pytest.mark.parametrize("damage", [
    lambda data: b"", lambda data: data[: len(data) // 2], lambda data: data + b"x",
    lambda data: data[:1000] + bytes([data[1000] ^ 1]) + data[1001:], lambda data: b"\0" * len(data),
])
def test_a_damaged_entry_is_compiled_again(start, cache, damage):
    path, folder = cache
    start(module("/", "hello.wasm"), "--cache", path).stop()
    (entry,) = entries(folder)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    server = start(module("/", "hello.wasm"), "--cache", path)
    assert server.get("/").text == "Hello, world!\n"
    (entry,) = entries(folder)
    assert len(entry.read_bytes()) == len(whole)


def test_a_cache_that_is_off(start, cache):
    path, folder = cache
    path.write_text("[cache]\nenabled = false\n")
    server = start(module("/", "hello.wasm"), "--cache", path)
    assert server.get("/").text == "Hello, world!\n"
    assert not folder.exists()


def test_cache_toml_of_the_working_directory(tmp_path):
    (tmp_path / "cache.toml").write_text("[cache]\nenbled = true\n")
    (tmp_path / "modules.toml").write_text(module("/", "hello.wasm"))
    said = refuses("modules.toml", folder=tmp_path)
    assert re.search(r"cache\.toml:2:1: .*`enbled`.*`enabled`", said)


def test_a_cache_toml_with_a_mistake(write, tmp_path):
    bad = tmp_path / "bad-cache.toml"
    bad.write_text("[cache]\nenabled = yes\n")
    assert "bad-cache.toml:2:" in refuses(write(module("/", "hello.wasm")), "--cache", bad)


def test_module_cache_is_accepted(start, tmp_path):
    assert start(module("/", "hello.wasm"), "--module-cache", tmp_path / "modules").get("/").status == 200
