//! Tasks that belong together: they live as long as whoever took them on, and none of them outlives another's panic.

use tokio::task::JoinSet;

/// Those who work together. Whoever is still at work when this is dropped, by a panic too, is sent away.
#[derive(Default)]
pub(super) struct Crew(JoinSet<()>);

impl Crew {
    /// Lets somebody work beside the others.
    pub(super) fn takes_on(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(work);
    }

    /// Waits until somebody has ended. Goes on with their panic, if it was one: the others cannot do their work.
    pub(super) async fn loses_somebody(&mut self) {
        match self.0.join_next().await {
            Some(Ok(())) => {}
            // Whoever was sent away, was so by the end of everything.
            Some(Err(ended)) => {
                if let Ok(panic) = ended.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
            None => std::future::pending().await,
        }
    }

    /// Waits until everybody has ended by themselves.
    pub(super) async fn goes_home(mut self) {
        while !self.0.is_empty() {
            self.loses_somebody().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tokio::sync::Notify;

    use super::*;

    /// Counts who is at work.
    struct AtWork(Arc<AtomicUsize>);

    impl AtWork {
        fn begins(count: &Arc<AtomicUsize>) -> Self {
            count.fetch_add(1, Ordering::Relaxed);
            Self(Arc::clone(count))
        }
    }

    impl Drop for AtWork {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    async fn everybody_is_gone(count: &AtomicUsize) {
        let gone = async {
            while count.load(Ordering::Relaxed) > 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), gone).await.expect("nobody is left at work");
    }

    async fn works_for_ever(at_work: AtWork, begun: Arc<Notify>) {
        begun.notify_one();
        std::future::pending::<()>().await;
        drop(at_work);
    }

    #[tokio::test]
    async fn a_panic_of_one_ends_all_of_them() {
        let (count, begun) = (Arc::default(), Arc::new(Notify::new()));
        let (of_leader, told) = (Arc::clone(&count), Arc::clone(&begun));
        let leader = tokio::spawn(async move {
            let mut crew = Crew::default();
            crew.takes_on(works_for_ever(AtWork::begins(&of_leader), Arc::clone(&told)));
            crew.takes_on(async move {
                told.notified().await;
                panic!("one of them fails");
            });
            loop {
                crew.loses_somebody().await;
            }
        });
        assert!(leader.await.unwrap_err().is_panic(), "whoever leads fails with them");
        everybody_is_gone(&count).await;
    }

    #[tokio::test]
    async fn a_panic_of_who_leads_ends_all_of_them() {
        let (count, begun) = (Arc::default(), Arc::new(Notify::new()));
        let (of_leader, told) = (Arc::clone(&count), Arc::clone(&begun));
        let leader = tokio::spawn(async move {
            let mut crew = Crew::default();
            crew.takes_on(works_for_ever(AtWork::begins(&of_leader), Arc::clone(&told)));
            told.notified().await;
            panic!("whoever leads fails");
        });
        assert!(leader.await.unwrap_err().is_panic());
        everybody_is_gone(&count).await;
    }

    #[tokio::test]
    async fn whoever_ends_by_themselves_ends_nobody_else() {
        let mut crew = Crew::default();
        let (count, begun) = (Arc::default(), Arc::new(Notify::new()));
        crew.takes_on(async {});
        crew.takes_on(works_for_ever(AtWork::begins(&count), begun));
        crew.loses_somebody().await;
        assert_eq!(count.load(Ordering::Relaxed), 1);
        drop(crew);
        everybody_is_gone(&count).await;
    }
}
