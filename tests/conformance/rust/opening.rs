//! Tests path_open: on what exists and what doesn't, and which rights and flags it gives.

mod preview1;
use preview1::*;

tests!(
    what_is_not_there_is_not_opened,
    creat_makes_a_file,
    creat_opens_a_file_that_is_there,
    excl_refuses_what_is_there,
    excl_refuses_a_link_that_leads_nowhere,
    trunc_empties_a_file,
    trunc_needs_the_right_of_the_folder,
    creat_needs_the_right_of_the_folder,
    a_folder_opened_with_few_rights_is_worked_in,
    directory_refuses_a_file,
    directory_goes_not_with_creat,
    the_volume_opens_itself,
    nonblock_changes_nothing_for_files,
    a_file_opened_to_read_is_not_written,
    a_file_opened_to_write_is_not_read,
    a_file_opened_for_both_is_read_and_written,
    append_writes_at_the_end,
    every_write_is_seen_at_once,
    unknown_flags_are_refused,
    a_file_takes_no_right_of_folders,
    open_files_are_limited_and_come_back,
    a_name_may_have_255_bytes,
);

fn what_is_not_there_is_not_opened(dir: Fd) {
    fails(open(dir, "none", 0, FD_READ), &[NOENT]);
    fails(open(dir, "none/f", CREAT, READ_WRITE), &[NOENT]);
    fails(open(dir, "none", DIRECTORY, FD_READDIR), &[NOENT]);
    touch(dir, "f");
    fails(open(dir, "f/x", 0, FD_READ), &[NOTDIR]);
    fails(open(dir, "f/", 0, FD_READ), &[NOTDIR]);
}

fn creat_makes_a_file(dir: Fd) {
    let fd = open(dir, "f", CREAT, READ_WRITE).unwrap();
    let stat = filestat(fd).unwrap();
    assert_eq!((stat.filetype, stat.size, stat.nlink), (T_REGULAR, 0, 1));
    fails(open(dir, "new/", CREAT, READ_WRITE), &[ISDIR, NOENT, NOTDIR]);
}

fn creat_opens_a_file_that_is_there(dir: Fd) {
    close(file(dir, "f", b"old")).unwrap();
    let fd = open(dir, "f", CREAT, READ_WRITE).unwrap();
    assert_eq!(read(fd, 9).unwrap(), b"old");
}

fn excl_refuses_what_is_there(dir: Fd) {
    touch(dir, "f");
    mkdir(dir, "d").unwrap();
    fails(open(dir, "f", CREAT | EXCL, READ_WRITE), &[EXIST]);
    fails(open(dir, "d", CREAT | EXCL, FD_READ), &[EXIST]);
    fails(open_as(dir, FOLLOW, "f", CREAT | EXCL, (READ_WRITE, 0), 0), &[EXIST]);
}

fn excl_refuses_a_link_that_leads_nowhere(dir: Fd) {
    symlink("nowhere", dir, "link").unwrap();
    fails(open_as(dir, 0, "link", CREAT | EXCL, (READ_WRITE, 0), 0), &[EXIST]);
    fails(open_as(dir, FOLLOW, "link", CREAT | EXCL, (READ_WRITE, 0), 0), &[EXIST]);
    assert!(!exists(dir, "nowhere"));
}

fn trunc_empties_a_file(dir: Fd) {
    close(file(dir, "f", b"old")).unwrap();
    let fd = open(dir, "f", TRUNC, READ_WRITE).unwrap();
    assert_eq!(filestat(fd).unwrap().size, 0);
    write(fd, b"n").unwrap();
    assert_eq!(content(dir, "f"), b"n");
    assert_eq!(content(dir, "f"), b"n");
}

fn trunc_needs_the_right_of_the_folder(dir: Fd) {
    close(file(dir, "f", b"old")).unwrap();
    let all = fdstat(dir).unwrap();
    set_rights(dir, all.rights_base & !PATH_FILESTAT_SET_SIZE, all.rights_inheriting).unwrap();
    fails(open(dir, "f", TRUNC, READ_WRITE), &[NOTCAPABLE, PERM]);
    fails(open(dir, "n", CREAT | TRUNC, READ_WRITE), &[NOTCAPABLE, PERM]);
    assert!(!exists(dir, "n"));
    assert_eq!(content(dir, "f"), b"old");
}

fn creat_needs_the_right_of_the_folder(dir: Fd) {
    let all = fdstat(dir).unwrap();
    set_rights(dir, all.rights_base & !PATH_CREATE_FILE, all.rights_inheriting).unwrap();
    fails(open(dir, "f", CREAT, READ_WRITE), &[NOTCAPABLE, PERM]);
    assert!(!exists(dir, "f"));
}

// Go's os.Root opens its folder for listing and makes files in it.
fn a_folder_opened_with_few_rights_is_worked_in(dir: Fd) {
    mkdir(dir, "d").unwrap();
    let d = open_as(dir, FOLLOW, "d", DIRECTORY, (FD_READDIR, 0), 0).unwrap();
    let fd = open_as(d, 0, "f", CREAT | EXCL, (FD_WRITE, 0), 0).unwrap();
    write(fd, b"a").unwrap();
    let fd = open_as(d, 0, "f", 0, (FD_WRITE, 0), APPEND).unwrap();
    write(fd, b"b").unwrap();
    assert_eq!(content(d, "f"), b"ab");
    mkdir(d, "e").unwrap();
    rename(d, "f", d, "e/g").unwrap();
    unlink(d, "e/g").unwrap();
    rmdir(d, "e").unwrap();
}

fn directory_refuses_a_file(dir: Fd) {
    touch(dir, "f");
    fails(open(dir, "f", DIRECTORY, FD_READDIR), &[NOTDIR]);
    mkdir(dir, "d").unwrap();
    let fd = open(dir, "d", DIRECTORY, FD_READDIR).unwrap();
    assert_eq!(fdstat(fd).unwrap().filetype, T_DIRECTORY);
    assert!(open(dir, "d", 0, FD_READDIR).is_ok());
    assert!(open(dir, "d/", 0, FD_READDIR).is_ok());
}

fn directory_goes_not_with_creat(dir: Fd) {
    fails(open(dir, "d", DIRECTORY | CREAT, FD_READ), &[INVAL]);
    fails(open(dir, "d", DIRECTORY | CREAT | EXCL, FD_READ), &[INVAL]);
    assert!(!exists(dir, "d"));
}

fn the_volume_opens_itself(_: Fd) {
    for path in [".", "./", "./."] {
        let fd = open(ROOT, path, DIRECTORY, EVERYTHING & !FD_WRITE).unwrap();
        assert_eq!(filestat(fd).unwrap().ino, filestat(ROOT).unwrap().ino);
        close(fd).unwrap();
    }
}

fn nonblock_changes_nothing_for_files(dir: Fd) {
    let fd = open_as(dir, 0, "f", CREAT, (READ_WRITE, 0), NONBLOCK).unwrap();
    assert_eq!(write(fd, b"text"), Ok(4));
    assert_eq!(pread(fd, 9, 0).unwrap(), b"text");
    assert_eq!(read(fd, 9).unwrap(), b"");
    assert!(open_as(dir, 0, ".", 0, (0, 0), NONBLOCK).is_ok());
}

fn a_file_opened_to_read_is_not_written(dir: Fd) {
    close(file(dir, "f", b"text")).unwrap();
    let fd = open(dir, "f", 0, FD_READ).unwrap();
    assert_eq!(read(fd, 9).unwrap(), b"text");
    fails(write(fd, b"x"), &[BADF, NOTCAPABLE]);
    fails(pwrite(fd, b"x", 0), &[BADF, NOTCAPABLE]);
    fails(set_size(fd, 0), &[BADF, INVAL, NOTCAPABLE]);
    fails(allocate(fd, 0, 9), &[BADF, NOTCAPABLE]);
    assert_eq!(content(dir, "f"), b"text");
}

fn a_file_opened_to_write_is_not_read(dir: Fd) {
    let fd = open(dir, "f", CREAT, FD_WRITE).unwrap();
    assert_eq!(write(fd, b"text"), Ok(4));
    fails(read(fd, 9), &[BADF, NOTCAPABLE]);
    fails(pread(fd, 9, 0), &[BADF, NOTCAPABLE]);
}

fn a_file_opened_for_both_is_read_and_written(dir: Fd) {
    let fd = open(dir, "f", CREAT, READ_WRITE).unwrap();
    assert_eq!(write(fd, b"text"), Ok(4));
    assert_eq!(seek(fd, 0, SET), Ok(0));
    assert_eq!(read(fd, 2).unwrap(), b"te");
    assert_eq!(write(fd, b"XT"), Ok(2));
    assert_eq!(content(dir, "f"), b"teXT");
}

fn append_writes_at_the_end(dir: Fd) {
    close(file(dir, "f", b"one")).unwrap();
    let fd = open_as(dir, 0, "f", 0, (READ_WRITE, 0), APPEND).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, APPEND);
    assert_eq!(write(fd, b"two"), Ok(3));
    assert_eq!(seek(fd, 0, SET), Ok(0));
    assert_eq!(write(fd, b"three"), Ok(5));
    assert_eq!(content(dir, "f"), b"onetwothree");
}

fn every_write_is_seen_at_once(dir: Fd) {
    let fd = open(dir, "f", CREAT, READ_WRITE).unwrap();
    let other = open(dir, "f", 0, FD_READ).unwrap();
    for byte in [b"a", b"b", b"c"] {
        write(fd, byte).unwrap();
        assert_eq!(read(other, 9).unwrap(), byte);
    }
    assert_eq!(read(other, 9).unwrap(), b"");
}

fn unknown_flags_are_refused(dir: Fd) {
    fails(open(dir, "f", 16 | CREAT, READ_WRITE), &[INVAL]);
    fails(open_as(dir, 2, "f", CREAT, (READ_WRITE, 0), 0), &[INVAL]);
    fails(open_as(dir, 0, "f", CREAT, (READ_WRITE, 0), 32), &[INVAL]);
    assert!(!exists(dir, "f"));
}

fn a_file_takes_no_right_of_folders(dir: Fd) {
    let fd = open(dir, "f", CREAT, EVERYTHING).unwrap();
    let base = fdstat(fd).unwrap().rights_base;
    assert_eq!(base & (FD_READDIR | PATH_OPEN), 0);
    assert_eq!(base & READ_WRITE, READ_WRITE);
    let rights = fdstat(folder(dir, "d")).unwrap().rights_base;
    assert_eq!(rights & READ_WRITE, 0);
    assert_ne!(rights & FD_READDIR, 0);
}

fn open_files_are_limited_and_come_back(dir: Fd) {
    touch(dir, "f");
    let mut opened = Vec::new();
    let errno = loop {
        match open(dir, "f", 0, FD_READ) {
            Ok(fd) => opened.push(fd),
            Err(errno) => break errno,
        }
        assert!(opened.len() < 100_000);
    };
    assert_eq!(errno, 33); // MFILE
    assert!(opened.len() >= 100);
    close(opened.pop().unwrap()).unwrap();
    assert!(open(dir, "f", 0, FD_READ).is_ok());
}

fn a_name_may_have_255_bytes(dir: Fd) {
    touch(dir, &"n".repeat(255));
    fails(open(dir, &"n".repeat(256), CREAT, READ_WRITE), &[NAMETOOLONG]);
    fails(open(dir, &"d/".repeat(4096), CREAT, READ_WRITE), &[NAMETOOLONG]);
    touch(dir, "h\u{e9}llo \n\u{1F980}");
    assert!(exists(dir, "h\u{e9}llo \n\u{1F980}"));
}
