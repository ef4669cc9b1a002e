#include "guest/wasi/preview1.h"

#include <wasmtime.h>

#include <string>

#include "guest/wasi/import.h"

namespace wagi::wasi {
namespace {

constexpr std::string_view kModule1 = "wasi_snapshot_preview1";
constexpr std::string_view kModule0 = "wasi_unstable";

// Ends the guest by a trap, the only way out of it. A trap made from a code has no text and no
// backtrace.
wasm_trap_t* leave(wasmtime_caller_t* caller, U32 status) {
  HostState::exit(import::contextOf(wasmtime_caller_context(caller)), status);
  return wasmtime_trap_new_code(WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED);
}

// These two need no memory, so that the smallest of modules can end.
wasm_trap_t* exitGuest(void* /*env*/, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                       std::size_t /*count*/) {
  return leave(caller, static_cast<U32>(values[0].i32));
}

wasm_trap_t* raiseSignal(void* /*env*/, wasmtime_caller_t* caller, wasmtime_val_raw_t* values,
                         std::size_t /*count*/) {
  const Raised raised = procRaise(static_cast<U32>(values[0].i32));
  if (raised.exit_status) return leave(caller, *raised.exit_status);
  values[0].i32 = static_cast<std::int32_t>(raised.error);
  return nullptr;
}

constexpr Import kImports[] = {
    importOf<argsGet>("args_get"),
    importOf<argsSizesGet>("args_sizes_get"),
    importOf<environGet>("environ_get"),
    importOf<environSizesGet>("environ_sizes_get"),
    importOf<clockResGet>("clock_res_get"),
    importOf<clockTimeGet>("clock_time_get"),
    importOf<fdAdvise>("fd_advise"),
    importOf<fdAllocate>("fd_allocate"),
    importOf<fdClose>("fd_close"),
    importOf<fdDatasync>("fd_datasync"),
    importOf<fdFdstatGet>("fd_fdstat_get"),
    importOf<fdFdstatSetFlags>("fd_fdstat_set_flags"),
    importOf<fdFdstatSetRights>("fd_fdstat_set_rights"),
    importOf<fdFilestatGet>("fd_filestat_get"),
    importOf<fdFilestatSetSize>("fd_filestat_set_size"),
    importOf<fdFilestatSetTimes>("fd_filestat_set_times"),
    importOf<fdPread>("fd_pread"),
    importOf<fdPrestatGet>("fd_prestat_get"),
    importOf<fdPrestatDirName>("fd_prestat_dir_name"),
    importOf<fdPwrite>("fd_pwrite"),
    importOf<fdRead>("fd_read"),
    importOf<fdReaddir>("fd_readdir"),
    importOf<fdRenumber>("fd_renumber"),
    importOf<fdSeek>("fd_seek"),
    importOf<fdSync>("fd_sync"),
    importOf<fdTell>("fd_tell"),
    importOf<fdWrite>("fd_write"),
    importOf<pathCreateDirectory>("path_create_directory"),
    importOf<pathFilestatGet>("path_filestat_get"),
    importOf<pathFilestatSetTimes>("path_filestat_set_times"),
    importOf<pathLink>("path_link"),
    importOf<pathOpen>("path_open"),
    importOf<pathReadlink>("path_readlink"),
    importOf<pathRemoveDirectory>("path_remove_directory"),
    importOf<pathRename>("path_rename"),
    importOf<pathSymlink>("path_symlink"),
    importOf<pathUnlinkFile>("path_unlink_file"),
    importOf<pollOneoff>("poll_oneoff"),
    Import{.name = "proc_exit",
           .parameters = import::kKinds<U32>,
           .has_result = false,
           .callback = exitGuest},
    Import{.name = "proc_raise", .parameters = import::kKinds<U32>, .callback = raiseSignal},
    importOf<randomGet>("random_get"),
    importOf<schedYield>("sched_yield"),
    importOf<sockAccept>("sock_accept"),
    importOf<sockRecv>("sock_recv"),
    importOf<sockSend>("sock_send"),
    importOf<sockShutdown>("sock_shutdown"),
};
static_assert(std::size(kImports) == 46);

// Whether snapshot 0 has the function: all but sock_accept, which came long after snapshot 1's
// release.
constexpr bool inSnapshot0(const Import& entry) { return entry.name != "sock_accept"; }

}  // namespace

Result<void> define(wasmtime_linker_t* linker) {
  for (const Import& entry : kImports) {
    if (auto defined = import::define(linker, kModule1, Abi::kSnapshot1, entry); !defined)
      return defined;
    if (!inSnapshot0(entry)) continue;
    if (auto defined = import::define(linker, kModule0, Abi::kSnapshot0, entry); !defined)
      return defined;
  }
  return {};
}

bool provides(std::string_view module, std::string_view name) {
  if (module != kModule1 && module != kModule0) return false;
  for (const Import& entry : kImports) {
    if (entry.name == name) return module == kModule1 || inSnapshot0(entry);
  }
  return false;
}

}  // namespace wagi::wasi
