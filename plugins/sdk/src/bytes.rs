//! Little-endian bytes, written and read, for the contexts that are not JSON.
//! Knows no context in particular; trusts no length that it reads.

/// Collects bytes.
#[derive(Debug)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// A number of things that follow.
    pub(crate) fn length(&mut self, length: usize) {
        self.u32(u32::try_from(length).expect("what fits 32 bits of memory is counted by 32 bits"));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// What is left to read.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("it ends too early")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    pub(crate) fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.take(4)?.try_into().expect("four bytes were taken");
        Ok(u32::from_le_bytes(bytes))
    }

    /// A number of things that follow, of which each takes at least `size` bytes: a lie must not allocate.
    pub(crate) fn length(&mut self, size: usize) -> Result<usize, String> {
        let length = self.u32()? as usize;
        match length.checked_mul(size) {
            Some(bytes) if bytes <= self.0.len() => Ok(length),
            _ => Err("it ends too early".into()),
        }
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), String> {
        match self.0.len() {
            0 => Ok(()),
            more => Err(format!("{more} bytes follow its end")),
        }
    }
}
