"""Tests `wagi import`: the modules that it makes of a spin.toml, and its report on the rest."""

import os
import shutil
import tomllib
from pathlib import Path

import pytest

from configuration import guest, toml
from server import run_wagi

HEAD_1 = '''spin_manifest_version = "1"
name = "app"
version = "1.0.0"
trigger = {type = "http", base = "/"}
'''
HEAD_2 = '''spin_manifest_version = 2
[application]
name = "app"
'''


def component_1(name: str, source: str, route: str, executor: str = '{type = "wagi"}', **keys) -> str:
    lines = "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())
    return (f'[[component]]\nid = "{name}"\nsource = "{source}"\n{lines}'
            f'[component.trigger]\nroute = "{route}"\nexecutor = {executor}\n')


def component_2(name: str, source: str, route: str, executor: str = '{type = "wagi"}', **keys) -> str:
    lines = "".join(f"{key} = {toml(value)}\n" for key, value in keys.items())
    return (f'[[trigger.http]]\nroute = "{route}"\ncomponent = "{name}"\nexecutor = {executor}\n'
            f'[component.{name}]\nsource = "{source}"\n{lines}')


@pytest.fixture
def app(tmp_path) -> Path:
    """A folder `app` with the guests `files.wasm` and `environment.wasm`, and some assets."""
    folder = tmp_path / "app"
    (folder / "assets" / "deep").mkdir(parents=True)
    (folder / "assets" / "a.txt").write_text("a")
    (folder / "assets" / "b.bin").write_text("b")
    (folder / "assets" / "deep" / ".hidden").write_text("hidden")
    for name in ("files.wasm", "environment.wasm", "hello.wasm"):
        shutil.copy(guest(name), folder)
    return folder


def imported(app: Path, text: str, *flags):
    """Runs the import from the folder above; returns its process and the modules that it wrote."""
    (app / "spin.toml").write_text(text)
    done = run_wagi("import", "app/spin.toml", *flags, folder=app.parent)
    return done, tomllib.loads(done.stdout).get("module", [])


@pytest.mark.parametrize("head, component", [(HEAD_1, component_1), (HEAD_2, component_2)])
def test_what_is_imported_is_served(app, start, head, component):
    text = head + component("files", "files.wasm", "/files/...",
                            files=[{"source": "assets", "destination": "/static"}])
    text += component("env", "environment.wasm", "/env", environment={"GREETING": "hello \"you\""})
    done, modules = imported(app, text, "--strict")
    assert done.returncode == 0, done.stderr
    assert "2 modules, 0 things left out" in done.stderr
    assert [module["route"] for module in modules] == ["/env", "/files/..."]
    assert modules[1]["volumes"] == {"/static": {"path": "app/assets", "read_only": True}}

    # Paths are relative to the folder above, and the server has another, so they are made absolute.
    server = start(done.stdout.replace('"app/', f'"{app}/'))
    assert b'GREETING=hello "you"' in server.get("/env").body
    assert server.get("/files/x?op=read&path=/static/a.txt").body == b"a"
    assert b"error" in server.get("/files/x?op=write&path=/static/a.txt&data=x").body
    assert b"error" in server.get("/files/x?op=read&path=/static/../spin.toml").body
    assert (app / "assets" / "a.txt").read_text() == "a"


def test_copies_are_served(app, start):
    text = HEAD_2 + component_2("files", "files.wasm", "/files", exclude_files=["**/*.bin"],
                                files=["assets/**/*", "spin.toml"])
    done, modules = imported(app, text, "--strict", "--files", "site")
    assert done.returncode == 0, done.stderr
    assert modules[0]["volumes"] == {"/": {"path": "site/files", "read_only": True}}
    copied = app.parent / "site" / "files"
    assert sorted(str(path.relative_to(copied)) for path in copied.rglob("*") if path.is_file()) == [
        "assets/a.txt", "assets/deep/.hidden", "spin.toml"]
    server = start(done.stdout.replace('"app/', f'"{app}/').replace('"site/', f'"{app.parent}/site/'))
    assert server.get("/files?op=read&path=/assets/deep/.hidden").body == b"hidden"

    again, _ = imported(app, text, "--files", "site")
    assert again.returncode == 1
    assert "site/files is there already" in again.stderr
    assert again.stdout == ""


def test_what_is_left_out_is_listed_with_its_line(app):
    text = HEAD_2 + component_2("hello", "hello.wasm", "/hello", key_value_stores=["default"],
                                allowed_outbound_hosts=["insecure:allow-all", "https://example.com"])
    text += component_2("spin", "x.wasm", "/spin", '{type = "spin"}')
    text += component_2("parameter", "hello.wasm", "/users/:id")
    text += '[[trigger.redis]]\nchannel = "x"\ncomponent = "hello"\n'
    done, modules = imported(app, text)
    assert done.returncode == 0
    assert [module["route"] for module in modules] == ["/hello"]
    assert modules[0]["allowed_hosts"] == ["https://example.com"]
    for line in ("app/spin.toml:10:20: left out: `key_value_stores` of component `hello`",
                 "app/spin.toml:11:27: left out: `allowed_outbound_hosts` of component `hello`: `insecure:allow-all`",
                 "app/spin.toml:15:12: left out: component `spin`: it is for the executor `spin`",
                 "app/spin.toml:19:9: left out: route `/users/:id`",
                 "app/spin.toml:24:11: left out: `redis` triggers"):
        assert line in done.stderr
    assert "1 module, 5 things left out" in done.stderr

    strict, modules = imported(app, text, "--strict")
    assert strict.returncode == 1
    assert len(modules) == 1


def test_builds_are_only_noted(app):
    text = HEAD_1 + component_1("hello", "hello.wasm", "/hello") + '[component.build]\ncommand = "make"\n'
    done, _ = imported(app, text, "--strict")
    assert done.returncode == 0
    assert "app/spin.toml:11:1: note: `build` of component `hello`" in done.stderr


def test_nothing_to_serve_is_an_error(app):
    done, modules = imported(app, HEAD_2 + component_2("spin", "x.wasm", "/spin", '{type = "http"}'))
    assert done.returncode == 1
    assert "app/spin.toml has nothing that Wagi can serve" in done.stderr
    assert not modules


@pytest.mark.parametrize("text, message", [
    ("", "app/spin.toml: there is no `spin_manifest_version`"),
    ("spin_manifest_version = 3\n", "app/spin.toml:1:25: `spin_manifest_version`"),
    ("spin_manifest_version = \n", "app/spin.toml:1:"),
    (HEAD_2 + '[[trigger.http]]\nroute = 1\ncomponent = "c"\nexecutor = {type = "wagi"}\n[component.c]\n',
     "app/spin.toml:5:9: `route`: expected a string, found an integer"),
])
def test_mistakes_have_their_place(app, text, message):
    done, modules = imported(app, text)
    assert done.returncode == 1
    assert done.stderr.startswith(message), done.stderr
    assert not modules


def test_files_never_come_from_outside(app):
    (app.parent / "secret.txt").write_text("secret")
    (app / "out").symlink_to(app.parent)
    (app / "link.txt").symlink_to("../secret.txt")
    items = ["../secret.txt", "out/secret.txt", "link.txt", "*.txt", "out", "out/**/*", str(app.parent),
             {"source": "..", "destination": "/"}, {"source": "out", "destination": "/"}]
    text = HEAD_2 + component_2("files", "files.wasm", "/files", files=items)
    done, modules = imported(app, text, "--files", "site")
    assert done.returncode == 0
    assert done.stderr.count("leaves the folder") == len(items), done.stderr
    assert "volumes" not in modules[0]
    assert not (app.parent / "site").exists()


def test_the_output_is_written_once(app):
    (app / "spin.toml").write_text(HEAD_2 + component_2("hello", "hello.wasm", "/"))
    arguments = ("import", app, "-o", "modules.toml")
    assert run_wagi(*arguments, folder=app.parent).returncode == 0
    written = (app.parent / "modules.toml").read_text()
    assert run_wagi("check", "modules.toml", folder=app.parent).returncode in (0, 1)
    assert tomllib.loads(written)["module"][0]["argv"] == "${SCRIPT_NAME} ${ARGS}"

    (app.parent / "modules.toml").write_text("mine")
    done = run_wagi(*arguments, folder=app.parent)
    assert done.returncode == 1
    assert "give --force" in done.stderr
    assert (app.parent / "modules.toml").read_text() == "mine"
    assert run_wagi(*arguments, "--force", folder=app.parent).returncode == 0
    assert (app.parent / "modules.toml").read_text() == written


def test_a_file_can_not_fake_a_line(app):
    name = "x\\nwagi import: 9 modules\\u001b[31m"
    done, modules = imported(app, f'{HEAD_2}version = "1\\n[server]\\nworkers = 9"\n'
                             f'[[trigger.http]]\nroute = "/"\ncomponent = "{name}"\nexecutor = {{type = "wagi"}}\n'
                             f'[component."{name}"]\nsource = "hello.wasm"\nunknown = 1\n')
    assert done.returncode == 0, done.stderr
    assert "server" not in tomllib.loads(done.stdout)
    assert len(modules) == 1
    assert "\x1b" not in done.stderr + done.stdout
    assert [line for line in done.stderr.splitlines() if line.startswith("wagi import: ")] == [
        "wagi import: 1 module, 1 thing left out"]


def test_an_absent_file_is_an_error(tmp_path):
    done = run_wagi("import", "none.toml", folder=tmp_path)
    assert done.returncode == 1
    assert "none.toml: No such file" in done.stderr
    done = run_wagi("import", tmp_path)
    assert done.returncode == 1
    assert os.path.join(str(tmp_path), "spin.toml") in done.stderr
