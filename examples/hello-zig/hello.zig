// Hello in Zig.
const std = @import("std");

const answer =
    \\Content-Type: text/plain; charset=utf-8
    \\
    \\Hello, world, from Zig!
    \\
;

pub fn main() !void {
    const pieces = [_]std.os.wasi.ciovec_t{.{ .base = answer, .len = answer.len }};
    var written: usize = 0;
    if (std.os.wasi.fd_write(1, &pieces, pieces.len, &written) != .SUCCESS) return error.NotWritten;
}
