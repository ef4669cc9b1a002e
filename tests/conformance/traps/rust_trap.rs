//! Panics in a function whose name the compiler mangles.

mod shop {
    pub struct Cart<T>(pub T);
    impl Cart<usize> {
        #[inline(never)]
        pub fn pick(&self, index: usize) -> u32 {
            [1, 2, 3][index + self.0]
        }
    }
}

fn main() {
    println!("{}", shop::Cart(std::env::args().count()).pick(5));
}
