#include "supply/source/credential_broker.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <set>
#include <string>
#include <utility>

#include "base/printable.h"
#include "supply/artifact/message.h"
#include "supply/artifact/reference.h"
#include "supply/oci/reference.h"
#include "supply/source/values.h"

namespace wagi::oci {

template <config::Either<Credentials> T>
auto fieldsOf(T& credentials) {
  auto& [user, password, identity_token] = credentials;
  return std::tuple(config::Field("user", user), config::Field("password", password),
                    config::Field("identity_token", identity_token));
}

}  // namespace wagi::oci

namespace wagi::source {
namespace {

constexpr std::size_t kRegistryBytesMax = 1'024;
// More than a helper can say (oci::kHelperBytesMax), and less than a socket holds.
constexpr std::size_t kAnswerBytesMax = 128 << 10;

struct CredentialAnswer {
  std::optional<oci::Credentials> credentials;
  std::optional<std::string> error;
};

template <config::Either<CredentialAnswer> T>
auto fieldsOf(T& answer) {
  auto& [credentials, error] = answer;
  return std::tuple(config::Field("credentials", credentials), config::Field("error", error));
}

bool sendWhole(int socket, std::string_view message) {
  ssize_t sent = 0;
  do {
    sent = ::send(socket, message.data(), message.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == std::ssize(message);
}

// One message; empty where the other end is closed, or it is longer than that.
std::string receive(int socket, std::size_t bytes_max) {
  std::string message(bytes_max, '\0');
  ssize_t count = 0;
  do {
    count = ::recv(socket, message.data(), message.size(), MSG_TRUNC);
  } while (count < 0 && errno == EINTR);
  if (count < 0 || static_cast<std::size_t>(count) > bytes_max) count = 0;
  message.resize(static_cast<std::size_t>(count));
  return message;
}

std::set<std::string> registriesOf(const FetchRequest& request) {
  std::set<std::string> registries;
  for (const std::string& text : request.references) {
    const auto reference = artifact::parseReference(text);
    if (!reference || reference->kind != artifact::Reference::Kind::kOci) continue;
    if (auto oci = oci::parseReference(text)) registries.insert(std::move(oci->registry));
  }
  return registries;
}

// Answers at `socket` until its other end is closed: for `registries` what `docker` says, for
// others an error.
void answerAskers(int socket, const std::set<std::string>& registries,
                  const oci::DockerConfig& docker) {
  for (;;) {
    const std::string registry = receive(socket, kRegistryBytesMax);
    if (registry.empty()) return;
    CredentialAnswer answer;
    if (!registries.contains(registry)) {
      answer.error = fmt::format("nothing of {} is to be fetched", printable(registry));
    } else if (auto found = oci::credentialsFor(registry, docker)) {
      answer.credentials = *std::move(found);
    } else {
      answer.error = std::move(found.error().message);
    }
    if (!sendWhole(socket, artifact::writeMessage(toJson(answer)))) return;
  }
}

}  // namespace

Result<CredentialBroker> CredentialBroker::start(const FetchRequest& request) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail(fmt::format("can't make a socket pair: {}", std::strerror(errno)));
  }
  const UniqueFd broker(ends[0]);
  UniqueFd asker(ends[1]);
  const auto work = [&](const auto&) -> Result<std::string> {
    answerAskers(broker.get(), registriesOf(request), request.registries.docker);
    return "";
  };
  auto job = artifact::ChildJob::start(work, {broker.get()});
  if (!job) return std::unexpected(std::move(job.error()));
  return CredentialBroker(*std::move(job), std::move(asker));
}

Result<std::optional<oci::Credentials>> askBroker(int asker, std::string_view registry) {
  if (!sendWhole(asker, registry)) {
    return fail(fmt::format("can't ask for a login: {}", std::strerror(errno)));
  }
  const Json json = artifact::readMessage(receive(asker, kAnswerBytesMax));
  CredentialAnswer answer;
  try {
    fromJson(json, answer);
  } catch (const Json::exception& error) {
    return fail(fmt::format("the process that knows logins answered nonsense: {}", error.what()));
  }
  if (answer.error) return fail(*std::move(answer.error));
  return std::move(answer.credentials);
}

}  // namespace wagi::source
