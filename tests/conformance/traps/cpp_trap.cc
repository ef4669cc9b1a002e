// Divides by zero in a function whose name the compiler mangles.
namespace shop {
template <class T>
struct Cart {
  T divide(T a, T b) { return a / b; }
};
}  // namespace shop

int main(int argc, char**) {
  shop::Cart<int> cart;
  return cart.divide(7, argc - 1);
}
