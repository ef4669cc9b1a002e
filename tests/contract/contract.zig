const std = @import("std");
const wasi = std.os.wasi;

fn write(fd: wasi.fd_t, text: []const u8) void {
    const pieces = [_]wasi.ciovec_t{.{ .base = text.ptr, .len = text.len }};
    var written: usize = 0;
    if (wasi.fd_write(fd, &pieces, pieces.len, &written) != .SUCCESS) wasi.proc_exit(90);
}

// The arguments or the variables, as strings that end in NUL.
fn strings(sizes: anytype, get: anytype) [][*:0]u8 {
    const allocator = std.heap.wasm_allocator;
    var count: usize = 0;
    var bytes: usize = 0;
    if (sizes(&count, &bytes) != .SUCCESS) wasi.proc_exit(91);
    const list = allocator.alloc([*:0]u8, count) catch wasi.proc_exit(92);
    const buffer = allocator.alloc(u8, bytes) catch wasi.proc_exit(92);
    if (get(list.ptr, buffer.ptr) != .SUCCESS) wasi.proc_exit(91);
    return list;
}

fn answer(words: [][*:0]u8) void {
    write(1, "Content-Type: text/plain\n\nvariable=");
    for (strings(wasi.environ_sizes_get, wasi.environ_get)) |variable| {
        const text = std.mem.span(variable);
        if (std.mem.startsWith(u8, text, "CONTRACT=")) write(1, text["CONTRACT=".len..]);
    }
    write(1, "\nargv=");
    for (words, 0..) |word, i| {
        if (i > 0) write(1, ",");
        write(1, std.mem.span(word));
    }
    write(1, "\nbody=");
    var buffer: [4096]u8 = undefined;
    while (true) {
        const pieces = [_]wasi.iovec_t{.{ .base = &buffer, .len = buffer.len }};
        var count: usize = 0;
        if (wasi.fd_read(0, &pieces, pieces.len, &count) != .SUCCESS) wasi.proc_exit(93);
        if (count == 0) break;
        write(1, buffer[0..count]);
    }
}

pub fn main() void {
    const arguments = strings(wasi.args_sizes_get, wasi.args_get);
    const last = arguments.len - 1;
    const code = std.fmt.parseInt(u32, std.mem.span(arguments[last]), 10) catch wasi.proc_exit(94);
    if (code == 0) answer(arguments[1..last]);
    write(2, "told stderr\n");
    wasi.proc_exit(code);
}
