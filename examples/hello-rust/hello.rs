fn main() {
    println!("Content-Type: text/plain; charset=utf-8");
    println!();
    println!("Hello, world, from Rust!");
}
