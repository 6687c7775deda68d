//! Pages of memory, mapped so that a fork copies them or shares them.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

/// How pages are mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Private: a fork shares the pages, and the kernel copies each when it's written.
    Private,
    /// Private, and of huge pages if the kernel has any to give.
    PrivateHuge,
    /// Shared with the children that are forked.
    Shared,
}

/// Pages of an anonymous mapping, none of which has been touched. Source: mmap(2), madvise(2).
#[derive(Debug)]
pub struct Pages {
    at: NonNull<u8>,
    count: usize,
    size: usize,
}

impl Pages {
    /// Maps this many pages, at least one.
    ///
    /// # Errors
    /// The kernel refuses the mapping, or it has no huge pages though they are asked for.
    pub fn new(count: usize, kind: Mapping) -> io::Result<Self> {
        let size = rustix::param::page_size();
        let sharing = if kind == Mapping::Shared { libc::MAP_SHARED } else { libc::MAP_PRIVATE };
        #[expect(unsafe_code, reason = "mmap is the subject")]
        // SAFETY: a new anonymous mapping overlaps nothing, and its memory is zeroed.
        let at = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            libc::mmap(std::ptr::null_mut(), count * size, access, sharing | libc::MAP_ANONYMOUS, -1, 0)
        };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let at = NonNull::new(at.cast()).ok_or_else(|| io::Error::other("the kernel mapped memory at address 0"))?;
        let pages = Self { at, count, size };
        #[cfg(target_os = "linux")]
        pages.advise(kind)?;
        Ok(pages)
    }

    /// Tells the kernel whether the pages are to be huge. Without advice the kernel decides by itself.
    #[cfg(target_os = "linux")]
    fn advise(&self, kind: Mapping) -> io::Result<()> {
        let is_huge = kind == Mapping::PrivateHuge;
        let advice = if is_huge { libc::MADV_HUGEPAGE } else { libc::MADV_NOHUGEPAGE };
        #[expect(unsafe_code, reason = "madvise is the subject")]
        // SAFETY: this advice changes how the mapping, which is ours alone, is backed, and not what it holds.
        let refused = unsafe { libc::madvise(self.at.as_ptr().cast(), self.count * self.size, advice) } != 0;
        match refused && is_huge {
            true => Err(io::Error::other(format!("no huge pages: {}", io::Error::last_os_error()))),
            // A kernel without huge pages knows no advice against them.
            false => Ok(()),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The number at the beginning of a page.
    ///
    /// # Panics
    /// There is no page of this number.
    pub fn at(&self, page: usize) -> &AtomicU64 {
        assert!(page < self.count, "there is no page {page} of {}", self.count);
        #[expect(unsafe_code, reason = "the mapping is reached through a raw pointer")]
        // SAFETY: the page is within the mapping, which lives as long as `self`; its beginning is aligned, was zero at first,
        // and is reached in no other way than as this atomic number.
        unsafe {
            self.at.add(page * self.size).cast().as_ref()
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "munmap is the subject")]
        // SAFETY: the address and the length are those that `new` mapped, and nothing borrows from `self` any more.
        unsafe {
            libc::munmap(self.at.as_ptr().cast(), self.count * self.size);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use super::*;

    #[test]
    fn each_page_begins_with_a_zero_and_keeps_what_is_written() {
        for kind in [Mapping::Private, Mapping::Shared] {
            let pages = Pages::new(3, kind).unwrap();
            assert_eq!([0, 1, 2].map(|page| pages.at(page).swap(page as u64 + 7, Relaxed)), [0; 3]);
            assert_eq!([0, 1, 2].map(|page| pages.at(page).load(Relaxed)), [7, 8, 9]);
            assert_eq!(pages.at(1).as_ptr().addr() - pages.at(0).as_ptr().addr(), rustix::param::page_size());
        }
    }
}
