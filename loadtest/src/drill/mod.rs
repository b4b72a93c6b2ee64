//! The 3 January drill: a day on which the paybill goes silent, prompts fail, the gateway is killed, and everything comes
//! back at once with what was held up. The gateway, the program at a gate and the simulated outside are processes of their
//! own; the payers and the guard are this program's. It plays the day (`script`), lets a crowd pay by what it is shown
//! (`payer`, `ways`, `paying`), stands at a gate (`gate`), and holds the books (`books`) and the reports of outages
//! (`outages`) against what really moved (`records`, `judgement`).
//!
//! All of them live in one time, which runs faster than life (`day`). Numbers at a scale are one in so many of a day at
//! so many times the national rate.

mod bars;
mod books;
mod day;
mod findings;
mod gate;
mod healing;
mod judgement;
mod outages;
mod payer;
mod paying;
mod picture;
mod processes;
mod records;
mod report;
mod script;
mod telling;
mod watcher;
mod ways;
mod world;

use std::path::PathBuf;
use std::sync::Arc;

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use self::day::Day;
use self::payer::Payer;
pub use self::report::{DrillReport, Findings, GateDay, Happened, Kind, OutageJudged};
use self::world::World;

/// Payments of the whole country on one day.
const NATIONAL_A_DAY: u64 = 120_000;
/// How long payers who are still at it after the day are waited for, beside what they take to hear what became of their last
/// try.
const STRAGGLERS_WITHIN: std::time::Duration = std::time::Duration::from_secs(60);

/// How the day is played.
#[derive(Debug, Clone)]
pub struct DrillPlan {
    /// The executable `malipo`.
    pub malipo: PathBuf,
    /// So many times the national rate.
    pub rate_times: u32,
    /// One payer in so many comes.
    pub scale: u32,
    /// So many times as fast as life.
    pub speed: u32,
    /// An hour of the day lasts so many times shorter; the first never less than half an hour.
    pub day_scale: u32,
    /// Chooses who comes when, how they pay, and what is late, repeated and missing.
    pub seed: u64,
    /// Where everything is kept; a folder that goes away if not said.
    pub folder: Option<PathBuf>,
    /// Where the picture of the day is drawn.
    pub picture: Option<PathBuf>,
    /// The checker of the books, a program of its own that is run with Python.
    pub check_books: Option<PathBuf>,
    /// After the day everything that moved is in the books, also what nobody was ever told of.
    pub expect_healing: bool,
    /// A gate that takes more than a second for a decision has failed. Otherwise it is told how long it took.
    pub judges_time: bool,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The plan cannot be meant.
    #[error("this cannot be played: {0}")]
    Plan(String),
    /// A process did not do what it is there for.
    #[error("{0}")]
    Process(String),
    /// A file cannot be made or read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// Somebody answered what cannot be understood.
    #[error("{0}")]
    Answer(String),
}

impl DrillPlan {
    /// So many payers come on this day.
    #[must_use]
    pub fn payers(&self) -> u64 {
        NATIONAL_A_DAY * u64::from(self.rate_times) / u64::from(self.scale.max(1))
    }

    fn check(&self) -> Result<(), DrillError> {
        let wrong = |what: &str| Err(DrillError::Plan(what.to_owned()));
        if [self.rate_times, self.scale, self.speed, self.day_scale].contains(&0) {
            return wrong("rate, scale, speed and day scale are at least 1");
        }
        if self.payers() < 500 {
            return wrong("fewer than 500 payers show nothing");
        }
        if !self.malipo.is_file() {
            return wrong(&format!("{} is no executable", self.malipo.display()));
        }
        Ok(())
    }
}

/// Plays the day, and judges it.
///
/// # Errors
///
/// When the plan cannot be meant, a process does not start, or its answers cannot be understood. What the day shows to be
/// wrong is no error: it stands in the report.
pub async fn drill(plan: DrillPlan) -> Result<DrillReport, DrillError> {
    plan.check()?;
    let own = match &plan.folder {
        Some(_) => None,
        None => Some(
            tempfile::Builder::new()
                .prefix("drill-")
                .tempdir()
                .map_err(|error| DrillError::File("a folder for the day".to_owned(), error))?,
        ),
    };
    let folder = match (&plan.folder, &own) {
        (Some(folder), _) => folder.clone(),
        (None, Some(own)) => own.path().to_path_buf(),
        (None, None) => return Err(DrillError::Plan("there is no folder".to_owned())),
    };
    let mut day = script::Stage::set(&plan, &folder).await?;
    let world = Arc::clone(&day.world);
    let watching = tokio::spawn(watcher::watch(Arc::clone(&world)));
    let watching_a_page = tokio::spawn(watcher::watch_a_page(Arc::clone(&world)));
    let guard = tokio::spawn(gate::attend(Arc::clone(&world)));
    let crowd = tokio::spawn(let_them_come(Arc::clone(&world)));
    day.play().await?;
    world.day.until(world.day.length()).await;
    let crowd = crowd.await.map_err(|error| DrillError::Process(error.to_string()))?;
    let within = STRAGGLERS_WITHIN + world.day.in_life(paying::FOLLOWS_AFTER_THE_DAY);
    crowd.finish(&world, within).await;
    // Whoever still stands before the gate comes in.
    if !matches!(tokio::time::timeout(STRAGGLERS_WITHIN, guard).await, Ok(Ok(()))) {
        world.seen().wrong.push("the guard did not come to an end".to_owned());
    }
    let report = judgement::judge(&mut day).await;
    watching.abort();
    watching_a_page.abort();
    let report = report?;
    if let Some(path) = &plan.picture {
        std::fs::write(path, picture::draw(&report, &world.day))
            .map_err(|error| DrillError::File(path.display().to_string(), error))?;
    }
    Ok(report)
}

/// Everybody who has set out.
struct Crowd(tokio::task::JoinSet<()>);

impl Crowd {
    /// Waits for them. Whoever is still at it then has come to no end.
    async fn finish(mut self, world: &World, within: std::time::Duration) {
        let all_home = async { while self.0.join_next().await.is_some() {} };
        if tokio::time::timeout(within, all_home).await.is_err() {
            world.seen().wrong.push(format!("{} payers did not come to an end", self.0.len()));
        }
    }
}

/// Payers set out through the whole day, each at a time of their own.
async fn let_them_come(world: Arc<World>) -> Crowd {
    let mut chance = StdRng::seed_from_u64(world.plan.seed);
    let times = arrivals(&world.day, world.plan.payers(), &mut chance);
    let mut crowd = tokio::task::JoinSet::new();
    for (number, second) in times.into_iter().enumerate() {
        let payer = Payer::new(number as u64, second, chance.random());
        world.day.until(second).await;
        world.seen().set_out.push((payer.second, payer.agency));
        crowd.spawn(payer::live(Arc::clone(&world), payer));
        while crowd.try_join_next().is_some() {}
    }
    Crowd(crowd)
}

/// When they come: twice as many in each hour from 08:00 to 17:00 as in the others.
fn arrivals(day: &Day, count: u64, chance: &mut StdRng) -> Vec<i64> {
    let borders = [5, 8, 17, 20].map(|hour| day.second_of(hour * 60));
    let weights = [1, 2, 1];
    let parts: Vec<(i64, i64, i64)> =
        (0..3).map(|part| (borders[part], borders[part + 1], weights[part])).collect();
    let whole: i64 = parts.iter().map(|(from, until, weight)| (until - from) * weight).sum();
    let mut times: Vec<i64> = (0..count)
        .map(|_| {
            let mut place = chance.random_range(0..whole);
            for (from, until, weight) in &parts {
                let long = (until - from) * weight;
                if place < long {
                    return from + place / weight;
                }
                place -= long;
            }
            borders[3]
        })
        .collect();
    times.sort_unstable();
    times
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_brings_the_same_people_at_the_same_times() {
        let day = Day::beginning_in(std::time::Duration::ZERO, 40, 1);
        let times = |seed| arrivals(&day, 10_000, &mut StdRng::seed_from_u64(seed));
        assert_eq!(times(7), times(7));
        assert_ne!(times(7), times(8));
        let busy = times(7).iter().filter(|time| (3 * 3_600..12 * 3_600).contains(*time)).count();
        assert!((7_200..7_800).contains(&busy), "nine busy hours of fifteen have three quarters: {busy}");
    }
}
