// The calls of a Bindle server that take or send a body: they wait for the network.
#pragma once

#include <memory>
#include <string>

#include "net/http/exchange.h"
#include "supply/bindle/api.h"
#include "supply/bindle/id.h"
#include "supply/bindle/invoice.h"
#include "supply/bindle/repository.h"
#include "supply/store/store.h"

namespace wagi::bindle {

// Each answers at once, and is null then, or returns the task that does. All borrow what they are
// given.

// An invoice: read whole, verified, signed, created.
[[nodiscard]] std::unique_ptr<http::Task> createInvoice(http::Exchange& exchange,
                                                        Repository& repository,
                                                        const ApiSettings& settings);
// A parcel that isn't there, straight to the store's file of it.
[[nodiscard]] std::unique_ptr<http::Task> takeParcel(http::Exchange& exchange,
                                                     const store::Store& store, const Id& id,
                                                     const Label& label);
// The blob at `path`, or the end of it ("Range: bytes=N-").
[[nodiscard]] std::unique_ptr<http::Task> sendParcel(http::Exchange& exchange,
                                                     const std::string& path, const Label& label);

}  // namespace wagi::bindle
