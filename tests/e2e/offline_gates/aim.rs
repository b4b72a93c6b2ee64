//! When to kill the program at a gate: between keeping what it did and saying so. The journal and what people were told say
//! afterwards where each kill fell, and the next is aimed by that.

use std::time::Duration;

/// Of so many kills and more, one in ten has to have fallen in between: otherwise little was tried out. Fewer may miss.
const KILLS_THAT_PROVE: usize = 20;
const IN_BETWEEN_ONE_IN: usize = 10;
const WAIT_FIRST: Duration = Duration::from_millis(4);
const WAIT_MIN: Duration = Duration::from_micros(200);
const WAIT_MAX: Duration = Duration::from_millis(60);

/// Where the kills fell.
pub(super) struct Aim {
    wait: Duration,
    kills: usize,
    /// Kills after something was kept and before it was told.
    in_between: usize,
    /// What was kept and not told, by all of them.
    untold: usize,
}

impl Aim {
    pub(super) fn new() -> Self {
        Self { wait: WAIT_FIRST, kills: 0, in_between: 0, untold: 0 }
    }

    /// How long to let the program work before the next kill; a little different each time.
    pub(super) fn wait(&self) -> Duration {
        let jitter = Duration::from_micros((self.kills as u64 * 733) % 1_000);
        self.wait + jitter
    }

    /// Of so many who asked, so many were kept in the journal, and so many were told.
    pub(super) fn note(&mut self, asked: usize, kept: usize, told: usize) {
        assert!(told <= kept && kept <= asked, "{told} of {asked} were told and {kept} kept");
        self.kills += 1;
        self.in_between += usize::from(told < kept);
        self.untold += kept - told;
        let aimed = match (kept, told) {
            (0, _) => self.wait * 13 / 10,
            (_, told) if told == asked => self.wait * 8 / 10,
            _ => self.wait,
        };
        self.wait = aimed.clamp(WAIT_MIN, WAIT_MAX);
    }

    /// Says how many fell in between, and fails if there were enough kills and too few did.
    #[track_caller]
    pub(super) fn proves(&self, what: &str) {
        let Self { kills, in_between, untold, .. } = self;
        eprintln!("{kills} kills, {in_between} of them after {what}: {untold} in all");
        assert!(
            self.has_tried(),
            "{in_between} of {kills} kills fell after {what}: this has tried nothing out"
        );
    }

    fn has_tried(&self) -> bool {
        self.kills < KILLS_THAT_PROVE || self.in_between * IN_BETWEEN_ONE_IN >= self.kills
    }
}

#[test]
fn kills_that_all_come_too_soon_or_too_late_prove_nothing() {
    let of = |kept, told| {
        let mut aim = Aim::new();
        (0..KILLS_THAT_PROVE).for_each(|_| aim.note(8, kept, told));
        aim.has_tried()
    };
    assert!(!of(0, 0) && !of(8, 8) && !of(5, 5));
    assert!(of(5, 4) && of(8, 0));
}
