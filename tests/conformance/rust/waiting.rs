//! Tests clocks, waiting, randomness and sockets; stdin is what the caller of a test gives.

mod preview1;
use preview1::*;

tests!(
    clocks_tell_their_time,
    unknown_clocks_are_refused,
    a_relative_time_is_waited_for,
    an_absolute_time_is_waited_for,
    a_time_of_zero_is_over_at_once,
    the_shortest_of_several_times_ends_the_wait,
    waiting_for_nothing_is_an_error,
    files_and_outputs_are_ready,
    a_file_tells_what_can_be_read,
    what_can_not_be_waited_for_is_told_in_its_event,
    userdata_comes_back,
    stdin_at_its_end_is_ready,
    yielding_comes_back,
    random_bytes_differ,
    no_random_bytes_are_no_error,
    many_random_bytes,
    nothing_here_is_a_socket,
    stdio_has_its_rights,
    stdio_has_no_position,
    stdio_can_be_closed_and_moved,
);

const MS: u64 = 1_000_000;

fn after(userdata: u64, ns: u64) -> Subscription {
    Subscription { userdata, id: MONOTONIC, timeout: ns, ..Default::default() }
}
fn readable(userdata: u64, fd: Fd) -> Subscription {
    Subscription { userdata, kind: 1, id: fd, ..Default::default() }
}
fn writable(userdata: u64, fd: Fd) -> Subscription {
    Subscription { userdata, kind: 2, id: fd, ..Default::default() }
}

fn clocks_tell_their_time(_: Fd) {
    for clock in 0..4 {
        assert!(clock_res(clock).unwrap() > 0);
        let first = clock_time(clock).unwrap();
        assert!(clock_time(clock).unwrap() >= first || clock == REALTIME);
    }
    assert!(clock_time(REALTIME).unwrap() > 1_600_000_000_000_000_000);
    let (began, used) = (clock_time(MONOTONIC).unwrap(), clock_time(2).unwrap());
    while clock_time(MONOTONIC).unwrap() == began {}
    assert!(clock_time(2).unwrap() >= used);
}

fn unknown_clocks_are_refused(_: Fd) {
    for clock in [4, 99, u32::MAX] {
        fails(clock_time(clock), &[INVAL, BADF]);
        fails(clock_res(clock), &[INVAL, BADF]);
    }
}

fn a_relative_time_is_waited_for(_: Fd) {
    for clock in [REALTIME, MONOTONIC] {
        let began = clock_time(MONOTONIC).unwrap();
        let events = poll(&[Subscription { id: clock, ..after(7, 20 * MS) }]).unwrap();
        assert_eq!(events, [Event { userdata: 7, ..Default::default() }]);
        assert!(clock_time(MONOTONIC).unwrap() - began >= 20 * MS);
    }
}

fn an_absolute_time_is_waited_for(_: Fd) {
    for clock in [REALTIME, MONOTONIC] {
        let until = clock_time(clock).unwrap() + 20 * MS;
        let events = poll(&[Subscription { id: clock, flags: ABSOLUTE, ..after(7, until) }]);
        assert_eq!(events.unwrap().len(), 1);
        assert!(clock_time(clock).unwrap() >= until);
        // The same time, which has passed now.
        let events = poll(&[Subscription { id: clock, flags: ABSOLUTE, ..after(8, until) }]);
        assert_eq!(events.unwrap()[0].userdata, 8);
    }
}

fn a_time_of_zero_is_over_at_once(_: Fd) {
    let events = poll(&[after(1, 0), after(2, 0)]).unwrap();
    assert_eq!(events.iter().map(|event| event.userdata).collect::<Vec<_>>(), [1, 2]);
    let long_ago = Subscription { flags: ABSOLUTE, ..after(3, 0) };
    assert_eq!(poll(&[long_ago, after(4, 1 << 60)]).unwrap().len(), 1);
}

fn the_shortest_of_several_times_ends_the_wait(_: Fd) {
    let events = poll(&[after(1, 3_600_000 * MS), after(2, 10 * MS), after(3, u64::MAX)]).unwrap();
    assert_eq!(events, [Event { userdata: 2, ..Default::default() }]);
}

fn waiting_for_nothing_is_an_error(_: Fd) {
    fails(poll(&[]), &[INVAL]);
    fails(poll(&[Subscription { kind: 3, ..Default::default() }]), &[INVAL]);
}

fn files_and_outputs_are_ready(dir: Fd) {
    let fd = file(dir, "f", b"text");
    let events = poll(&[writable(1, 1), writable(2, 2), writable(3, fd), readable(4, fd),
                        after(5, 3_600_000 * MS)]).unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.userdata, event.kind)).collect();
    assert_eq!(told, [(1, 2), (2, 2), (3, 2), (4, 1)]);
    assert!(events.iter().all(|event| event.error == 0));
}

fn a_file_tells_what_can_be_read(dir: Fd) {
    let fd = file(dir, "f", b"0123456789");
    seek(fd, 4, SET).unwrap();
    assert_eq!(poll(&[readable(1, fd)]).unwrap()[0].nbytes, 6);
    seek(fd, 99, SET).unwrap();
    assert_eq!(poll(&[readable(1, fd)]).unwrap()[0].nbytes, 0);
}

fn what_can_not_be_waited_for_is_told_in_its_event(dir: Fd) {
    let events = poll(&[readable(1, NO_FD), writable(2, NO_FD), readable(3, dir), writable(4, 0),
                        Subscription { id: 9, ..after(5, 1) }]).unwrap();
    assert_eq!(events.iter().map(|event| event.userdata).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    for event in &events {
        assert_ne!(event.error, 0, "{:?}", event);
    }
    assert_eq!((events[0].error, events[1].error), (BADF, BADF));
    assert_eq!(events[4].error, INVAL);
}

fn userdata_comes_back(_: Fd) {
    for userdata in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
        assert_eq!(poll(&[after(userdata, 0)]).unwrap()[0].userdata, userdata);
    }
}

fn stdin_at_its_end_is_ready(_: Fd) {
    let mut got = Vec::new();
    loop {
        let event = poll(&[readable(1, 0), after(2, 3_600_000 * MS)]).unwrap()[0];
        assert_eq!((event.userdata, event.kind, event.error), (1, 1, 0));
        let piece = read(0, 100).unwrap();
        if piece.is_empty() {
            assert_eq!((event.nbytes, event.flags), (0, 1)); // The hangup.
            break;
        }
        assert!(event.nbytes > 0);
        got.extend(piece);
    }
    assert!(got.is_empty() || got == b"some input");
}

fn yielding_comes_back(_: Fd) {
    for _ in 0..10 {
        sched_yield().unwrap();
    }
}

fn random_bytes_differ(_: Fd) {
    let (mut a, mut b) = ([0; 32], [0; 32]);
    random(&mut a).unwrap();
    random(&mut b).unwrap();
    assert_ne!(a, b);
    assert_ne!(a, [0; 32]);
}

fn no_random_bytes_are_no_error(_: Fd) {
    random(&mut []).unwrap();
}

fn many_random_bytes(_: Fd) {
    let mut bytes = vec![0; 100_000];
    random(&mut bytes).unwrap();
    for value in 0..=255u8 {
        assert!(bytes.contains(&value));
    }
    assert!(bytes[99_000..].iter().any(|&byte| byte != 0));
}

fn nothing_here_is_a_socket(dir: Fd) {
    for fd in [0, 1, 2, ROOT, file(dir, "f", b"")] {
        for errno in [accept(fd).unwrap_err(), receive(fd).unwrap_err(), send(fd).unwrap_err(),
                      shutdown(fd, 1).unwrap_err()] {
            assert_eq!(errno, NOTSOCK);
        }
    }
    fails(accept(NO_FD), &[BADF]);
    fails(receive(NO_FD), &[BADF]);
    fails(send(NO_FD), &[BADF]);
    fails(shutdown(NO_FD, 3), &[BADF]);
}

fn stdio_has_its_rights(_: Fd) {
    assert_ne!(fdstat(0).unwrap().rights_base & FD_READ, 0);
    assert_eq!(fdstat(0).unwrap().rights_base & FD_WRITE, 0);
    for fd in [1, 2] {
        let stat = fdstat(fd).unwrap();
        assert_eq!(stat.rights_base & (FD_READ | FD_WRITE), FD_WRITE);
        assert_ne!(stat.filetype, T_CHARACTER_DEVICE); // No terminal in any of these tests.
        fails(read(fd, 1), &[BADF, NOTCAPABLE]);
    }
    fails(write(0, b"x"), &[BADF, NOTCAPABLE]);
}

fn stdio_has_no_position(_: Fd) {
    for fd in 0..3 {
        fails(seek(fd, 0, CUR), &[SPIPE, NOTCAPABLE]);
        fails(tell(fd), &[SPIPE, NOTCAPABLE]);
        fails(set_size(fd, 0), &[BADF, INVAL, NOTCAPABLE]);
        assert!(filestat(fd).is_ok());
    }
    fails(pread(0, 1, 0), &[SPIPE, NOTCAPABLE]);
    fails(pwrite(2, b"x", 0), &[SPIPE, NOTCAPABLE]);
}

fn stdio_can_be_closed_and_moved(dir: Fd) {
    let fd = file(dir, "f", b"");
    renumber(fd, 2).unwrap();
    assert_eq!(write(2, b"complaint"), Ok(9));
    assert_eq!(content(dir, "f"), b"complaint");
    close(0).unwrap();
    fails(read(0, 1), &[BADF]);
    assert_eq!(open(dir, "f", 0, FD_READ), Ok(0));
    assert_eq!(read(0, 9).unwrap(), b"complaint");
}
