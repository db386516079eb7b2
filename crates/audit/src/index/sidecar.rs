//! The index of one file of the trail: a file of blocks beside it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::PathBuf;

use super::block::{Block, MAGIC, first_checksum};
use crate::file::TrailFile;
use crate::line::chain_before;

/// Ends the names of the index's files.
const INDEX_END: &str = "idx";

/// The whole blocks of a file of the index, and what they take of it.
pub(super) struct Blocks<'a> {
    pub(super) each: Vec<Block<'a>>,
    /// What the next one goes on from.
    pub(super) checksum: u32,
    /// Bytes of the index's file; 0 when it has to be begun.
    pub(super) bytes: usize,
}

/// Where the index of this file of the trail is.
pub(super) fn path_of(file: &TrailFile) -> PathBuf {
    file.path.with_extension(INDEX_END)
}

/// Reads the index of this file of the trail in place of what is in `bytes`. One that cannot be read is none.
pub(super) fn read(file: &TrailFile, bytes: &mut Vec<u8>) {
    bytes.clear();
    if File::open(path_of(file)).and_then(|mut index| index.read_to_end(bytes)).is_err() {
        bytes.clear();
    }
}

impl<'a> Blocks<'a> {
    /// The blocks up to the first that is damaged or unfinished; none at all when they are of another trail: the chain's
    /// value at the end of the last covers everything that they tell of.
    pub(super) fn of(index: &'a [u8], trail: &File) -> io::Result<Blocks<'a>> {
        let mut blocks = Blocks { each: Vec::new(), checksum: first_checksum(), bytes: 0 };
        let Some(mut rest) = index.strip_prefix(MAGIC) else { return Ok(blocks) };
        while let Some(block) = Block::take(&mut rest, blocks.checksum) {
            blocks.checksum = block.checksum;
            blocks.each.push(block);
        }
        let Some(last) = blocks.each.last() else { return Ok(blocks) };
        if chain_before(trail, last.end)?.is_none_or(|chain| chain.text() != *last.chain) {
            return Ok(Blocks { each: Vec::new(), checksum: first_checksum(), bytes: 0 });
        }
        blocks.bytes = index.len() - rest.len();
        Ok(blocks)
    }

    /// Up to where the file of the trail is indexed.
    pub(super) fn end(&self) -> u64 {
        self.each.last().map_or(0, |block| block.end)
    }
}

/// Takes away what is indexed of files that are not there any more.
pub(super) fn clear_orphans(directory: &std::path::Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|end| end == INDEX_END) && !path.with_extension("jsonl").exists() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
