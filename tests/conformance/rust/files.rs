//! Tests an open file: its bytes, position, size and times.

mod preview1;
use preview1::*;

tests!(
    a_position_goes_on_with_reads_and_writes,
    seek_counts_from_all_three,
    seek_to_before_the_beginning_fails,
    seek_behind_the_end_makes_a_hole,
    positioned_calls_leave_the_position,
    positioned_calls_at_odd_places,
    buffers_are_filled_and_written_in_order,
    reads_and_writes_of_nothing,
    two_opens_have_two_positions,
    a_size_is_set,
    a_size_beyond_all_is_refused,
    allocate_makes_room_and_takes_none_away,
    allocate_of_nothing_is_refused,
    advise_takes_every_advice,
    sync_and_datasync_work,
    times_are_set_and_left,
    times_now_are_now,
    times_that_contradict_are_refused,
    a_write_changes_the_time,
    metadata_is_told,
    a_large_write_may_be_taken_in_part,
);

fn a_position_goes_on_with_reads_and_writes(dir: Fd) {
    let fd = file(dir, "f", b"0123456789");
    assert_eq!(tell(fd), Ok(10));
    seek(fd, 0, SET).unwrap();
    assert_eq!(read(fd, 4).unwrap(), b"0123");
    assert_eq!(tell(fd), Ok(4));
    write(fd, b"ab").unwrap();
    assert_eq!(tell(fd), Ok(6));
    assert_eq!(read(fd, 99).unwrap(), b"6789");
    assert_eq!(read(fd, 99).unwrap(), b"");
    assert_eq!(content(dir, "f"), b"0123ab6789");
}

fn seek_counts_from_all_three(dir: Fd) {
    let fd = file(dir, "f", b"0123456789");
    assert_eq!(seek(fd, 3, SET), Ok(3));
    assert_eq!(seek(fd, 2, CUR), Ok(5));
    assert_eq!(seek(fd, -4, CUR), Ok(1));
    assert_eq!(seek(fd, -2, END), Ok(8));
    assert_eq!(read(fd, 9).unwrap(), b"89");
    assert_eq!(seek(fd, 0, CUR), Ok(10));
    assert_eq!(seek(fd, 0, END), Ok(10));
    fails(seek(fd, 0, 3), &[INVAL]);
    assert_eq!(tell(fd), Ok(10));
}

fn seek_to_before_the_beginning_fails(dir: Fd) {
    let fd = file(dir, "f", b"0123");
    fails(seek(fd, -1, SET), &[INVAL]);
    fails(seek(fd, -5, CUR), &[INVAL]);
    fails(seek(fd, -5, END), &[INVAL]);
    fails(seek(fd, i64::MIN, CUR), &[INVAL]);
    fails(seek(fd, i64::MAX, CUR), &[INVAL, 61]); // OVERFLOW
    assert_eq!(tell(fd), Ok(4));
}

fn seek_behind_the_end_makes_a_hole(dir: Fd) {
    let fd = file(dir, "f", b"ab");
    assert_eq!(seek(fd, 5, SET), Ok(5));
    assert_eq!(read(fd, 9).unwrap(), b"");
    assert_eq!(filestat(fd).unwrap().size, 2);
    write(fd, b"z").unwrap();
    assert_eq!(content(dir, "f"), b"ab\0\0\0z");
}

fn positioned_calls_leave_the_position(dir: Fd) {
    let fd = file(dir, "f", b"0123456789");
    seek(fd, 1, SET).unwrap();
    assert_eq!(pread(fd, 3, 5).unwrap(), b"567");
    assert_eq!(pwrite(fd, b"xy", 8), Ok(2));
    assert_eq!(tell(fd), Ok(1));
    assert_eq!(read(fd, 99).unwrap(), b"1234567xy");
}

fn positioned_calls_at_odd_places(dir: Fd) {
    let fd = file(dir, "f", b"ab");
    assert_eq!(pread(fd, 9, 2).unwrap(), b"");
    assert_eq!(pread(fd, 9, 1 << 40).unwrap(), b"");
    fails(pread(fd, 9, u64::MAX), &[INVAL]);
    fails(pwrite(fd, b"x", u64::MAX), &[INVAL]);
    assert_eq!(pwrite(fd, b"x", 4), Ok(1));
    assert_eq!(content(dir, "f"), b"ab\0\0x");
}

fn buffers_are_filled_and_written_in_order(dir: Fd) {
    let fd = file(dir, "f", b"");
    assert_eq!(write_two(fd, b"one", b"two"), Ok(6));
    assert_eq!(write_two(fd, b"", b"!"), Ok(1));
    seek(fd, 0, SET).unwrap();
    let (a, b, count) = read_two(fd, 4, 9).unwrap();
    assert_eq!((&a[..], &b[..3], count), (&b"onet"[..], &b"wo!"[..], 7));
}

fn reads_and_writes_of_nothing(dir: Fd) {
    let fd = file(dir, "f", b"ab");
    assert_eq!(write(fd, b""), Ok(0));
    assert_eq!(pwrite(fd, b"", 9), Ok(0));
    assert_eq!(read(fd, 0).unwrap(), b"");
    assert_eq!(filestat(fd).unwrap().size, 2);
}

fn two_opens_have_two_positions(dir: Fd) {
    let a = file(dir, "f", b"0123");
    let b = open(dir, "f", 0, READ_WRITE).unwrap();
    assert_eq!((tell(a), tell(b)), (Ok(4), Ok(0)));
    assert_eq!(read(b, 2).unwrap(), b"01");
    assert_eq!(tell(a), Ok(4));
}

fn a_size_is_set(dir: Fd) {
    let fd = file(dir, "f", b"0123456789");
    set_size(fd, 4).unwrap();
    assert_eq!(content(dir, "f"), b"0123");
    assert_eq!(tell(fd), Ok(10));
    set_size(fd, 6).unwrap();
    assert_eq!(content(dir, "f"), b"0123\0\0");
    set_size(fd, 0).unwrap();
    assert_eq!(filestat(fd).unwrap().size, 0);
}

fn a_size_beyond_all_is_refused(dir: Fd) {
    let fd = file(dir, "f", b"ab");
    fails(set_size(fd, u64::MAX), &[INVAL, 22]); // FBIG
    assert_eq!(filestat(fd).unwrap().size, 2);
}

fn allocate_makes_room_and_takes_none_away(dir: Fd) {
    let fd = file(dir, "f", b"0123");
    // A file system that can't allocate must say so and change nothing.
    match allocate(fd, 2, 8) {
        Ok(()) => assert_eq!(content(dir, "f"), b"0123\0\0\0\0\0\0"),
        Err(errno) => return assert_eq!(errno, NOTSUP),
    }
    allocate(fd, 0, 4).unwrap();
    assert_eq!(filestat(fd).unwrap().size, 10);
    allocate(fd, 10, 100).unwrap();
    assert_eq!(filestat(fd).unwrap().size, 110);
}

fn allocate_of_nothing_is_refused(dir: Fd) {
    let fd = file(dir, "f", b"ab");
    fails(allocate(fd, 0, 0), &[INVAL]);
    fails(allocate(fd, u64::MAX, 1), &[INVAL, 22]);
    fails(allocate(fd, 0, u64::MAX), &[INVAL, 22]);
    assert_eq!(filestat(fd).unwrap().size, 2);
}

fn advise_takes_every_advice(dir: Fd) {
    let fd = file(dir, "f", b"0123456789");
    for advice in 0..6 {
        advise(fd, 0, 10, advice).unwrap();
        advise(fd, 5, 0, advice).unwrap();
        advise(fd, 100, 100, advice).unwrap();
    }
    fails(advise(fd, 0, 10, 6), &[INVAL]);
    fails(advise(fd, 0, 10, 255), &[INVAL]);
    assert_eq!(content(dir, "f"), b"0123456789");
}

fn sync_and_datasync_work(dir: Fd) {
    let fd = file(dir, "f", b"text");
    sync(fd).unwrap();
    datasync(fd).unwrap();
    sync(dir).unwrap();
    sync(ROOT).unwrap();
}

fn times_are_set_and_left(dir: Fd) {
    let fd = file(dir, "f", b"");
    set_times(fd, 1_000_000_001, 2_000_000_003, ATIM | MTIM).unwrap();
    let told = filestat(fd).unwrap();
    assert_eq!((told.atim, told.mtim), (1_000_000_001, 2_000_000_003));
    set_times(fd, 5, 7, ATIM).unwrap();
    assert_eq!((filestat(fd).unwrap().atim, filestat(fd).unwrap().mtim), (5, 2_000_000_003));
    set_times(fd, 8, 9, 0).unwrap();
    assert_eq!((filestat(fd).unwrap().atim, filestat(fd).unwrap().mtim), (5, 2_000_000_003));
    set_times(dir, 6, 6, MTIM).unwrap();
    assert_eq!(filestat(dir).unwrap().mtim, 6);
}

fn times_now_are_now(dir: Fd) {
    let fd = file(dir, "f", b"");
    set_times(fd, 0, 0, ATIM | MTIM).unwrap();
    let before = clock_time(REALTIME).unwrap();
    set_times(fd, 1, 1, ATIM_NOW | MTIM_NOW).unwrap();
    let told = filestat(fd).unwrap();
    // The kernel's clock for files may be a tick behind the other one.
    assert!(told.atim > before - 1_000_000_000 && told.atim < before + 60_000_000_000);
    assert_eq!(told.atim, told.mtim);
}

fn times_that_contradict_are_refused(dir: Fd) {
    let fd = file(dir, "f", b"");
    let before = filestat(fd).unwrap();
    for flags in [ATIM | ATIM_NOW, MTIM | MTIM_NOW, ATIM | ATIM_NOW | MTIM, 16] {
        fails(set_times(fd, 1, 1, flags), &[INVAL]);
    }
    assert_eq!(filestat(fd).unwrap(), before);
}

fn a_write_changes_the_time(dir: Fd) {
    let fd = file(dir, "f", b"");
    set_times(fd, 1, 1, ATIM | MTIM).unwrap();
    write(fd, b"x").unwrap();
    assert!(filestat(fd).unwrap().mtim > 1_000_000_000);
}

fn metadata_is_told(dir: Fd) {
    let fd = file(dir, "f", b"12345");
    let told = filestat(fd).unwrap();
    assert_eq!((told.filetype, told.nlink, told.size), (T_REGULAR, 1, 5));
    assert!(told.ino != 0 && told.mtim > 1_000_000_000 && told.ctim > 1_000_000_000);
    let other = filestat(file(dir, "g", b"")).unwrap();
    assert_eq!(other.dev, told.dev);
    assert_ne!(other.ino, told.ino);
    assert_eq!(filestat(dir).unwrap().filetype, T_DIRECTORY);
    let stat = fdstat(fd).unwrap();
    assert_eq!((stat.filetype, stat.flags), (T_REGULAR, 0));
}

fn a_large_write_may_be_taken_in_part(dir: Fd) {
    let bytes: Vec<u8> = (0..9_000_000u32).map(|i| (i >> 8) as u8).collect();
    let fd = file(dir, "f", b"");
    let mut written = 0;
    while written < bytes.len() {
        let count = write(fd, &bytes[written..]).unwrap();
        assert!(count > 0);
        written += count;
    }
    assert_eq!(filestat(fd).unwrap().size, bytes.len() as u64);
    seek(fd, 0, SET).unwrap();
    let mut got = Vec::new();
    loop {
        let piece = read(fd, bytes.len()).unwrap();
        if piece.is_empty() {
            break;
        }
        got.extend(piece);
    }
    assert!(got == bytes);
}
