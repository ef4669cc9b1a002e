#include "guest/wasi/context.h"

#include "guest/wasi/host_state.h"

namespace wagi::wasi {

Context::Context(const Invocation& invocation) : host_(std::make_unique<HostState>(invocation)) {}

Context::~Context() = default;

}  // namespace wagi::wasi
