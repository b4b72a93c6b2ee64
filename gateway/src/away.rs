//! Work that blocks (reading many records, opening what is sealed, drawing a page of paper), away from the threads that
//! answer: one of those that waits for a disk is waited for by everybody whose connection it serves.

/// The work ended in a panic.
#[derive(Debug, thiserror::Error)]
#[error("work that was done beside the threads that answer ended early: {0}")]
pub(crate) struct EndedEarly(#[from] tokio::task::JoinError);

/// Does something on a thread that may wait. It is done to its end even if nobody waits for it any more.
pub(crate) async fn away<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EndedEarly> {
    Ok(tokio::task::spawn_blocking(work).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_done_elsewhere_comes_back_and_a_panic_is_an_error() {
        let here = std::thread::current().id();
        assert_ne!(away(|| std::thread::current().id()).await.unwrap(), here);
        let error = away(|| panic!("nobody else ends")).await.unwrap_err();
        assert!(error.to_string().contains("ended early"), "{error}");
    }
}
