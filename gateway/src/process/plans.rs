//! Plans, of agencies and the national one, name channels, and a gateway may lack some of them: whoever runs it is told when a catalogue comes into
//! force, before the plan is needed.

use metrics::gauge;

use crate::app::App;
use crate::channels::offer::missing_ways;
use crate::telemetry::metrics::FALLBACK_WAYS_MISSING;

/// Of which catalogue that was told.
#[derive(Default)]
pub(super) struct PlanWatch {
    told_of: Option<u64>,
}

impl PlanWatch {
    /// Tells what the plans in force name and this gateway does not have, once for each catalogue.
    #[expect(clippy::cast_precision_loss, reason = "a metric")]
    pub(super) fn tell(&mut self, app: &App) {
        let served = app.catalogue.current();
        let number = served.version().number;
        if self.told_of == Some(number) {
            return;
        }
        self.told_of = Some(number);
        let mut count = 0_usize;
        for (agency, channel) in missing_ways(served.catalogue(), &app.channels) {
            count += 1;
            let whose = agency.map_or("every agency without one of its own", |agency| agency.as_str());
            tracing::warn!(
                agency = whose,
                channel,
                "A plan names a channel that this gateway does not have; nobody is shown it."
            );
        }
        gauge!(FALLBACK_WAYS_MISSING.name).set(count as f64);
    }
}
