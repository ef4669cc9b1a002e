// Implements sched_yield and sock_*, for guests that have neither threads nor sockets.
#include "guest/wasi/functions.h"

namespace wagi::wasi {
namespace {

Errno notSocket(const Call& call, U32 fd) {
  return call.fds().find(fd) == nullptr ? Errno::kBadf : Errno::kNotsock;
}

}  // namespace

Attempt schedYield(Call& call) {
  if (call.progress->resumed) return Errno::kSuccess;
  return std::unexpected(Yielded{});
}

Errno sockAccept(Call& call, U32 fd, U32 /*flags*/, U32 /*fd_at*/) { return notSocket(call, fd); }
Errno sockRecv(Call& call, U32 fd, U32 /*iovs*/, U32 /*count*/, U32 /*flags*/, U32 /*size_at*/,
               U32 /*flags_at*/) {
  return notSocket(call, fd);
}
Errno sockSend(Call& call, U32 fd, U32 /*iovs*/, U32 /*count*/, U32 /*flags*/, U32 /*size_at*/) {
  return notSocket(call, fd);
}
Errno sockShutdown(Call& call, U32 fd, U32 /*how*/) { return notSocket(call, fd); }

}  // namespace wagi::wasi
