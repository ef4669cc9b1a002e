// Prints all that a program is told about its request: its arguments, its environment, and the body
// on its stdin. Try: curl -d hello 'localhost:3000/environment/some/path?a=1&b=2'
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

extern char** environ;

namespace {

constexpr std::size_t kShownBytesMax = 4096;

std::string readBody() {
  std::string body(kShownBytesMax, '\0');
  std::cin.read(body.data(), static_cast<std::streamsize>(body.size()));
  body.resize(static_cast<std::size_t>(std::cin.gcount()));
  return body;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; variable++) variables.emplace_back(*variable);
  std::sort(variables.begin(), variables.end());

  std::cout << "Content-Type: text/plain; charset=utf-8\n\n";
  std::cout << "# Arguments\n";
  for (int i = 0; i < argc; i++) std::cout << "argv[" << i << "] = " << argv[i] << '\n';
  std::cout << "\n# Environment\n";
  for (const std::string& variable : variables) std::cout << variable << '\n';
  std::cout << "\n# Body, its first " << kShownBytesMax << " bytes\n" << readBody();
}
