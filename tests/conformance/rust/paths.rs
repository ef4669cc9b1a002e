//! Tests how paths are read, and that none leads out of its volume.

mod preview1;
use preview1::*;

tests!(
    dots_and_slashes_that_change_nothing,
    no_path_leads_out,
    an_absolute_path_is_none,
    an_empty_path_names_nothing,
    a_nul_ends_nothing,
    a_slash_behind_a_file_is_an_error,
    a_folder_on_the_way_must_be_one,
    a_folder_is_made_once,
    a_folder_is_made_where_there_is_one,
    only_an_empty_folder_is_removed,
    a_file_is_no_folder_to_remove,
    a_folder_may_be_removed_with_a_slash,
    a_folder_is_not_unlinked,
    a_slash_behind_what_is_unlinked,
    the_volume_itself_stays,
    a_file_is_renamed,
    a_rename_replaces_a_file,
    a_folder_is_renamed,
    a_rename_replaces_an_empty_folder_only,
    a_rename_mixes_no_files_and_folders,
    a_rename_into_itself_fails,
    a_rename_of_nothing_fails,
    a_rename_with_slashes,
    a_rename_between_folders,
    a_rename_to_itself_changes_nothing,
    what_a_path_names_is_told,
    times_are_set_by_path,
);

fn dots_and_slashes_that_change_nothing(dir: Fd) {
    let sub = folder(dir, "sub");
    close(file(sub, "f", b"text")).unwrap();
    for path in ["sub/f", "sub//f", "./sub/./f", "sub/../sub/f", "././sub///./f"] {
        assert_eq!(content(dir, path), b"text", "{}", path);
    }
    assert_eq!(stat(dir, 0, "sub/").unwrap().filetype, T_DIRECTORY);
    assert_eq!(stat(dir, 0, "sub/..").unwrap().ino, filestat(dir).unwrap().ino);
}

fn no_path_leads_out(dir: Fd) {
    let sub = folder(dir, "sub");
    for path in ["..", "../", "./..", "../sub", "../../etc/passwd", "x/../../f"] {
        let allowed = &[NOTCAPABLE, PERM, NOENT];
        fails(open(sub, path, 0, FD_READ), allowed);
        fails(stat(sub, 0, path), allowed);
    }
    fails(mkdir(sub, "../new"), &[NOTCAPABLE, PERM]);
    fails(rename(dir, "sub", sub, "../new"), &[NOTCAPABLE, PERM]);
    fails(open(sub, "../new", CREAT, READ_WRITE), &[NOTCAPABLE, PERM]);
    fails(stat(ROOT, 0, ".."), &[NOTCAPABLE, PERM]);
    assert!(!exists(dir, "new"));
}

fn an_absolute_path_is_none(dir: Fd) {
    touch(dir, "f");
    let allowed = &[NOTCAPABLE, PERM];
    for path in ["/", "/f", "//f", "/etc/passwd"] {
        fails(open(dir, path, 0, FD_READ), allowed);
        fails(stat(dir, 0, path), allowed);
    }
    fails(mkdir(dir, "/d"), allowed);
    fails(unlink(dir, "/f"), allowed);
}

fn an_empty_path_names_nothing(dir: Fd) {
    touch(dir, "f");
    fails(open(dir, "", 0, FD_READ), &[NOENT]);
    fails(stat(dir, 0, ""), &[NOENT]);
    fails(mkdir(dir, ""), &[NOENT]);
    fails(unlink(dir, ""), &[NOENT]);
    fails(rmdir(dir, ""), &[NOENT]);
    fails(rename(dir, "f", dir, ""), &[NOENT]);
    fails(symlink("f", dir, ""), &[NOENT]);
}

fn a_nul_ends_nothing(dir: Fd) {
    touch(dir, "f");
    fails(open(dir, "f\0", 0, FD_READ), &[INVAL, 25]); // ILSEQ
    fails(open(dir, "f\0g", 0, FD_READ), &[INVAL, 25]);
    fails(mkdir(dir, "d\0"), &[INVAL, 25]);
    assert!(!exists(dir, "d"));
}

fn a_slash_behind_a_file_is_an_error(dir: Fd) {
    touch(dir, "f");
    fails(open(dir, "f/", 0, FD_READ), &[NOTDIR]);
    fails(stat(dir, 0, "f/"), &[NOTDIR]);
    fails(open(dir, "f/.", 0, FD_READ), &[NOTDIR]);
    fails(open(dir, "f/..", 0, FD_READ), &[NOTDIR]);
}

fn a_folder_on_the_way_must_be_one(dir: Fd) {
    touch(dir, "f");
    fails(mkdir(dir, "f/d"), &[NOTDIR]);
    fails(stat(dir, 0, "f/d"), &[NOTDIR]);
    fails(unlink(dir, "f/d"), &[NOTDIR]);
    fails(rename(dir, "f", dir, "f/g"), &[NOTDIR]);
}

fn a_folder_is_made_once(dir: Fd) {
    mkdir(dir, "d").unwrap();
    fails(mkdir(dir, "d"), &[EXIST]);
    touch(dir, "f");
    fails(mkdir(dir, "f"), &[EXIST]);
    symlink("nowhere", dir, "link").unwrap();
    fails(mkdir(dir, "link"), &[EXIST]);
    fails(mkdir(dir, "."), &[EXIST]);
}

fn a_folder_is_made_where_there_is_one(dir: Fd) {
    fails(mkdir(dir, "a/b"), &[NOENT]);
    mkdir(dir, "a").unwrap();
    mkdir(dir, "a/b/").unwrap();
    assert_eq!(stat(dir, 0, "a/b").unwrap().filetype, T_DIRECTORY);
}

fn only_an_empty_folder_is_removed(dir: Fd) {
    let sub = folder(dir, "sub");
    touch(sub, "f");
    fails(rmdir(dir, "sub"), &[NOTEMPTY]);
    unlink(sub, "f").unwrap();
    rmdir(dir, "sub").unwrap();
    fails(rmdir(dir, "sub"), &[NOENT]);
}

fn a_file_is_no_folder_to_remove(dir: Fd) {
    touch(dir, "f");
    mkdir(dir, "d").unwrap();
    symlink("d", dir, "link").unwrap();
    fails(rmdir(dir, "f"), &[NOTDIR]);
    fails(rmdir(dir, "f/"), &[NOTDIR]);
    fails(rmdir(dir, "link"), &[NOTDIR]);
    fails(rmdir(dir, "link/"), &[NOTDIR]);
    assert!(exists(dir, "f") && exists(dir, "d"));
}

fn a_folder_may_be_removed_with_a_slash(dir: Fd) {
    mkdir(dir, "d").unwrap();
    rmdir(dir, "d/").unwrap();
    assert!(!exists(dir, "d"));
    fails(rmdir(dir, "d/"), &[NOENT]);
}

fn a_folder_is_not_unlinked(dir: Fd) {
    mkdir(dir, "d").unwrap();
    fails(unlink(dir, "d"), &[ISDIR, PERM]);
    fails(unlink(dir, "d/"), &[ISDIR, PERM]);
    fails(unlink(dir, "."), &[ISDIR, PERM]);
    assert!(exists(dir, "d"));
}

fn a_slash_behind_what_is_unlinked(dir: Fd) {
    touch(dir, "f");
    fails(unlink(dir, "f/"), &[NOTDIR]);
    fails(unlink(dir, "none/"), &[NOENT]);
    fails(unlink(dir, "none"), &[NOENT]);
    unlink(dir, "f").unwrap();
}

fn the_volume_itself_stays(_: Fd) {
    fails(rmdir(ROOT, "."), &[INVAL, BUSY, NOTEMPTY]);
    fails(rename(ROOT, ".", ROOT, "x"), &[BUSY, INVAL]);
    assert!(exists(ROOT, "."));
}

fn a_file_is_renamed(dir: Fd) {
    let fd = file(dir, "a", b"text");
    rename(dir, "a", dir, "b").unwrap();
    fails(stat(dir, 0, "a"), &[NOENT]);
    assert_eq!(content(dir, "b"), b"text");
    assert_eq!(pread(fd, 9, 0).unwrap(), b"text");
}

fn a_rename_replaces_a_file(dir: Fd) {
    close(file(dir, "a", b"of a")).unwrap();
    let old = file(dir, "b", b"of b");
    rename(dir, "a", dir, "b").unwrap();
    assert_eq!(content(dir, "b"), b"of a");
    assert_eq!(pread(old, 9, 0).unwrap(), b"of b");
    assert_eq!(filestat(old).unwrap().nlink, 0);
}

fn a_folder_is_renamed(dir: Fd) {
    let sub = folder(dir, "a");
    touch(sub, "f");
    rename(dir, "a", dir, "b").unwrap();
    assert!(exists(dir, "b/f") && !exists(dir, "a"));
    touch(sub, "g");
    assert!(exists(dir, "b/g"));
}

fn a_rename_replaces_an_empty_folder_only(dir: Fd) {
    mkdir(dir, "a").unwrap();
    mkdir(dir, "b").unwrap();
    let full = folder(dir, "full");
    touch(full, "f");
    fails(rename(dir, "a", dir, "full"), &[NOTEMPTY, EXIST]);
    rename(dir, "full", dir, "b").unwrap();
    assert!(exists(dir, "b/f"));
}

fn a_rename_mixes_no_files_and_folders(dir: Fd) {
    touch(dir, "f");
    mkdir(dir, "d").unwrap();
    fails(rename(dir, "f", dir, "d"), &[ISDIR]);
    fails(rename(dir, "d", dir, "f"), &[NOTDIR]);
    assert_eq!(stat(dir, 0, "f").unwrap().filetype, T_REGULAR);
    assert_eq!(stat(dir, 0, "d").unwrap().filetype, T_DIRECTORY);
}

fn a_rename_into_itself_fails(dir: Fd) {
    mkdir(dir, "d").unwrap();
    fails(rename(dir, "d", dir, "d/e"), &[INVAL]);
}

fn a_rename_of_nothing_fails(dir: Fd) {
    fails(rename(dir, "none", dir, "new"), &[NOENT]);
    touch(dir, "f");
    fails(rename(dir, "f", dir, "none/f"), &[NOENT]);
    assert!(exists(dir, "f"));
}

fn a_rename_with_slashes(dir: Fd) {
    mkdir(dir, "d").unwrap();
    rename(dir, "d/", dir, "e").unwrap();
    rename(dir, "e", dir, "g/").unwrap();
    rename(dir, "g/", dir, "h/").unwrap();
    assert!(exists(dir, "h"));
    touch(dir, "f");
    fails(rename(dir, "f/", dir, "x"), &[NOTDIR]);
    fails(rename(dir, "f", dir, "x/"), &[NOTDIR, NOENT]);
    assert!(exists(dir, "f"));
}

fn a_rename_between_folders(dir: Fd) {
    let (a, b) = (folder(dir, "a"), folder(dir, "b"));
    touch(a, "f");
    rename(a, "f", b, "g").unwrap();
    assert!(exists(b, "g") && !exists(a, "f"));
}

fn a_rename_to_itself_changes_nothing(dir: Fd) {
    close(file(dir, "f", b"text")).unwrap();
    link(dir, 0, "f", dir, "same").unwrap();
    rename(dir, "f", dir, "f").unwrap();
    rename(dir, "f", dir, "same").unwrap(); // Two names of one file: POSIX leaves both.
    assert_eq!(content(dir, "f"), b"text");
    assert_eq!(content(dir, "same"), b"text");
}

fn what_a_path_names_is_told(dir: Fd) {
    let fd = file(dir, "f", b"text");
    let told = stat(dir, 0, "f").unwrap();
    assert_eq!(told, filestat(fd).unwrap());
    assert_eq!((told.filetype, told.size, told.nlink), (T_REGULAR, 4, 1));
    assert_eq!(told.dev, filestat(dir).unwrap().dev);
    mkdir(dir, "d").unwrap();
    assert_eq!(stat(dir, 0, "d").unwrap().filetype, T_DIRECTORY);
    fails(stat(dir, 0, "none"), &[NOENT]);
    fails(stat(dir, 2, "f"), &[INVAL]);
}

fn times_are_set_by_path(dir: Fd) {
    touch(dir, "f");
    path_set_times(dir, 0, "f", (1_500_000_001, 2_500_000_002), ATIM | MTIM).unwrap();
    let told = stat(dir, 0, "f").unwrap();
    assert_eq!((told.atim, told.mtim), (1_500_000_001, 2_500_000_002));
    path_set_times(dir, 0, "f", (5, 7), MTIM).unwrap();
    let told = stat(dir, 0, "f").unwrap();
    assert_eq!((told.atim, told.mtim), (1_500_000_001, 7));
    let before = clock_time(REALTIME).unwrap();
    path_set_times(dir, 0, "f", (5, 7), ATIM_NOW).unwrap();
    let told = stat(dir, 0, "f").unwrap();
    assert_eq!(told.mtim, 7);
    assert!(told.atim > before - 1_000_000_000 && told.atim < before + 60_000_000_000);
    for flags in [ATIM | ATIM_NOW, MTIM | MTIM_NOW, 16] {
        fails(path_set_times(dir, 0, "f", (1, 1), flags), &[INVAL]);
    }
    fails(path_set_times(dir, 0, "none", (1, 1), ATIM), &[NOENT]);
    symlink("f", dir, "link").unwrap();
    path_set_times(dir, 0, "link", (9, 9), ATIM | MTIM).unwrap();
    assert_eq!(stat(dir, 0, "link").unwrap().mtim, 9);
    assert_eq!(stat(dir, 0, "f").unwrap().mtim, 7);
    path_set_times(dir, FOLLOW, "link", (9, 8), MTIM).unwrap();
    assert_eq!(stat(dir, 0, "f").unwrap().mtim, 8);
}
