//! Declares wasi_snapshot_preview1 by hand from its witx, so that no library stands between tests
//! and host.

#![allow(dead_code)] // No program calls all functions.

mod testing;
pub use testing::*;

pub type Fd = u32;
pub type Result<T> = std::result::Result<T, u16>;

pub const ACCES: u16 = 2;
pub const AGAIN: u16 = 6;
pub const BADF: u16 = 8;
pub const BUSY: u16 = 10;
pub const EXIST: u16 = 20;
pub const FAULT: u16 = 21;
pub const INVAL: u16 = 28;
pub const ISDIR: u16 = 31;
pub const LOOP: u16 = 32;
pub const NAMETOOLONG: u16 = 37;
pub const NOENT: u16 = 44;
pub const NOTDIR: u16 = 54;
pub const NOTEMPTY: u16 = 55;
pub const NOTSOCK: u16 = 57;
pub const NOTSUP: u16 = 58;
pub const PERM: u16 = 63;
pub const SPIPE: u16 = 70;
pub const NOTCAPABLE: u16 = 76;

pub const FD_READ: u64 = 1 << 1;
pub const FD_SEEK: u64 = 1 << 2;
pub const FD_WRITE: u64 = 1 << 6;
pub const FD_FILESTAT_GET: u64 = 1 << 21;
pub const FD_READDIR: u64 = 1 << 14;
pub const PATH_CREATE_FILE: u64 = 1 << 10;
pub const PATH_OPEN: u64 = 1 << 13;
pub const PATH_FILESTAT_GET: u64 = 1 << 18;
pub const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
pub const READ_WRITE: u64 = FD_READ | FD_WRITE | FD_SEEK;
pub const EVERYTHING: u64 = (1 << 29) - 1;

pub const CREAT: u16 = 1;
pub const DIRECTORY: u16 = 2;
pub const EXCL: u16 = 4;
pub const TRUNC: u16 = 8;
pub const FOLLOW: u32 = 1;
pub const APPEND: u16 = 1;
pub const DSYNC: u16 = 2;
pub const NONBLOCK: u16 = 4;
pub const RSYNC: u16 = 8;
pub const SYNC: u16 = 16;
pub const SET: u8 = 0;
pub const CUR: u8 = 1;
pub const END: u8 = 2;
pub const ATIM: u16 = 1;
pub const ATIM_NOW: u16 = 2;
pub const MTIM: u16 = 4;
pub const MTIM_NOW: u16 = 8;
pub const T_UNKNOWN: u8 = 0;
pub const T_CHARACTER_DEVICE: u8 = 2;
pub const T_DIRECTORY: u8 = 3;
pub const T_REGULAR: u8 = 4;
pub const T_SYMLINK: u8 = 7;
pub const REALTIME: u32 = 0;
pub const MONOTONIC: u32 = 1;
pub const ABSOLUTE: u16 = 1;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Fdstat {
    pub filetype: u8,
    pub flags: u16,
    pub rights_base: u64,
    pub rights_inheriting: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub nlink: u64,
    pub size: u64,
    pub atim: u64,
    pub mtim: u64,
    pub ctim: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Buffer {
    at: *const u8,
    len: usize,
}

/// A subscription to a clock or a descriptor, whose variants overlap: `id` is either.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Subscription {
    pub userdata: u64,
    pub kind: u8,
    pub pad: u32,
    pub id: u32,
    pub timeout: u64,
    pub precision: u64,
    pub flags: u16,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Event {
    pub userdata: u64,
    pub error: u16,
    pub kind: u8,
    pub nbytes: u64,
    pub flags: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub next: u64,
    pub ino: u64,
    pub filetype: u8,
    pub name: String,
}

mod host {
    use super::*;
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    extern "C" {
        pub fn clock_res_get(clock: u32, out: *mut u64) -> u16;
        pub fn clock_time_get(clock: u32, precision: u64, out: *mut u64) -> u16;
        pub fn fd_advise(fd: Fd, offset: u64, len: u64, advice: u8) -> u16;
        pub fn fd_allocate(fd: Fd, offset: u64, len: u64) -> u16;
        pub fn fd_close(fd: Fd) -> u16;
        pub fn fd_datasync(fd: Fd) -> u16;
        pub fn fd_fdstat_get(fd: Fd, out: *mut Fdstat) -> u16;
        pub fn fd_fdstat_set_flags(fd: Fd, flags: u16) -> u16;
        pub fn fd_fdstat_set_rights(fd: Fd, base: u64, inheriting: u64) -> u16;
        pub fn fd_filestat_get(fd: Fd, out: *mut Filestat) -> u16;
        pub fn fd_filestat_set_size(fd: Fd, size: u64) -> u16;
        pub fn fd_filestat_set_times(fd: Fd, atim: u64, mtim: u64, flags: u16) -> u16;
        pub fn fd_pread(fd: Fd, to: *const Buffer, n: usize, at: u64, out: *mut usize) -> u16;
        pub fn fd_prestat_dir_name(fd: Fd, out: *mut u8, len: usize) -> u16;
        pub fn fd_prestat_get(fd: Fd, out: *mut [u32; 2]) -> u16;
        pub fn fd_pwrite(fd: Fd, from: *const Buffer, n: usize, at: u64, out: *mut usize) -> u16;
        pub fn fd_read(fd: Fd, to: *const Buffer, n: usize, out: *mut usize) -> u16;
        pub fn fd_readdir(fd: Fd, to: *mut u8, len: usize, cookie: u64, out: *mut usize) -> u16;
        pub fn fd_renumber(from: Fd, to: Fd) -> u16;
        pub fn fd_seek(fd: Fd, offset: i64, whence: u8, out: *mut u64) -> u16;
        pub fn fd_sync(fd: Fd) -> u16;
        pub fn fd_tell(fd: Fd, out: *mut u64) -> u16;
        pub fn fd_write(fd: Fd, from: *const Buffer, n: usize, out: *mut usize) -> u16;
        pub fn path_create_directory(fd: Fd, path: *const u8, len: usize) -> u16;
        pub fn path_filestat_get(fd: Fd, look: u32, p: *const u8, n: usize, out: *mut Filestat) -> u16;
        pub fn path_filestat_set_times(fd: Fd, look: u32, p: *const u8, n: usize, atim: u64,
                                       mtim: u64, flags: u16) -> u16;
        pub fn path_link(fd: Fd, look: u32, p: *const u8, n: usize, new_fd: Fd, new_p: *const u8,
                         new_n: usize) -> u16;
        pub fn path_open(fd: Fd, look: u32, p: *const u8, n: usize, oflags: u16, base: u64,
                         inheriting: u64, fdflags: u16, out: *mut Fd) -> u16;
        pub fn path_readlink(fd: Fd, p: *const u8, n: usize, to: *mut u8, len: usize,
                             out: *mut usize) -> u16;
        pub fn path_remove_directory(fd: Fd, path: *const u8, len: usize) -> u16;
        pub fn path_rename(fd: Fd, p: *const u8, n: usize, new_fd: Fd, new_p: *const u8,
                           new_n: usize) -> u16;
        pub fn path_symlink(target: *const u8, target_n: usize, fd: Fd, p: *const u8,
                            n: usize) -> u16;
        pub fn path_unlink_file(fd: Fd, path: *const u8, len: usize) -> u16;
        pub fn poll_oneoff(what: *const Subscription, to: *mut Event, n: usize,
                           out: *mut usize) -> u16;
        pub fn random_get(to: *mut u8, len: usize) -> u16;
        pub fn sched_yield() -> u16;
        pub fn sock_accept(fd: Fd, flags: u16, out: *mut Fd) -> u16;
        pub fn sock_recv(fd: Fd, to: *const Buffer, n: usize, flags: u16, out: *mut usize,
                         out_flags: *mut u16) -> u16;
        pub fn sock_send(fd: Fd, from: *const Buffer, n: usize, flags: u16, out: *mut usize) -> u16;
        pub fn sock_shutdown(fd: Fd, how: u8) -> u16;
    }
}

fn done(errno: u16) -> Result<()> {
    if errno == 0 { Ok(()) } else { Err(errno) }
}

fn given<T: Default>(call: impl FnOnce(*mut T) -> u16) -> Result<T> {
    let mut out = T::default();
    done(call(&mut out))?;
    Ok(out)
}

fn buffer(bytes: &[u8]) -> Buffer {
    Buffer { at: bytes.as_ptr(), len: bytes.len() }
}

pub fn clock_res(clock: u32) -> Result<u64> {
    given(|out| unsafe { host::clock_res_get(clock, out) })
}
pub fn clock_time(clock: u32) -> Result<u64> {
    given(|out| unsafe { host::clock_time_get(clock, 1, out) })
}
pub fn advise(fd: Fd, offset: u64, len: u64, advice: u8) -> Result<()> {
    done(unsafe { host::fd_advise(fd, offset, len, advice) })
}
pub fn allocate(fd: Fd, offset: u64, len: u64) -> Result<()> {
    done(unsafe { host::fd_allocate(fd, offset, len) })
}
pub fn close(fd: Fd) -> Result<()> {
    done(unsafe { host::fd_close(fd) })
}
pub fn datasync(fd: Fd) -> Result<()> {
    done(unsafe { host::fd_datasync(fd) })
}
pub fn sync(fd: Fd) -> Result<()> {
    done(unsafe { host::fd_sync(fd) })
}
pub fn fdstat(fd: Fd) -> Result<Fdstat> {
    given(|out| unsafe { host::fd_fdstat_get(fd, out) })
}
pub fn set_flags(fd: Fd, flags: u16) -> Result<()> {
    done(unsafe { host::fd_fdstat_set_flags(fd, flags) })
}
pub fn set_rights(fd: Fd, base: u64, inheriting: u64) -> Result<()> {
    done(unsafe { host::fd_fdstat_set_rights(fd, base, inheriting) })
}
pub fn filestat(fd: Fd) -> Result<Filestat> {
    given(|out| unsafe { host::fd_filestat_get(fd, out) })
}
pub fn set_size(fd: Fd, size: u64) -> Result<()> {
    done(unsafe { host::fd_filestat_set_size(fd, size) })
}
pub fn set_times(fd: Fd, atim: u64, mtim: u64, flags: u16) -> Result<()> {
    done(unsafe { host::fd_filestat_set_times(fd, atim, mtim, flags) })
}
pub fn prestat(fd: Fd) -> Result<[u32; 2]> {
    given(|out| unsafe { host::fd_prestat_get(fd, out) })
}
pub fn prestat_name(fd: Fd, len: usize) -> Result<String> {
    let mut name = vec![0; len];
    done(unsafe { host::fd_prestat_dir_name(fd, name.as_mut_ptr(), len) })?;
    Ok(String::from_utf8(name).unwrap())
}
pub fn read(fd: Fd, len: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let to = buffer(&bytes);
    let got = given(|out| unsafe { host::fd_read(fd, &to, 1, out) })?;
    bytes.truncate(got);
    Ok(bytes)
}
/// Reads into two buffers, of `first` and `second` bytes.
pub fn read_two(fd: Fd, first: usize, second: usize) -> Result<(Vec<u8>, Vec<u8>, usize)> {
    let (a, b) = (vec![0; first], vec![0; second]);
    let to = [buffer(&a), buffer(&b)];
    let got = given(|out| unsafe { host::fd_read(fd, to.as_ptr(), 2, out) })?;
    Ok((a, b, got))
}
pub fn pread(fd: Fd, len: usize, at: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let to = buffer(&bytes);
    let got = given(|out| unsafe { host::fd_pread(fd, &to, 1, at, out) })?;
    bytes.truncate(got);
    Ok(bytes)
}
pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    given(|out| unsafe { host::fd_write(fd, &buffer(bytes), 1, out) })
}
pub fn write_two(fd: Fd, a: &[u8], b: &[u8]) -> Result<usize> {
    let from = [buffer(a), buffer(b)];
    given(|out| unsafe { host::fd_write(fd, from.as_ptr(), 2, out) })
}
pub fn pwrite(fd: Fd, bytes: &[u8], at: u64) -> Result<usize> {
    given(|out| unsafe { host::fd_pwrite(fd, &buffer(bytes), 1, at, out) })
}
/// The bytes that one call of fd_readdir puts into a buffer of `len`.
pub fn readdir_bytes(fd: Fd, len: usize, cookie: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let used =
        given(|out| unsafe { host::fd_readdir(fd, bytes.as_mut_ptr(), len, cookie, out) })?;
    bytes.truncate(used);
    Ok(bytes)
}
/// The entries that are complete in the bytes of fd_readdir.
pub fn entries(bytes: &[u8]) -> Vec<Entry> {
    const HEAD: usize = 24;
    let (mut found, mut at) = (Vec::new(), 0);
    let number = |at: usize, len: usize| {
        (0..len).rev().fold(0u64, |sum, i| sum << 8 | u64::from(bytes[at + i]))
    };
    while at + HEAD <= bytes.len() {
        let name_end = at + HEAD + number(at + 16, 4) as usize;
        if name_end > bytes.len() {
            break;
        }
        found.push(Entry {
            next: number(at, 8),
            ino: number(at + 8, 8),
            filetype: bytes[at + 20],
            name: String::from_utf8(bytes[at + HEAD..name_end].to_vec()).unwrap(),
        });
        at = name_end;
    }
    found
}
pub fn readdir(fd: Fd, len: usize, cookie: u64) -> Result<Vec<Entry>> {
    Ok(entries(&readdir_bytes(fd, len, cookie)?))
}
pub fn renumber(from: Fd, to: Fd) -> Result<()> {
    done(unsafe { host::fd_renumber(from, to) })
}
pub fn seek(fd: Fd, offset: i64, whence: u8) -> Result<u64> {
    given(|out| unsafe { host::fd_seek(fd, offset, whence, out) })
}
pub fn tell(fd: Fd) -> Result<u64> {
    given(|out| unsafe { host::fd_tell(fd, out) })
}
pub fn mkdir(fd: Fd, path: &str) -> Result<()> {
    done(unsafe { host::path_create_directory(fd, path.as_ptr(), path.len()) })
}
pub fn stat(fd: Fd, look: u32, path: &str) -> Result<Filestat> {
    given(|out| unsafe { host::path_filestat_get(fd, look, path.as_ptr(), path.len(), out) })
}
pub fn path_set_times(fd: Fd, look: u32, path: &str, times: (u64, u64), flags: u16) -> Result<()> {
    let (p, n) = (path.as_ptr(), path.len());
    done(unsafe { host::path_filestat_set_times(fd, look, p, n, times.0, times.1, flags) })
}
pub fn link(fd: Fd, look: u32, path: &str, new_fd: Fd, new: &str) -> Result<()> {
    let (p, n) = (path.as_ptr(), path.len());
    done(unsafe { host::path_link(fd, look, p, n, new_fd, new.as_ptr(), new.len()) })
}
pub fn open_as(fd: Fd, look: u32, path: &str, oflags: u16, rights: (u64, u64), fdflags: u16) -> Result<Fd> {
    let (p, n) = (path.as_ptr(), path.len());
    given(|out| unsafe {
        host::path_open(fd, look, p, n, oflags, rights.0, rights.1, fdflags, out)
    })
}
pub fn open(fd: Fd, path: &str, oflags: u16, base: u64) -> Result<Fd> {
    open_as(fd, 0, path, oflags, (base, EVERYTHING), 0)
}
pub fn readlink(fd: Fd, path: &str, len: usize) -> Result<String> {
    let mut to = vec![0; len];
    let (p, n) = (path.as_ptr(), path.len());
    let used = given(|out| unsafe { host::path_readlink(fd, p, n, to.as_mut_ptr(), len, out) })?;
    to.truncate(used);
    Ok(String::from_utf8(to).unwrap())
}
pub fn rmdir(fd: Fd, path: &str) -> Result<()> {
    done(unsafe { host::path_remove_directory(fd, path.as_ptr(), path.len()) })
}
pub fn rename(fd: Fd, path: &str, new_fd: Fd, new: &str) -> Result<()> {
    let (p, n) = (path.as_ptr(), path.len());
    done(unsafe { host::path_rename(fd, p, n, new_fd, new.as_ptr(), new.len()) })
}
pub fn symlink(target: &str, fd: Fd, path: &str) -> Result<()> {
    let (t, n) = (target.as_ptr(), target.len());
    done(unsafe { host::path_symlink(t, n, fd, path.as_ptr(), path.len()) })
}
pub fn unlink(fd: Fd, path: &str) -> Result<()> {
    done(unsafe { host::path_unlink_file(fd, path.as_ptr(), path.len()) })
}
pub fn poll(what: &[Subscription]) -> Result<Vec<Event>> {
    let mut events = vec![Event::default(); what.len()];
    let (to, n) = (events.as_mut_ptr(), what.len());
    let count = given(|out| unsafe { host::poll_oneoff(what.as_ptr(), to, n, out) })?;
    events.truncate(count);
    Ok(events)
}
pub fn random(bytes: &mut [u8]) -> Result<()> {
    done(unsafe { host::random_get(bytes.as_mut_ptr(), bytes.len()) })
}
pub fn sched_yield() -> Result<()> {
    done(unsafe { host::sched_yield() })
}
pub fn accept(fd: Fd) -> Result<Fd> {
    given(|out| unsafe { host::sock_accept(fd, 0, out) })
}
pub fn receive(fd: Fd) -> Result<usize> {
    let to = [0; 8];
    let mut flags = 0;
    given(|out| unsafe { host::sock_recv(fd, &buffer(&to), 1, 0, out, &mut flags) })
}
pub fn send(fd: Fd) -> Result<usize> {
    given(|out| unsafe { host::sock_send(fd, &buffer(b"x"), 1, 0, out) })
}
pub fn shutdown(fd: Fd, how: u8) -> Result<()> {
    done(unsafe { host::sock_shutdown(fd, how) })
}
