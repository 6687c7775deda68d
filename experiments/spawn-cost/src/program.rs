//! A program that does nothing and doesn't even load a C library: the least that a process can run.

use std::ffi::{CStr, CString};
use std::io;

/// A program that exits with 0 at once.
#[derive(Debug)]
pub struct Tiny {
    path: CString,
    #[cfg(target_os = "linux")]
    _file: std::fs::File,
}

impl Tiny {
    /// The program's path, by which it can be executed as long as this value lives.
    pub fn path(&self) -> &CStr {
        &self.path
    }

    /// Writes the program into a file in memory. The file has no name, so it's gone with this process. Its path leads through
    /// the open files of the process that uses the path, and a child has the same file open. Source: memfd_create(2), proc(5).
    #[cfg(target_os = "linux")]
    pub fn new() -> io::Result<Self> {
        use std::fs::File;
        use std::io::Write;
        use std::os::fd::AsRawFd;

        use rustix::fs::{MemfdFlags, memfd_create};

        if CODE.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "no machine code for this processor is known",
            ));
        }
        let named = |flags| memfd_create("tiny", flags);
        // A kernel before 6.3 doesn't know the flag EXEC, and lets every such file be executed.
        let file = named(MemfdFlags::CLOEXEC | MemfdFlags::EXEC)
            .or_else(|_| named(MemfdFlags::CLOEXEC))?;
        let mut file = File::from(file);
        file.write_all(&elf())?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        Ok(Self {
            path: CString::new(path).expect("the path contains no NUL"),
            _file: file,
        })
    }

    /// On other systems every program needs the system's library. This is the smallest that there is.
    #[cfg(not(target_os = "linux"))]
    pub fn new() -> io::Result<Self> {
        let _ = elf;
        Ok(Self { path: CString::from(c"/usr/bin/true") })
    }
}

/// The machine code for 64-bit ARM.
#[cfg(target_arch = "aarch64")]
const CODE: &[u8] = &[
    0xa8, 0x0b, 0x80, 0xd2, // mov x8, 93   the number of `exit`
    0x00, 0x00, 0x80, 0xd2, // mov x0, 0    its argument, 0
    0x01, 0x00, 0x00, 0xd4, // svc 0
];
/// No machine code is known for other processors.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const CODE: &[u8] = &[];

/// The number of this processor in an executable file. Source: elf(5), `e_machine`.
const MACHINE: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };

// ANCHOR: image
/// The machine code: the system call `exit`, with a 0. Source: syscall(2).
#[cfg(target_arch = "x86_64")]
const CODE: &[u8] = &[
    0xb8, 60, 0, 0, 0, // mov eax, 60   the number of `exit`
    0x31, 0xff, //        xor edi, edi  its argument, 0
    0x0f, 0x05, //        syscall
];

/// An executable file: header, one segment to load, code. Source: elf(5).
fn elf() -> Vec<u8> {
    const ADDRESS: u64 = 0x40_0000; // where the file goes in memory
    const HEADERS: u64 = 64 + 56; // the two below, and the code follows
    let size = HEADERS + CODE.len() as u64;
    let mut file = Vec::new();
    file.extend(b"\x7fELF\x02\x01\x01"); // magic; 64 bits, little endian, version 1
    file.extend([0; 9]); // for any system
    file.extend(2_u16.to_le_bytes()); // an executable file
    file.extend(MACHINE.to_le_bytes()); // for this processor
    file.extend(1_u32.to_le_bytes()); // version 1 again
    file.extend((ADDRESS + HEADERS).to_le_bytes()); // where it starts
    file.extend(64_u64.to_le_bytes()); // where the list of segments begins
    file.extend([0; 8 + 4]); // no sections, no flags
    // The sizes of this header and of a segment's entry; 1 segment, 0 sections.
    file.extend([64, 56, 1, 0, 0, 0].map(u16::to_le_bytes).concat());

    file.extend(1_u32.to_le_bytes()); // the segment: to be loaded
    file.extend(5_u32.to_le_bytes()); // for reading and executing
    file.extend(0_u64.to_le_bytes()); // from the beginning of the file
    file.extend([ADDRESS, ADDRESS].map(u64::to_le_bytes).concat()); // to there
    file.extend([size, size].map(u64::to_le_bytes).concat()); // all of it
    file.extend(0x1_0000_u64.to_le_bytes()); // aligned for pages of up to 64 KiB
    file.extend(CODE);
    file
}
// ANCHOR_END: image
