//! Malipo.
fn main() {}
