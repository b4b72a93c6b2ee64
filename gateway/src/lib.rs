//! Malipo.
