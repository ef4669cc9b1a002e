// Logins for a process that may neither read Docker's config.json nor start its helpers.
//
// A process that isn't locked down answers for the registries of one request, and for no other:
// whoever breaks into the process that fetches gets no login but those that it fetches with.
#pragma once

#include <optional>
#include <string_view>
#include <tuple>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supply/artifact/child_job.h"
#include "supply/oci/credentials.h"
#include "supply/source/request.h"

namespace wagi::source {

// Ends by itself when all copies of its asker's end are closed; destroying it ends it at once.
class CredentialBroker {
 public:
  // Answers for the registries that `request` names. From a process without threads.
  [[nodiscard]] static Result<CredentialBroker> start(const FetchRequest& request);

  // The asker's end of the socket, to be inherited; closed here by closeAsker() once it is.
  [[nodiscard]] int asker() const { return asker_.get(); }
  void closeAsker() { asker_.reset(); }

  // To be polled for reading; then hasEnded() may have changed. It never waits.
  [[nodiscard]] int fd() const { return job_.fd(); }
  [[nodiscard]] bool hasEnded() { return job_.read(); }
  // Prints what helpers said on stderr. REQUIRES: hasEnded(); once.
  void finish() { std::ignore = job_.take(); }

 private:
  CredentialBroker(artifact::ChildJob job, UniqueFd asker)
      : job_(std::move(job)), asker_(std::move(asker)) {}

  artifact::ChildJob job_;
  UniqueFd asker_;
};

// Asks the broker at the other end of `asker`, and waits for its answer.
[[nodiscard]] Result<std::optional<oci::Credentials>> askBroker(int asker,
                                                                std::string_view registry);

}  // namespace wagi::source
