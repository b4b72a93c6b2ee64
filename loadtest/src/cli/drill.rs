//! `loadtest drill`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Failure, print};
use crate::drill::{DrillError, DrillPlan, drill};

/// How the day is played.
#[derive(Debug, Clone, Args)]
pub struct DrillArgs {
    /// The executable `malipo`.
    #[arg(long, value_name = "FILE", default_value = "target/release/malipo")]
    malipo: PathBuf,
    /// So many times the national rate: 10 is 1,200,000 payments on the day.
    #[arg(long, value_name = "N", default_value_t = 10)]
    rate_times: u32,
    /// One payment in so many is made.
    #[arg(long, value_name = "N", default_value_t = 100)]
    scale: u32,
    /// So many times as fast as life. Beyond 60 the second in which channels are looked at is long.
    #[arg(long, value_name = "N", default_value_t = 40)]
    speed: u32,
    /// An hour of the day is so many times shorter; the first is never less than half an hour.
    #[arg(long, value_name = "N", default_value_t = 1)]
    day_scale: u32,
    /// Chooses who comes when, how they pay, and what is late, repeated and missing.
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// Keep everything in this folder, which is empty or new.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// Draw the day.
    #[arg(long, value_name = "FILE.svg")]
    picture: Option<PathBuf>,
    /// A checker of the books to run over the export and the record of what moved: tests/check_books.py.
    #[arg(long, value_name = "FILE")]
    check_books: Option<PathBuf>,
    /// At the end the books have everything that moved, also what nobody was ever told of.
    #[arg(long)]
    expect_healing: bool,
    /// A gate that takes more than a second for a decision has failed: for a machine that does nothing else.
    #[arg(long)]
    judge_time: bool,
}

impl DrillArgs {
    /// Plays the day and prints what it showed.
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        let plan = DrillPlan {
            malipo: self.malipo,
            rate_times: self.rate_times,
            scale: self.scale,
            speed: self.speed,
            day_scale: self.day_scale,
            seed: self.seed,
            folder: self.folder,
            picture: self.picture,
            check_books: self.check_books,
            expect_healing: self.expect_healing,
            judges_time: self.judge_time,
        };
        let report = drill(plan).await.map_err(|error| {
            let code = if matches!(error, DrillError::Plan(_)) { 2 } else { 1 };
            Failure::new(code, error)
        })?;
        print(&report);
        Ok(if report.held() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}
