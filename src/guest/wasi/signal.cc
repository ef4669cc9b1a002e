#include <csignal>
#include <iterator>

#include "guest/wasi/functions.h"

namespace wagi::wasi {
namespace {

constexpr U32 kSignalled = 128;

// Linux's signals in the order of preview 1's numbers, which lack one of Linux (16).
constexpr int kHost[] = {0,       SIGHUP,    SIGINT,  SIGQUIT,  SIGILL,  SIGTRAP, SIGABRT, SIGBUS,
                         SIGFPE,  SIGKILL,   SIGUSR1, SIGSEGV,  SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
                         SIGCHLD, SIGCONT,   SIGSTOP, SIGTSTP,  SIGTTIN, SIGTTOU, SIGURG,  SIGXCPU,
                         SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGPOLL, SIGPWR,  SIGSYS};

}  // namespace

// A guest can't have a handler here, so every signal has its default action: signal(7).
Raised procRaise(U32 signal) {
  if (signal >= std::size(kHost)) return {.error = Errno::kInval, .exit_status = {}};
  switch (kHost[signal]) {
    case 0:  // Only asks whether a signal could be sent.
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
      return {};
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      // A signal that stops a process isn't supported, since nobody could let the guest go on.
      return {.error = Errno::kNotsup, .exit_status = {}};
    default:
      return {.error = Errno::kSuccess,
              .exit_status = kSignalled + static_cast<U32>(kHost[signal])};
  }
}

}  // namespace wagi::wasi
