//! Tests that fd_readdir gives every entry once, in whatever pieces it is called.

mod preview1;
use preview1::*;

tests!(
    an_empty_folder_has_two_entries,
    every_entry_is_told_once,
    an_entry_has_the_inode_and_type_of_its_file,
    a_listing_goes_on_at_any_cookie,
    a_small_buffer_is_filled_to_its_end,
    a_cut_entry_is_read_with_a_larger_buffer,
    no_buffer_tells_nothing,
    what_is_made_meanwhile,
    what_is_removed_meanwhile,
    a_folder_of_many_files,
    the_volume_is_listed,
    the_end_stays_the_end,
);

fn names(found: &[Entry]) -> Vec<&str> {
    let mut names: Vec<&str> = found.iter().map(|entry| entry.name.as_str()).collect();
    names.sort_unstable();
    names
}

fn all(dir: Fd, buffer: usize) -> Vec<Entry> {
    let (mut found, mut cookie) = (Vec::new(), 0);
    loop {
        let bytes = readdir_bytes(dir, buffer, cookie).unwrap();
        let more = entries(&bytes);
        if let Some(last) = more.last() {
            cookie = last.next;
        }
        assert!(!more.is_empty() || bytes.len() < buffer, "no entry fits");
        found.extend(more);
        if bytes.len() < buffer {
            return found;
        }
    }
}

fn an_empty_folder_has_two_entries(dir: Fd) {
    let sub = folder(dir, "sub");
    let found = readdir(sub, 4096, 0).unwrap();
    assert_eq!(names(&found), [".", ".."]);
    assert!(found.iter().all(|entry| entry.filetype == T_DIRECTORY));
    let own = found.iter().find(|entry| entry.name == ".").unwrap();
    assert_eq!(own.ino, filestat(sub).unwrap().ino);
}

fn every_entry_is_told_once(dir: Fd) {
    for name in ["b", "a", "long".repeat(50).as_str()] {
        touch(dir, name);
    }
    mkdir(dir, "d").unwrap();
    assert_eq!(names(&all(dir, 4096)), [".", "..", "a", "b", "d", &"long".repeat(50)]);
}

fn an_entry_has_the_inode_and_type_of_its_file(dir: Fd) {
    touch(dir, "f");
    mkdir(dir, "d").unwrap();
    symlink("f", dir, "link").unwrap();
    for entry in all(dir, 4096) {
        if entry.name == ".." {
            continue;
        }
        let told = stat(dir, 0, &entry.name).unwrap();
        assert_eq!((entry.ino, entry.filetype), (told.ino, told.filetype), "{}", entry.name);
    }
}

fn a_listing_goes_on_at_any_cookie(dir: Fd) {
    for number in 0..10 {
        touch(dir, &format!("f{}", number));
    }
    let found = all(dir, 4096);
    for (index, entry) in found.iter().enumerate() {
        let rest = readdir(dir, 4096, entry.next).unwrap();
        assert_eq!(rest, found[index + 1..], "behind {}", entry.name);
    }
    assert_eq!(readdir(dir, 4096, 0).unwrap(), found);
}

fn a_small_buffer_is_filled_to_its_end(dir: Fd) {
    touch(dir, "name");
    let whole = readdir_bytes(dir, 4096, 0).unwrap();
    for length in 1..whole.len() {
        assert_eq!(readdir_bytes(dir, length, 0).unwrap(), whole[..length]);
    }
    assert_eq!(readdir_bytes(dir, whole.len() + 1, 0).unwrap(), whole);
}

fn a_cut_entry_is_read_with_a_larger_buffer(dir: Fd) {
    touch(dir, &"n".repeat(100));
    assert_eq!(readdir_bytes(dir, 30, 0).unwrap().len(), 30);
    assert_eq!(names(&all(dir, 24 + 100)), [".", "..", &"n".repeat(100)]);
}

fn no_buffer_tells_nothing(dir: Fd) {
    assert_eq!(readdir_bytes(dir, 0, 0).unwrap(), b"");
}

fn what_is_made_meanwhile(dir: Fd) {
    touch(dir, "a");
    let first = readdir(dir, 4096, 0).unwrap();
    touch(dir, "b");
    assert_eq!(names(&first), [".", "..", "a"]);
    assert_eq!(names(&readdir(dir, 4096, 0).unwrap()), [".", "..", "a", "b"]);
}

fn what_is_removed_meanwhile(dir: Fd) {
    for number in 0..50 {
        touch(dir, &format!("f{}", number));
    }
    // A recursive removal reads a few entries, and removes them before it asks for the next.
    let (mut cookie, mut removed) = (0, 0);
    loop {
        let found = readdir(dir, 200, cookie).unwrap();
        let last = match found.last() {
            Some(last) => last.next,
            None => break,
        };
        for entry in found.iter().filter(|entry| !entry.name.starts_with('.')) {
            unlink(dir, &entry.name).unwrap();
            removed += 1;
        }
        cookie = last;
    }
    assert_eq!(removed, 50);
    assert_eq!(names(&readdir(dir, 4096, 0).unwrap()), [".", ".."]);
}

fn a_folder_of_many_files(dir: Fd) {
    for number in 0..500 {
        touch(dir, &format!("file-{:03}", number));
    }
    for buffer in [100, 1000, 65536] {
        let found = all(dir, buffer);
        let mut found = names(&found);
        assert_eq!(found.len(), 502);
        found.dedup();
        assert_eq!(found.len(), 502);
    }
}

fn the_volume_is_listed(_: Fd) {
    let found = all(ROOT, 4096);
    assert!(names(&found).contains(&"the_volume_is_listed"));
    let up = found.iter().find(|entry| entry.name == "..").unwrap();
    assert_eq!(up.ino, filestat(ROOT).unwrap().ino); // Nothing of what is above it.
}

fn the_end_stays_the_end(dir: Fd) {
    let last = all(dir, 4096).last().unwrap().next;
    assert_eq!(readdir(dir, 4096, last).unwrap(), []);
    assert_eq!(readdir(dir, 4096, last).unwrap(), []);
}
