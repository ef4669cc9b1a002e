"""Tests a modules.toml, and the messages about its mistakes and about files that aren't modules."""

import re
import shutil

import pytest

from configuration import guest, module
from server import NOT_YET, refusal, run_wagi


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
    (GOOD + 'allowed_hosts = ["exam ple.com"]\n', r"modules\.toml:4:[0-9]+: .*exam ple\.com"),
    ('[[module]]\nmodule = "hello.wasm"\n', r"modules\.toml:1:.*route"),
    ('[[module]]\nroute = "/"\n', r"modules\.toml:1:.*module"),
    ('[[module]]\nroute = "hello"\nmodule = "hello.wasm"\n', r"modules\.toml:2:[0-9]+: .*`hello`.*'/'"),
    ('[[module]]\nroute = "/a/.../b"\nmodule = "hello.wasm"\n', r"modules\.toml:2:[0-9]+: .*\.\.\."),
    ('[module]\nroute = "/"\n', r"modules\.toml:1:.*\[\[module\]\]"),
    ("", r"modules\.toml: .*\[\[module\]\]"),
    ("# only a comment\n", r"modules\.toml: .*\[\[module\]\]"),
])
def test_a_mistake_in_modules_toml_names_its_place(write, text, message):
    said = refusal(write(text))
    assert re.search(message, said), said


def test_all_mistakes_are_named_at_once(write):
    said = refusal(write('[server]\nlisen = "x"\n[[module]]\nroute = "a"\nmodul = "x"\n'))
    for line in (2, 4, 5):
        assert f"modules.toml:{line}:" in said


def test_a_configuration_that_is_not_text(tmp_path):
    path = tmp_path / "modules.toml"
    path.write_bytes(b"\xff\xfe\x00binary")
    assert "modules.toml:1:" in refusal(path)


def test_a_configuration_nested_too_deep(write):
    assert "modules.toml" in refusal(write("a = " + "[" * 100_000))
    assert "modules.toml" in refusal(write("a" + ".a" * 100_000 + " = 1\n"))


def test_two_equal_routes_are_a_warning(start):
    server = start(module("/same", "hello.wasm") + module("/same", "crlf.wasm"))
    assert re.search("modules.toml:[0-9]+:[0-9]+: .*`/same`.*first", server.log)
    assert server.get("/same").text == "Hello, world!\n"


# --- Files that aren't modules.

@pytest.mark.parametrize("name, description", [
    ("text.wasm", "text"), ("script.wasm", "script"), ("elf.wasm", "ELF"), ("empty.wasm", "empty"),
    ("component.wasm", "component"), ("future_version.wasm", "version"), ("truncated.wasm", "cut off"),
])
def test_a_file_that_is_no_module_is_called_what_it_is(write, name, description):
    said = refusal(write(module("/", name)))
    assert name in said and description in said, said


def test_a_mistake_in_wat_names_its_line(write):
    said = refusal(write(module("/", "bad_syntax.wat")))
    assert "bad_syntax.wat" in said and "no.such.instruction" in said and ":3:" in said


def test_a_missing_module_names_its_place(write):
    said = refusal(write(module("/", "/no/such/module.wasm")))
    assert re.search(r"modules\.toml:3:[0-9]+: .*/no/such/module\.wasm", said), said


def test_a_module_that_is_a_folder(write, tmp_path):
    assert str(tmp_path) in refusal(write(module("/", str(tmp_path))))


def test_an_unknown_import_is_named_with_its_module(write):
    said = refusal(write(module("/", "unknown_import.wat")))
    for word in ("unknown_import.wat", "frobnicate", "nowhere"):
        assert word in said


@pytest.mark.parametrize("what, why", [
    ('(memory (export "memory") 1 2 shared)', "shared memory"), ("(memory 4000)", "exceeds memory limits"),
    ('(memory 1) (data (i32.const 65536) "x")', "out of bounds"),
])
def test_what_can_not_be_instantiated_is_a_mistake(write, tmp_path, what, why):
    path = tmp_path / "never.wat"
    path.write_text(f'(module {what} (func (export "_start")))')
    config = write(module("/hello", "hello.wasm") + module("/never", str(path)))
    done = run_wagi("check", config)
    assert done.returncode == 1
    assert re.search(rf"modules\.toml:7:\d+: .*never\.wat can't be started with a memory_max of 128 MiB: .*{why}",
                     done.stdout)
    assert "never.wat" in refusal(config)


# Wagi 0.8.1 has the first in its own examples/modules.toml.
@pytest.mark.parametrize("line, advice", [
    ('default_host = "localhost:3000"', "write `hostname` in [server] instead"),
    ('defaultHost = "localhost:3000"', "write `hostname` in [server] instead"),
])
def test_a_key_that_the_original_ignores_is_a_warning(start, line, advice):
    server = start(line + "\n" + module("/", "hello.wasm"))
    assert re.search(rf"modules\.toml:1:1: `{line.split()[0]}` has no effect: {re.escape(advice)}", server.log)
    assert server.get("/").status == 200


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


@pytest.mark.parametrize("reference, expected", [
    ("oci:", "modules.toml:3:10"), ("oci://127.0.0.1:1/name:tag", "127.0.0.1:1"),
    ("bindle:name/1.0.0", "bindle_server"),
])
def test_a_reference_that_cannot_be_had_is_named(write, reference, expected):
    said = refusal(write(module("/", reference)))
    assert expected in said and reference in said


def test_all_broken_modules_are_named_at_once(write):
    said = refusal(write(module("/a", "text.wasm") + module("/b", "/no/such.wasm") + module("/c", "routes_trap.wat")))
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
    said = refusal(write(module("/", name)))
    assert name in said and "_routes" in said and message in said, said


def test_routes_that_never_end_stop_the_start(write):
    said = refusal(write(module("/", "routes_loop.wat")))
    assert "routes_loop.wat" in said and "_routes" in said and "didn't end" in said
