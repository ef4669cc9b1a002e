#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "base/utf8.h"

namespace wagi {
namespace {

LogFormat current_format = LogFormat::kText;

void append(spdlog::memory_buf_t& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

std::string_view levelName(spdlog::level::level_enum level) {
  const auto name = spdlog::level::to_string_view(level);
  return {name.data(), name.size()};
}

// `json` with hidden characters as "\u202e", or as the two surrogates of UTF-16 that JSON writes
// (RFC 8259 7).
std::string escapeHidden(std::string_view json) {
  std::string safe;
  safe.reserve(json.size());
  while (!json.empty()) {
    const std::size_t length = std::max<std::size_t>(utf8SequenceLength(json), 1);
    const std::string_view sequence = json.substr(0, length);
    const auto code_point = static_cast<std::uint32_t>(codePointOf(sequence));
    if (!isHidden(code_point)) {
      safe += sequence;
    } else if (code_point < 0x10000) {
      safe += fmt::format("\\u{:04x}", code_point);
    } else {
      const std::uint32_t rest = code_point - 0x10000;
      safe += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
    }
    json.remove_prefix(length);
  }
  return safe;
}

// Every line of a message but its first begins with this, so that none passes for a message.
constexpr std::string_view kContinued = "  | ";

// Writes a message made printable, which spdlog's own %v doesn't.
class SafeMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string text =
        printable({message.payload.data(), message.payload.size()}, kMessageBytesMax, Lines::kKept);
    while (text.ends_with('\n')) text.pop_back();
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos;
         end = text.find('\n', begin)) {
      append(out, std::string_view(text).substr(begin, end + 1 - begin));
      append(out, kContinued);
      begin = end + 1;
    }
    append(out, std::string_view(text).substr(begin));
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<SafeMessage>();
  }
};

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    using std::chrono::milliseconds;
    const auto since_epoch =
        std::chrono::duration_cast<milliseconds>(message.time.time_since_epoch());
    append(out, fmt::format(R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","pid":{},)"
                            R"("message":"{}"}})"
                            "\n",
                            fmt::gmtime(spdlog::log_clock::to_time_t(message.time)),
                            since_epoch.count() % 1000, levelName(message.level), ::getpid(),
                            escapeJson(shortened({message.payload.data(), message.payload.size()},
                                                 kMessageBytesMax))));
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

}  // namespace

void initLog(LogFormat format) {
  current_format = format;
  const bool colour = std::getenv("NO_COLOR") == nullptr && format == LogFormat::kText;
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_st>(
      colour ? spdlog::color_mode::automatic : spdlog::color_mode::never);
  auto logger = std::make_shared<spdlog::logger>("wagi", std::move(sink));
  if (format == LogFormat::kJson) {
    logger->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    auto pattern = std::make_unique<spdlog::pattern_formatter>();
    pattern->add_flag<SafeMessage>('*').set_pattern("%H:%M:%S.%e %^%l%$ %*");
    logger->set_formatter(std::move(pattern));
  }
  spdlog::set_default_logger(std::move(logger));
}

LogFormat logFormat() { return current_format; }

std::string escapeJson(std::string_view text) {
  const std::string quoted = nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false,
                                                       nlohmann::json::error_handler_t::replace);
  return escapeHidden(std::string_view(quoted).substr(1, quoted.size() - 2));
}

}  // namespace wagi
