#include "base/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

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

// What each line of a message but its first begins with.
constexpr std::string_view kContinued = "  | ";

// The message without what could steer a terminal, and so that none of its lines can pass for a
// message; spdlog's own %v passes it on as it is.
class SafeMessage : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    std::string text = escapeControls({message.payload.data(), message.payload.size()});
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
                            escapeJson({message.payload.data(), message.payload.size()})));
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
  return quoted.substr(1, quoted.size() - 2);
}

std::string escapeControls(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool follows_c2 = !safe.empty() && safe.back() == '\xc2';
    if (follows_c2 && byte >= 0x80 && byte < 0xa0) {  // U+0080 to U+009F, which are controls too.
      safe.pop_back();
      safe += fmt::format("\\u{:04x}", byte);
    } else if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f) {
      safe += fmt::format("\\x{:02x}", byte);
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace wagi
