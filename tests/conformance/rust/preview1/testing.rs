//! Helpers of the tests, and the main function of a program of tests.

use super::*;

/// The descriptor of the volume.
pub const ROOT: Fd = 3;
pub const NO_FD: Fd = 1000;

/// Makes a file with `content`; the descriptor has all rights.
pub fn file(dir: Fd, name: &str, content: &[u8]) -> Fd {
    let fd = open(dir, name, CREAT | EXCL, EVERYTHING & !FD_READDIR).expect("making a file");
    assert_eq!(write(fd, content), Ok(content.len()));
    fd
}
/// Makes an empty file.
pub fn touch(dir: Fd, name: &str) {
    close(file(dir, name, b"")).unwrap();
}
pub fn folder(dir: Fd, name: &str) -> Fd {
    mkdir(dir, name).expect("making a folder");
    open(dir, name, DIRECTORY, EVERYTHING & !FD_WRITE).expect("opening the folder")
}
/// The whole content of a file.
pub fn content(dir: Fd, name: &str) -> Vec<u8> {
    let fd = open(dir, name, 0, FD_READ).expect("opening to read");
    let bytes = read(fd, 4096).unwrap();
    close(fd).unwrap();
    bytes
}
pub fn exists(dir: Fd, name: &str) -> bool {
    stat(dir, 0, name).is_ok()
}
/// Fails unless `result` is one of the errors that are allowed.
#[track_caller]
pub fn fails<T: std::fmt::Debug>(result: Result<T>, allowed: &[u16]) {
    match result {
        Err(errno) if allowed.contains(&errno) => {}
        other => panic!("{:?} where one of the errors {:?} was due", other, allowed),
    }
}

/// Runs the test that the first argument names, in a folder of that name, and prints an answer for
/// a server if it succeeds.
pub fn run(tests: &[(&str, fn(Fd))]) {
    let name = std::env::args().nth(1).expect("the name of a test");
    let (_, test) = tests.iter().find(|(known, _)| *known == name).expect("a test of that name");
    test(folder(ROOT, &name));
    if std::env::var_os("GATEWAY_INTERFACE").is_some() {
        println!("Content-Type: text/plain\n\nok");
    }
}

/// Lists the tests of a program; tests/test_conformance.py reads that list.
#[macro_export]
macro_rules! tests {
    ($($name:ident),+ $(,)?) => {
        fn main() {
            $crate::preview1::run(&[$((stringify!($name), $name)),+]);
        }
    };
}
