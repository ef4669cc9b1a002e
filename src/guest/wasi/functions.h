// The functions of preview 1, which the table of preview1.cc binds. Names and semantics are those
// of the docs of wasi_snapshot_preview1. Each takes the call and the guest's own parameters, which
// may have any value (a guest's pointer is a uint32_t), and returns the guest's result.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "guest/wasi/abi.h"
#include "guest/wasi/host_state.h"

namespace wagi::wasi {

using U16 = std::uint16_t;
using U32 = std::uint32_t;
using U64 = std::uint64_t;
using I64 = std::int64_t;

// The result of a call, or why its guest must be suspended: the call is attempted again when the
// guest is resumed.
using Attempt = std::expected<Errno, Suspension>;

// args_env.cc
Errno argsGet(Call& call, U32 pointers_at, U32 bytes_at);
Errno argsSizesGet(Call& call, U32 count_at, U32 size_at);
Errno environGet(Call& call, U32 pointers_at, U32 bytes_at);
Errno environSizesGet(Call& call, U32 count_at, U32 size_at);

// clock_random.cc
Errno clockResGet(Call& call, U32 clock, U32 resolution_at);
Errno clockTimeGet(Call& call, U32 clock, U64 precision, U32 time_at);
Attempt randomGet(Call& call, U32 at, U32 length);

// sched_sock.cc
Attempt schedYield(Call& call);
Errno sockAccept(Call& call, U32 fd, U32 flags, U32 fd_at);
Errno sockRecv(Call& call, U32 fd, U32 iovs, U32 count, U32 flags, U32 size_at, U32 flags_at);
Errno sockSend(Call& call, U32 fd, U32 iovs, U32 count, U32 flags, U32 size_at);
Errno sockShutdown(Call& call, U32 fd, U32 how);

// fd_io.cc
Attempt fdRead(Call& call, U32 fd, U32 iovs, U32 count, U32 size_at);
Errno fdWrite(Call& call, U32 fd, U32 iovs, U32 count, U32 size_at);
Errno fdPread(Call& call, U32 fd, U32 iovs, U32 count, U64 offset, U32 size_at);
Errno fdPwrite(Call& call, U32 fd, U32 iovs, U32 count, U64 offset, U32 size_at);
Errno fdSeek(Call& call, U32 fd, I64 offset, U32 whence, U32 offset_at);
Errno fdTell(Call& call, U32 fd, U32 offset_at);
Errno fdSync(Call& call, U32 fd);
Errno fdDatasync(Call& call, U32 fd);
Errno fdAdvise(Call& call, U32 fd, U64 offset, U64 length, U32 advice);
Attempt fdAllocate(Call& call, U32 fd, U64 offset, U64 length);

// fd_meta.cc
Errno fdClose(Call& call, U32 fd);
Errno fdRenumber(Call& call, U32 from, U32 to);
Errno fdFdstatGet(Call& call, U32 fd, U32 stat_at);
Errno fdFdstatSetFlags(Call& call, U32 fd, U32 flags);
Errno fdFdstatSetRights(Call& call, U32 fd, U64 base, U64 inheriting);
Errno fdFilestatGet(Call& call, U32 fd, U32 stat_at);
Errno fdFilestatSetSize(Call& call, U32 fd, U64 size);
Errno fdFilestatSetTimes(Call& call, U32 fd, U64 atim, U64 mtim, U32 flags);
Errno fdPrestatGet(Call& call, U32 fd, U32 prestat_at);
Errno fdPrestatDirName(Call& call, U32 fd, U32 name_at, U32 name_len);

// fd_readdir.cc
Attempt fdReaddir(Call& call, U32 fd, U32 at, U32 length, U64 cookie, U32 size_at);

// path_open.cc
Errno pathOpen(Call& call, U32 fd, U32 lookup, U32 path, U32 path_len, U32 oflags, U64 base,
               U64 inheriting, U32 fdflags, U32 fd_at);

// path_ops.cc
Errno pathCreateDirectory(Call& call, U32 fd, U32 path, U32 path_len);
Errno pathRemoveDirectory(Call& call, U32 fd, U32 path, U32 path_len);
Errno pathUnlinkFile(Call& call, U32 fd, U32 path, U32 path_len);
Errno pathRename(Call& call, U32 fd, U32 path, U32 path_len, U32 new_fd, U32 new_path,
                 U32 new_path_len);
Errno pathLink(Call& call, U32 fd, U32 lookup, U32 path, U32 path_len, U32 new_fd, U32 new_path,
               U32 new_path_len);
Errno pathSymlink(Call& call, U32 target, U32 target_len, U32 fd, U32 path, U32 path_len);

// path_stat.cc
Errno pathReadlink(Call& call, U32 fd, U32 path, U32 path_len, U32 at, U32 length, U32 size_at);
Errno pathFilestatGet(Call& call, U32 fd, U32 lookup, U32 path, U32 path_len, U32 stat_at);
Errno pathFilestatSetTimes(Call& call, U32 fd, U32 lookup, U32 path, U32 path_len, U64 atim,
                           U64 mtim, U32 flags);

// signal.cc: the default action of a signal on the guest that raises it.
struct Raised {
  Errno error = Errno::kSuccess;
  std::optional<U32> exit_status;  // Where the signal ends the guest: 128 + its number.
};
Raised procRaise(U32 signal);

// poll.cc
Attempt pollOneoff(Call& call, U32 subscriptions_at, U32 events_at, U32 count, U32 size_at);

}  // namespace wagi::wasi
