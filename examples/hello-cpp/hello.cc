// Hello in C++.
#include <iostream>

int main() {
  std::cout << "Content-Type: text/plain; charset=utf-8\n\n"
            << "Hello, world, from C++!\n";
}
