#include "supply/oci/challenge.h"

#include <algorithm>

#include "base/text.h"

namespace wagi::oci {
namespace {

// Takes pieces off the front of a field's value.
class Scanner {
 public:
  explicit Scanner(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool atEnd() const { return rest_.empty(); }
  void skip(std::string_view characters) { rest_ = trimLeft(rest_, characters); }
  void skipOne() { rest_.remove_prefix(1); }
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    const auto end =
        std::ranges::find_if_not(rest_, [](char c) { return kTokenCharacters.has(c); });
    const std::string_view word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(word.size());
    return word;
  }
  std::string value() {
    if (!take('"')) return std::string(token());
    std::string text;
    while (!rest_.empty() && !take('"')) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      text.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return text;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string Challenge::parameter(const std::string& name) const {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string() : found->second;
}

std::optional<Challenge> parseChallenge(std::string_view value) {
  Scanner scanner(value);
  std::optional<Challenge> challenge;
  while (!scanner.atEnd()) {
    scanner.skip(" \t,");
    const std::string word = lowered(scanner.token());
    if (word.empty()) {
      if (!scanner.atEnd()) scanner.skipOne();
      continue;
    }
    scanner.skip(" \t");
    if (scanner.take('=')) {
      scanner.skip(" \t");
      std::string text = scanner.value();
      if (challenge) challenge->parameters.emplace(word, std::move(text));
      continue;
    }
    if (challenge) return challenge;  // `word` begins another challenge.
    if (word == "bearer") challenge = {.scheme = Challenge::Scheme::kBearer, .parameters = {}};
    if (word == "basic") challenge = {.scheme = Challenge::Scheme::kBasic, .parameters = {}};
  }
  return challenge;
}

}  // namespace wagi::oci
