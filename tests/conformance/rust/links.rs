//! Tests hard and symbolic links.

mod preview1;
use preview1::*;

tests!(
    a_hard_link_is_a_second_name,
    a_hard_link_replaces_nothing,
    a_hard_link_to_a_folder_is_refused,
    a_hard_link_with_slashes,
    a_hard_link_to_a_symbolic_link,
    a_hard_link_to_what_a_link_leads_to,
    a_hard_link_into_another_folder,
    a_link_says_what_was_written,
    a_short_buffer_takes_the_beginning,
    what_is_no_link_is_not_read_as_one,
    a_link_is_followed_to_a_file,
    a_link_is_followed_to_a_folder,
    a_link_that_leads_nowhere,
    a_link_to_itself_is_never_followed,
    a_link_that_is_not_to_be_followed,
    a_link_replaces_nothing,
    a_link_is_unlinked_itself,
    a_link_is_renamed_itself,
    a_link_with_slashes,
    a_links_own_metadata,
    no_link_leads_out,
);

fn a_hard_link_is_a_second_name(dir: Fd) {
    close(file(dir, "a", b"text")).unwrap();
    link(dir, 0, "a", dir, "b").unwrap();
    let (a, b) = (stat(dir, 0, "a").unwrap(), stat(dir, 0, "b").unwrap());
    assert_eq!((a.dev, a.ino, a.nlink), (b.dev, b.ino, 2));
    write(open(dir, "b", 0, READ_WRITE).unwrap(), b"TEXT").unwrap();
    assert_eq!(content(dir, "a"), b"TEXT");
    unlink(dir, "a").unwrap();
    assert_eq!(content(dir, "b"), b"TEXT");
    assert_eq!(stat(dir, 0, "b").unwrap().nlink, 1);
}

fn a_hard_link_replaces_nothing(dir: Fd) {
    touch(dir, "a");
    touch(dir, "b");
    mkdir(dir, "d").unwrap();
    symlink("nowhere", dir, "link").unwrap();
    for there in ["a", "b", "d", "link", "."] {
        fails(link(dir, 0, "a", dir, there), &[EXIST]);
    }
    fails(link(dir, 0, "none", dir, "new"), &[NOENT]);
    fails(link(dir, 0, "a", dir, "none/new"), &[NOENT]);
    fails(link(dir, 2, "a", dir, "new"), &[INVAL]);
    assert!(!exists(dir, "new"));
}

fn a_hard_link_to_a_folder_is_refused(dir: Fd) {
    mkdir(dir, "d").unwrap();
    fails(link(dir, 0, "d", dir, "new"), &[PERM, ACCES]);
    fails(link(dir, 0, "d/", dir, "new"), &[PERM, ACCES]);
}

fn a_hard_link_with_slashes(dir: Fd) {
    touch(dir, "f");
    fails(link(dir, 0, "f/", dir, "new"), &[NOTDIR]);
    fails(link(dir, 0, "f", dir, "new/"), &[NOENT, NOTDIR]);
    assert!(!exists(dir, "new"));
}

fn a_hard_link_to_a_symbolic_link(dir: Fd) {
    touch(dir, "f");
    symlink("f", dir, "soft").unwrap();
    symlink("nowhere", dir, "dangling").unwrap();
    link(dir, 0, "soft", dir, "new").unwrap();
    assert_eq!(stat(dir, 0, "new").unwrap().filetype, T_SYMLINK);
    assert_eq!(stat(dir, 0, "new").unwrap().ino, stat(dir, 0, "soft").unwrap().ino);
    link(dir, 0, "dangling", dir, "newer").unwrap();
    assert_eq!(readlink(dir, "newer", 99).unwrap(), "nowhere");
}

fn a_hard_link_to_what_a_link_leads_to(dir: Fd) {
    let sub = folder(dir, "sub");
    close(file(dir, "f", b"text")).unwrap();
    symlink("../f", sub, "first").unwrap();
    symlink("sub/first", dir, "second").unwrap();
    link(dir, FOLLOW, "second", sub, "hard").unwrap();
    assert_eq!(stat(sub, 0, "hard").unwrap().ino, stat(dir, 0, "f").unwrap().ino);
    symlink("nowhere", dir, "dangling").unwrap();
    fails(link(dir, FOLLOW, "dangling", dir, "new"), &[NOENT]);
    symlink("round", dir, "round").unwrap();
    fails(link(dir, FOLLOW, "round", dir, "new"), &[LOOP]);
    symlink("../../out", dir, "out").unwrap();
    fails(link(dir, FOLLOW, "out", dir, "new"), &[NOTCAPABLE, PERM, NOENT]);
}

fn a_hard_link_into_another_folder(dir: Fd) {
    let sub = folder(dir, "sub");
    touch(dir, "f");
    link(dir, 0, "f", sub, "g").unwrap();
    assert_eq!(stat(sub, 0, "g").unwrap().ino, stat(dir, 0, "f").unwrap().ino);
}

fn a_link_says_what_was_written(dir: Fd) {
    for target in ["f", "a/../b//c", "nowhere", "h\u{e9}", "../x"] {
        symlink(target, dir, "link").unwrap();
        assert_eq!(readlink(dir, "link", 99).unwrap(), target);
        assert_eq!(stat(dir, 0, "link").unwrap().size, target.len() as u64);
        unlink(dir, "link").unwrap();
    }
}

fn a_short_buffer_takes_the_beginning(dir: Fd) {
    symlink("target", dir, "link").unwrap();
    assert_eq!(readlink(dir, "link", 6).unwrap(), "target");
    assert_eq!(readlink(dir, "link", 3).unwrap(), "tar");
    assert_eq!(readlink(dir, "link", 0).unwrap(), "");
}

fn what_is_no_link_is_not_read_as_one(dir: Fd) {
    touch(dir, "f");
    mkdir(dir, "d").unwrap();
    fails(readlink(dir, "f", 9), &[INVAL]);
    fails(readlink(dir, "d", 9), &[INVAL]);
    fails(readlink(dir, "none", 9), &[NOENT]);
}

fn a_link_is_followed_to_a_file(dir: Fd) {
    close(file(dir, "f", b"text")).unwrap();
    symlink("f", dir, "link").unwrap();
    let fd = open_as(dir, FOLLOW, "link", 0, (READ_WRITE, 0), 0).unwrap();
    assert_eq!(filestat(fd).unwrap().ino, stat(dir, 0, "f").unwrap().ino);
    write(fd, b"TEXT").unwrap();
    assert_eq!(content(dir, "f"), b"TEXT");
    let told = stat(dir, FOLLOW, "link").unwrap();
    assert_eq!((told.filetype, told.size), (T_REGULAR, 4));
}

fn a_link_is_followed_to_a_folder(dir: Fd) {
    let sub = folder(dir, "sub");
    touch(sub, "f");
    symlink("sub", dir, "link").unwrap();
    symlink("link", dir, "second").unwrap();
    // A link in the middle of a path is always followed; the last component if that is asked for.
    assert!(exists(dir, "second/f"));
    let fd = open_as(dir, FOLLOW, "link", DIRECTORY, (FD_READDIR, 0), 0).unwrap();
    assert_eq!(filestat(fd).unwrap().ino, filestat(sub).unwrap().ino);
    fails(open_as(dir, 0, "link", DIRECTORY, (FD_READDIR, 0), 0), &[LOOP, NOTDIR]);
    mkdir(dir, "link/new").unwrap();
    assert!(exists(sub, "new"));
}

fn a_link_that_leads_nowhere(dir: Fd) {
    symlink("nowhere", dir, "link").unwrap();
    fails(open_as(dir, FOLLOW, "link", 0, (FD_READ, 0), 0), &[NOENT]);
    fails(open_as(dir, 0, "link", 0, (FD_READ, 0), 0), &[LOOP]);
    fails(open_as(dir, FOLLOW, "link", DIRECTORY, (FD_READDIR, 0), 0), &[NOENT]);
    fails(stat(dir, FOLLOW, "link"), &[NOENT]);
    assert!(stat(dir, 0, "link").is_ok());
    let fd = open_as(dir, FOLLOW, "link", CREAT, (READ_WRITE, 0), 0).unwrap();
    write(fd, b"made").unwrap();
    assert_eq!(content(dir, "nowhere"), b"made");
}

fn a_link_to_itself_is_never_followed(dir: Fd) {
    symlink("link", dir, "link").unwrap();
    symlink("b", dir, "a").unwrap();
    symlink("a", dir, "b").unwrap();
    for name in ["link", "a", "b"] {
        fails(open_as(dir, FOLLOW, name, 0, (FD_READ, 0), 0), &[LOOP]);
        fails(stat(dir, FOLLOW, name), &[LOOP]);
        fails(stat(dir, 0, &format!("{}/x", name)), &[LOOP]);
        assert_eq!(stat(dir, 0, name).unwrap().filetype, T_SYMLINK);
    }
}

fn a_link_that_is_not_to_be_followed(dir: Fd) {
    touch(dir, "f");
    mkdir(dir, "d").unwrap();
    symlink("f", dir, "to_file").unwrap();
    symlink("d", dir, "to_folder").unwrap();
    fails(open_as(dir, 0, "to_file", 0, (FD_READ, 0), 0), &[LOOP]);
    fails(open_as(dir, 0, "to_file", DIRECTORY, (FD_READDIR, 0), 0), &[LOOP, NOTDIR]);
    fails(open_as(dir, 0, "to_folder", 0, (FD_READ, 0), 0), &[LOOP]);
    fails(open_as(dir, 0, "to_folder", DIRECTORY, (FD_READDIR, 0), 0), &[LOOP, NOTDIR]);
    fails(open_as(dir, 0, "to_file", TRUNC, (READ_WRITE, 0), 0), &[LOOP]);
}

fn a_link_replaces_nothing(dir: Fd) {
    touch(dir, "f");
    mkdir(dir, "d").unwrap();
    symlink("x", dir, "link").unwrap();
    for there in ["f", "d", "link", ".", "f/"] {
        fails(symlink("y", dir, there), &[EXIST, NOTDIR]);
    }
    fails(symlink("y", dir, "none/link"), &[NOENT]);
    fails(symlink("", dir, "new"), &[NOENT, INVAL]);
    assert_eq!(readlink(dir, "link", 9).unwrap(), "x");
}

fn a_link_is_unlinked_itself(dir: Fd) {
    touch(dir, "f");
    symlink("f", dir, "link").unwrap();
    unlink(dir, "link").unwrap();
    assert!(exists(dir, "f") && !exists(dir, "link"));
}

fn a_link_is_renamed_itself(dir: Fd) {
    close(file(dir, "f", b"text")).unwrap();
    symlink("f", dir, "link").unwrap();
    rename(dir, "link", dir, "new").unwrap();
    assert_eq!(readlink(dir, "new", 9).unwrap(), "f");
    rename(dir, "f", dir, "new").unwrap();
    assert_eq!(stat(dir, 0, "new").unwrap().filetype, T_REGULAR);
}

fn a_link_with_slashes(dir: Fd) {
    fails(symlink("x", dir, "new/"), &[NOENT, NOTDIR]);
    mkdir(dir, "d").unwrap();
    fails(symlink("x", dir, "d/"), &[EXIST]);
    touch(dir, "f");
    fails(symlink("x", dir, "f/"), &[EXIST, NOTDIR]);
    symlink("f", dir, "link").unwrap();
    fails(open_as(dir, FOLLOW, "link/", 0, (FD_READ, 0), 0), &[NOTDIR]);
    fails(unlink(dir, "link/"), &[NOTDIR]);
    assert!(exists(dir, "link"));
}

fn a_links_own_metadata(dir: Fd) {
    close(file(dir, "f", b"four")).unwrap();
    symlink("f", dir, "link").unwrap();
    let (own, of_file) = (stat(dir, 0, "link").unwrap(), stat(dir, FOLLOW, "link").unwrap());
    assert_eq!((own.filetype, own.size), (T_SYMLINK, 1));
    assert_eq!((of_file.filetype, of_file.size), (T_REGULAR, 4));
    assert_ne!(own.ino, of_file.ino);
    assert!(own.mtim > 0 && own.ctim > 0);
}

fn no_link_leads_out(dir: Fd) {
    let sub = folder(dir, "sub");
    touch(dir, "secret");
    // The host may refuse to make such a link, but if it makes it, the guest mustn't see its
    // target.
    for (name, target) in [("a", "/etc/passwd"), ("b", "../../../etc/passwd"), ("c", "../secret")] {
        if let Err(errno) = symlink(target, sub, name) {
            assert!([NOTCAPABLE, PERM].contains(&errno));
            continue;
        }
        // Beneath the volume "../secret" is fine, beneath `sub` alone it isn't.
        fails(open_as(sub, FOLLOW, name, 0, (FD_READ, 0), 0), &[NOTCAPABLE, PERM, NOENT]);
        fails(stat(sub, FOLLOW, name), &[NOTCAPABLE, PERM, NOENT]);
    }
    assert!(open_as(dir, FOLLOW, "sub/c", 0, (FD_READ, 0), 0).is_ok());
}
