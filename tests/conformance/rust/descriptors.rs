//! Tests descriptors themselves: their numbers, rights and flags, and the errno of one that doesn't
//! exist.

mod preview1;
use preview1::*;

tests!(
    the_volume_is_the_first_descriptor_behind_stdio,
    its_name_needs_room,
    what_was_opened_has_no_name,
    a_closed_descriptor_is_gone,
    a_closed_volume_is_gone,
    the_lowest_free_number_is_taken,
    renumber_moves_a_descriptor,
    renumber_replaces_the_volume,
    renumber_needs_both,
    renumber_to_itself_changes_nothing,
    rights_are_given_up_and_never_gained,
    rights_that_were_given_up_are_missed,
    a_folders_rights_bound_those_of_what_it_opens,
    append_is_set_and_cleared,
    sync_flags_stay_as_they_were_opened,
    unknown_flags_are_refused,
    a_removed_file_lives_while_it_is_open,
    a_removed_folder_is_empty,
    nothing_works_on_no_descriptor,
    a_file_is_no_folder,
    a_folder_is_no_file,
);

fn the_volume_is_the_first_descriptor_behind_stdio(_: Fd) {
    let [kind, length] = prestat(ROOT).unwrap();
    assert_eq!(kind & 0xff, 0);
    assert!(prestat_name(ROOT, length as usize).unwrap().starts_with('/'));
    for fd in 0..3 {
        fails(prestat(fd), &[BADF]);
    }
    let stat = fdstat(ROOT).unwrap();
    assert_eq!(stat.filetype, T_DIRECTORY);
    assert_ne!(stat.rights_base & PATH_OPEN, 0);
    assert_ne!(stat.rights_inheriting & READ_WRITE, 0);
}

fn its_name_needs_room(_: Fd) {
    let length = prestat(ROOT).unwrap()[1] as usize;
    fails(prestat_name(ROOT, length - 1), &[NAMETOOLONG, INVAL]);
    assert!(prestat_name(ROOT, length + 9).is_ok());
    fails(prestat_name(NO_FD, 8), &[BADF]);
}

fn what_was_opened_has_no_name(dir: Fd) {
    fails(prestat(dir), &[BADF]);
    fails(prestat_name(dir, 100), &[BADF]);
}

fn a_closed_descriptor_is_gone(dir: Fd) {
    let fd = file(dir, "f", b"");
    close(fd).unwrap();
    fails(close(fd), &[BADF]);
    fails(write(fd, b"x"), &[BADF]);
    fails(fdstat(fd), &[BADF]);
}

fn a_closed_volume_is_gone(_: Fd) {
    close(ROOT).unwrap();
    fails(close(ROOT), &[BADF]);
    fails(prestat(ROOT), &[BADF]);
    fails(mkdir(ROOT, "x"), &[BADF]);
}

fn the_lowest_free_number_is_taken(dir: Fd) {
    let (a, b) = (file(dir, "a", b""), file(dir, "b", b""));
    assert_ne!(a, b);
    close(a).unwrap();
    assert_eq!(file(dir, "c", b""), a);
}

fn renumber_moves_a_descriptor(dir: Fd) {
    let (a, b) = (file(dir, "a", b"of a"), file(dir, "b", b"of b"));
    let before = filestat(a).unwrap();
    renumber(a, b).unwrap();
    assert_eq!(filestat(b).unwrap().ino, before.ino);
    fails(fdstat(a), &[BADF]);
    assert_eq!(tell(b), Ok(4));
    assert_eq!(pread(b, 9, 0).unwrap(), b"of a");
}

fn renumber_replaces_the_volume(dir: Fd) {
    let other = folder(dir, "other");
    touch(other, "within");
    renumber(other, ROOT).unwrap();
    assert!(exists(ROOT, "within"));
    fails(prestat(ROOT), &[BADF]);
    fails(fdstat(other), &[BADF]);
}

fn renumber_needs_both(dir: Fd) {
    let fd = file(dir, "f", b"");
    fails(renumber(fd, NO_FD), &[BADF]);
    fails(renumber(NO_FD, fd), &[BADF]);
    assert!(fdstat(fd).is_ok());
}

fn renumber_to_itself_changes_nothing(dir: Fd) {
    let fd = file(dir, "f", b"text");
    renumber(fd, fd).unwrap();
    assert_eq!(pread(fd, 9, 0).unwrap(), b"text");
}

fn rights_are_given_up_and_never_gained(dir: Fd) {
    let fd = file(dir, "f", b"");
    let all = fdstat(fd).unwrap();
    let fewer = all.rights_base & !FD_WRITE;
    set_rights(fd, fewer, 0).unwrap();
    let now = fdstat(fd).unwrap();
    assert_eq!((now.rights_base, now.rights_inheriting), (fewer, 0));
    fails(set_rights(fd, all.rights_base, 0), &[NOTCAPABLE]);
    fails(set_rights(fd, fewer, FD_READ), &[NOTCAPABLE]);
    assert_eq!(fdstat(fd).unwrap().rights_base, fewer);
    fails(set_rights(NO_FD, 0, 0), &[BADF]);
}

fn rights_that_were_given_up_are_missed(dir: Fd) {
    let fd = file(dir, "f", b"text");
    set_rights(fd, FD_READ, 0).unwrap();
    fails(write(fd, b"x"), &[BADF, NOTCAPABLE]);
    fails(filestat(fd), &[NOTCAPABLE]);
    fails(set_size(fd, 0), &[NOTCAPABLE]);
    fails(sync(fd), &[NOTCAPABLE]);
    assert_eq!(read(fd, 9).unwrap(), b"");
    set_rights(dir, PATH_OPEN, FD_READ).unwrap();
    fails(mkdir(dir, "x"), &[NOTCAPABLE]);
    fails(stat(dir, 0, "f"), &[NOTCAPABLE]);
    assert!(open(dir, "f", 0, FD_READ).is_ok());
}

fn a_folders_rights_bound_those_of_what_it_opens(dir: Fd) {
    touch(dir, "f");
    let base = fdstat(dir).unwrap().rights_base;
    set_rights(dir, base, FD_READ | FD_FILESTAT_GET).unwrap();
    match open_as(dir, 0, "f", 0, (READ_WRITE, 0), 0) {
        Ok(fd) => {
            assert_eq!(fdstat(fd).unwrap().rights_base & FD_WRITE, 0);
            fails(write(fd, b"x"), &[BADF, NOTCAPABLE]);
        }
        Err(errno) => assert_eq!(errno, NOTCAPABLE),
    }
}

fn append_is_set_and_cleared(dir: Fd) {
    let fd = file(dir, "f", b"0123");
    set_flags(fd, APPEND).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, APPEND);
    seek(fd, 0, SET).unwrap();
    write(fd, b"45").unwrap();
    assert_eq!(content(dir, "f"), b"012345");
    set_flags(fd, 0).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, 0);
    seek(fd, 0, SET).unwrap();
    write(fd, b"ab").unwrap();
    assert_eq!(content(dir, "f"), b"ab2345");
}

fn sync_flags_stay_as_they_were_opened(dir: Fd) {
    let fd = open_as(dir, 0, "f", CREAT, (EVERYTHING & !FD_READDIR, 0), DSYNC | NONBLOCK).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, DSYNC | NONBLOCK);
    set_flags(fd, DSYNC).unwrap();
    assert_eq!(fdstat(fd).unwrap().flags, DSYNC);
    // A flag either takes effect or is refused; it is never only reported.
    for flags in [0, SYNC, RSYNC | DSYNC] {
        match set_flags(fd, flags) {
            Ok(()) => assert_eq!(fdstat(fd).unwrap().flags, flags),
            Err(errno) => {
                assert_eq!(errno, NOTSUP);
                assert_eq!(fdstat(fd).unwrap().flags, DSYNC);
            }
        }
    }
}

fn unknown_flags_are_refused(dir: Fd) {
    let fd = file(dir, "f", b"");
    fails(set_flags(fd, 32), &[INVAL]);
    fails(set_flags(NO_FD, 0), &[BADF]);
    assert_eq!(fdstat(fd).unwrap().flags, 0);
}

fn a_removed_file_lives_while_it_is_open(dir: Fd) {
    let fd = file(dir, "f", b"text");
    unlink(dir, "f").unwrap();
    assert!(!exists(dir, "f"));
    assert_eq!(filestat(fd).unwrap().nlink, 0);
    assert_eq!(pread(fd, 9, 0).unwrap(), b"text");
    write(fd, b"more").unwrap();
    assert_eq!(filestat(fd).unwrap().size, 8);
}

fn a_removed_folder_is_empty(dir: Fd) {
    let gone = folder(dir, "gone");
    rmdir(dir, "gone").unwrap();
    fails(open(gone, "f", CREAT, READ_WRITE), &[NOENT]);
    fails(mkdir(gone, "d"), &[NOENT]);
    assert_eq!(filestat(gone).unwrap().filetype, T_DIRECTORY);
    assert!(readdir(gone, 4096, 0).map_or(true, |found| found.is_empty()));
}

fn nothing_works_on_no_descriptor(dir: Fd) {
    fails(advise(NO_FD, 0, 0, 0), &[BADF]);
    fails(allocate(NO_FD, 0, 1), &[BADF]);
    fails(datasync(NO_FD), &[BADF]);
    fails(sync(NO_FD), &[BADF]);
    fails(filestat(NO_FD), &[BADF]);
    fails(set_size(NO_FD, 0), &[BADF]);
    fails(set_times(NO_FD, 0, 0, 0), &[BADF]);
    fails(read(NO_FD, 1), &[BADF]);
    fails(pread(NO_FD, 1, 0), &[BADF]);
    fails(pwrite(NO_FD, b"x", 0), &[BADF]);
    fails(readdir(NO_FD, 64, 0), &[BADF]);
    fails(seek(NO_FD, 0, SET), &[BADF]);
    fails(tell(NO_FD), &[BADF]);
    fails(open(NO_FD, "f", 0, FD_READ), &[BADF]);
    fails(stat(NO_FD, 0, "f"), &[BADF]);
    fails(path_set_times(NO_FD, 0, "f", (0, 0), 0), &[BADF]);
    fails(link(NO_FD, 0, "f", dir, "g"), &[BADF]);
    fails(rename(NO_FD, "f", dir, "g"), &[BADF]);
    fails(symlink("f", NO_FD, "g"), &[BADF]);
    fails(readlink(NO_FD, "f", 8), &[BADF]);
    fails(unlink(NO_FD, "f"), &[BADF]);
    fails(rmdir(NO_FD, "f"), &[BADF]);
}

fn a_file_is_no_folder(dir: Fd) {
    let fd = file(dir, "f", b"");
    fails(open(fd, "x", CREAT, READ_WRITE), &[NOTDIR]);
    fails(mkdir(fd, "x"), &[NOTDIR]);
    fails(stat(fd, 0, "x"), &[NOTDIR]);
    fails(rename(fd, "x", dir, "y"), &[NOTDIR]);
    fails(unlink(fd, "x"), &[NOTDIR]);
    fails(readdir(fd, 64, 0), &[NOTDIR, BADF, NOTCAPABLE]);
}

fn a_folder_is_no_file(dir: Fd) {
    fails(read(dir, 1), &[ISDIR, BADF, NOTCAPABLE]);
    fails(write(dir, b"x"), &[ISDIR, BADF, NOTCAPABLE]);
    fails(pread(dir, 1, 0), &[ISDIR, BADF, NOTCAPABLE]);
    fails(pwrite(dir, b"x", 0), &[ISDIR, BADF, NOTCAPABLE]);
    fails(seek(dir, 0, CUR), &[BADF, NOTCAPABLE]);
    fails(seek(dir, 0, SET), &[BADF, NOTCAPABLE]);
    fails(tell(dir), &[BADF, NOTCAPABLE]);
    fails(allocate(dir, 0, 1), &[BADF, NOTCAPABLE]);
    fails(advise(dir, 0, 0, 0), &[BADF, NOTCAPABLE]);
    fails(set_size(dir, 0), &[BADF, NOTCAPABLE]);
    fails(open(dir, ".", 0, READ_WRITE), &[ISDIR]);
    assert!(sync(dir).is_ok());
}
