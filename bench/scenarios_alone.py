"""Scenarios without a server: a program on the terminal, one that computes, and the compiler."""

import alone
import tools
from machine import Cores
from programs import measure_run, native, wagi_run, wasmtime_run
from scenario import Column, Row, Scenario


def run(kit: tools.Tools, cores: Cores) -> Scenario:
    return Scenario(
        "run",
        "Hello on the terminal, from start to end",
        lambda program, _seconds: measure_run(program, cores),
        (Column("run_ms", "ms", 1, "range"), Column("cpu_ms", "CPU ms", 1)),
        (
            Row("wagi", "wagi run", lambda: wagi_run(kit, kit.path("hello.wasm"))),
            Row("wasmtime", "wasmtime run", lambda: wasmtime_run(kit, kit.path("hello.wasm"))),
            Row("native", "the same C, linked statically", lambda: native(kit)),
        ),
        repeats=20,
        note="Modules were compiled before, and come from each runtime's own cache.",
    )


def compute(kit: tools.Tools, cores: Cores) -> Scenario:
    kernels = ("sha256", "matrix", "sort", "mandelbrot", "words")
    return Scenario(
        "compute",
        "A guest that computes",
        lambda measure_one, seconds: measure_one(seconds),
        (
            Column("total_s", "s", 3, "range"),
            *(Column(f"{kernel}_s", f"{kernel} s", 3) for kernel in kernels),
        ),
        (
            *(
                Row(key, f"wagi run, {flags}", lambda m=m: alone.guest_kernels(kit, m, cores))
                for key, flags, m in (
                    ("wagi", "-O2", "compute.wasm"),
                    ("wagi-simd", "-O2 -msimd128", "compute-simd.wasm"),
                    ("wagi-simd-o3", "-O3 -msimd128", "compute-simd-o3.wasm"),
                )
            ),
            *(
                Row(key, f"natively, {flags}", lambda p=p: alone.native_kernels(kit, p, cores))
                for key, flags, p in (
                    ("native", "-O2", "compute"),
                    ("native-o3", "-O3", "compute-o3"),
                )
            ),
        ),
        base="native",
        compare="this / base",
        note="The same C and the same compiler. Each kernel times itself, and the least of three "
        "runs counts. -O2 uses SSE2 natively, which every x86-64 has, but no SIMD in WebAssembly "
        "unless it is asked to.",
    )


def compilation(kit: tools.Tools, cores: Cores) -> Scenario:
    def ours(cpus: set[int]):
        return alone.compiler(kit, alone.largest_example(), cpus)

    def theirs():
        return alone.peer_compiler(kit, alone.largest_example(), cores.both)

    return Scenario(
        "compilation",
        "Compiling the largest example, hello in Go",
        lambda measure_one, seconds: measure_one(seconds),
        (Column("mb_per_s", "MB of WebAssembly/s", 2, "range"),),
        (
            Row("wagi", "wagi, both cores", lambda: ours(cores.both)),
            Row("wagi-1", "wagi, one core", lambda: ours({cores.server})),
            Row("wasmtime", "wasmtime compile, both cores", theirs),
        ),
        base="wagi",
        compare="base / this",
        note="Our code also checks at each loop and function whether its time slice is over.",
    )
