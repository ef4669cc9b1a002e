#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  const int code = std::atoi(argv[argc - 1]);
  if (code == 0) {
    std::cout << "Content-Type: text/plain\n\nvariable=" << std::getenv("CONTRACT") << "\nargv=";
    for (int i = 1; i < argc - 1; i++) std::cout << (i > 1 ? "," : "") << argv[i];
    const std::string body(std::istreambuf_iterator<char>(std::cin), {});
    std::cout << "\nbody=" << body;
  }
  std::cerr << "told stderr\n";
  return code;
}
