// The calls of `wagi bindle serve` that take or send a body, and so wait for the network.
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

// Each of these either answers at once and returns null, or returns the task that answers. They
// borrow their arguments.

// Reads an invoice whole, verifies it, signs it and creates it.
[[nodiscard]] std::unique_ptr<http::Task> createInvoice(http::Exchange& exchange,
                                                        Repository& repository,
                                                        const ApiSettings& settings);
// Takes the body of a parcel that is missing, straight to the store's file of it.
[[nodiscard]] std::unique_ptr<http::Task> takeParcel(http::Exchange& exchange,
                                                     const store::Store& store, const Id& id,
                                                     const Label& label);
// Sends the blob at `path`, or its end where the request asks for that ("Range: bytes=N-").
[[nodiscard]] std::unique_ptr<http::Task> sendParcel(http::Exchange& exchange,
                                                     const std::string& path, const Label& label);

}  // namespace wagi::bindle
