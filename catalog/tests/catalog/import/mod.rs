//! Lists of others: what becomes of them, and what is told of a broken one.

mod base;
mod broken;
mod formats;
mod mutations;
mod published_list;
mod stories;
mod workbook;
