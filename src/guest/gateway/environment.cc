#include "guest/gateway/environment.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <set>

#include "guest/gateway/field_variables.h"
#include "guest/gateway/text.h"

namespace wagi::gateway {
namespace {

// Variables that every request has, so that a configured one of the same name is never seen.
constexpr std::array<std::string_view, 21> kBuiltIn = {
    "AUTH_TYPE",       "CONTENT_LENGTH",  "CONTENT_TYPE",    "GATEWAY_INTERFACE", "PATH_INFO",
    "PATH_TRANSLATED", "QUERY_STRING",    "REMOTE_ADDR",     "REMOTE_HOST",       "REMOTE_USER",
    "REQUEST_METHOD",  "REQUEST_SCHEME",  "REQUEST_URI",     "SCRIPT_NAME",       "SERVER_NAME",
    "SERVER_PORT",     "SERVER_PROTOCOL", "SERVER_SOFTWARE", "X_FULL_URL",        "X_MATCHED_ROUTE",
    "X_RAW_PATH_INFO"};
constexpr std::string_view kHttps = "HTTPS";
constexpr std::string_view kSecureScheme = "https";
constexpr std::string_view kClientPrefix = "SSL_CLIENT_";
constexpr std::size_t kAnonymousLines = 2;  // AUTH_TYPE and REMOTE_USER, both empty.

void end(Block& out) {
  out.bytes.push_back('\0');
  ++out.count;
}

// Adds a variable; `name` includes the '='.
void add(std::string_view name, std::string_view text, Block& out) {
  out.bytes.append(name);
  appendText(text, out.bytes);
  end(out);
}

void appendNumber(std::uint64_t number, std::string& out) {
  std::array<char, 20> digits;  // As many as 2^64 - 1 has.
  const auto last = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), last);
}

void appendWholeTarget(const RequestHead& head, std::string& out) {
  appendTarget(head.path, out);
  if (!head.query) return;
  out.push_back('?');
  appendTarget(*head.query, out);
}

}  // namespace

EnvironmentTemplate::EnvironmentTemplate(const RouteNames& route,
                                         std::span<const Variable> configured,
                                         DefaultHost default_host)
    : default_host_(std::move(default_host)) {
  std::set<std::string_view> seen(kBuiltIn.begin(), kBuiltIn.end());
  for (std::size_t i = configured.size(); i-- > 0;) {
    const auto& [name, value] = configured[i];
    assert(!name.empty() && name.find('=') == std::string::npos);
    if (!seen.insert(name).second) continue;
    Block line;
    add(name + '=', value, line);
    if (name == kHttps || name.starts_with("HTTP_") || name.starts_with(kClientPrefix)) {
      conditional_.push_back({name, std::move(line.bytes), FieldVariables::hashOf(name)});
    } else {
      fixed_.bytes.append(line.bytes);
      ++fixed_.count;
    }
  }
  add("GATEWAY_INTERFACE=", "CGI/1.1", fixed_);
  add("SCRIPT_NAME=", route.script_name, fixed_);
  add("SERVER_SOFTWARE=", "WAGI/1", fixed_);
  add("X_MATCHED_ROUTE=", route.pattern, fixed_);
  anonymous_at_ = fixed_.bytes.size();
  add("AUTH_TYPE=", "", fixed_);
  add("REMOTE_USER=", "", fixed_);
  fixed_.bytes.shrink_to_fit();
}

void EnvironmentTemplate::build(const RequestHead& head, std::string_view path_info,
                                std::uint64_t content_length, Block& out) const {
  const ClientCertificate* const client = head.client_certificate;
  if (client != nullptr && client->verified) {
    out.bytes.assign(fixed_.bytes, 0, anonymous_at_);
    out.count = fixed_.count - kAnonymousLines;
  } else {
    out.bytes.assign(fixed_.bytes);
    out.count = fixed_.count;
  }
  FieldVariables fields(head.fields);

  const bool secure = head.scheme == kSecureScheme;
  if (secure) add("HTTPS=", "on", out);
  for (const auto& [name, line, hash] : conditional_) {
    if (name == kHttps ? secure : fields.has(name, hash)) continue;
    if (client != nullptr && name.starts_with(kClientPrefix)) continue;
    out.bytes.append(line);
    ++out.count;
  }
  out.bytes.append("CONTENT_LENGTH=");
  appendNumber(content_length, out.bytes);
  end(out);
  add("CONTENT_TYPE=", isVisible(fields.contentType()) ? fields.contentType() : kCorruptValue, out);
  add("REMOTE_ADDR=", head.remote_address, out);
  add("REMOTE_HOST=", head.remote_address, out);
  add("REQUEST_METHOD=", head.method, out);
  add("REQUEST_SCHEME=", head.scheme, out);
  add("SERVER_PROTOCOL=", head.protocol, out);
  addTarget(head, path_info, out);
  addServer(head, out);
  if (client != nullptr) addClient(*client, out);
  fields.addTo(out);
}

void EnvironmentTemplate::addTarget(const RequestHead& head, std::string_view path_info,
                                    Block& out) {
  out.bytes.append("QUERY_STRING=");
  appendTarget(head.query.value_or(""), out.bytes);
  end(out);
  out.bytes.append("X_RAW_PATH_INFO=");
  appendTarget(path_info, out.bytes);
  end(out);
  out.bytes.append("REQUEST_URI=");
  appendWholeTarget(head, out.bytes);
  end(out);

  out.bytes.append("PATH_INFO=");
  const std::size_t start = out.bytes.size();
  appendDecoded(path_info, out.bytes);
  const std::size_t length = out.bytes.size() - start;
  end(out);
  out.bytes.append("PATH_TRANSLATED=").append(out.bytes, start, length);
  end(out);
}

// The variables that other servers have for a client's certificate, by the names of Apache's
// mod_ssl.
void EnvironmentTemplate::addClient(const ClientCertificate& client, Block& out) {
  add("SSL_CLIENT_VERIFY=", client.verified ? "SUCCESS" : "NONE", out);
  if (!client.verified) return;
  add("AUTH_TYPE=", "CLIENT_CERT", out);
  add("REMOTE_USER=", client.subject, out);
  add("SSL_CLIENT_S_DN=", client.subject, out);
  add("SSL_CLIENT_S_DN_CN=", client.common_name, out);
  add("SSL_CLIENT_I_DN=", client.issuer, out);
  add("SSL_CLIENT_M_SERIAL=", client.serial, out);
  add("SSL_CLIENT_V_START=", client.valid_from, out);
  add("SSL_CLIENT_V_END=", client.valid_until, out);
}

void EnvironmentTemplate::addServer(const RequestHead& head, Block& out) const {
  std::string_view host = head.host;
  if (host.empty()) host = default_host_.host;
  if (host.empty()) host = "localhost";
  std::optional<std::uint16_t> port = head.port;
  if (!port) port = default_host_.port;
  if (!port) port = head.scheme == kSecureScheme ? 443 : 80;

  add("SERVER_NAME=", host, out);
  out.bytes.append("SERVER_PORT=");
  const std::size_t start = out.bytes.size();
  appendNumber(*port, out.bytes);
  const std::size_t length = out.bytes.size() - start;
  end(out);

  out.bytes.append("X_FULL_URL=");
  appendText(head.scheme, out.bytes);
  out.bytes.append("://");
  appendText(host, out.bytes);
  out.bytes.append(":").append(out.bytes, start, length);
  appendWholeTarget(head, out.bytes);
  end(out);
}

}  // namespace wagi::gateway
