//! What the kernel says of the time that threads took.

use std::collections::BTreeMap;
use std::fs;

/// Time on a processor by thread name, in nanoseconds, of the threads that live.
pub(crate) fn cpu_by_thread(process: u32) -> BTreeMap<String, u64> {
    let mut times = BTreeMap::new();
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else { return times };
    for thread in threads.flatten() {
        // A thread may end meanwhile; then it has no files, or fails to read.
        let Ok(name) = fs::read_to_string(thread.path().join("comm")) else { continue };
        let Ok(text) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
        let nanos = text.split_whitespace().next().and_then(|number| number.parse::<u64>().ok());
        *times.entry(name.trim().to_owned()).or_insert(0) += nanos.unwrap_or(0);
    }
    times
}
