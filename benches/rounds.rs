//! How everything here is compared: contestants take turns, A B A B, so that whatever else the machine does strikes
//! all of them; a figure is the median of its rounds; and what is reported is a ratio to a yardstick of the same run.
//! Absolute figures are printed beside it and mean nothing on another machine or in another hour.

use std::fmt::Write as _;

/// Why the process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `cargo bench`: to measure.
    Measure,
    /// `cargo test`, or `cargo bench -- --test`: to see that it runs, within seconds.
    Try,
}

impl Purpose {
    /// What cargo asks for.
    pub(crate) fn of_process() -> Self {
        let has = |wanted: &str| std::env::args().skip(1).any(|argument| argument == wanted);
        if has("--bench") && !has("--test") { Self::Measure } else { Self::Try }
    }

    /// The one number or the other.
    pub(crate) fn choose<T>(self, measure: T, try_out: T) -> T {
        match self {
            Self::Measure => measure,
            Self::Try => try_out,
        }
    }
}

/// Figures of one kind, by contestant.
pub(crate) struct Table {
    title: String,
    unit: &'static str,
    contestants: Vec<(String, Vec<f64>)>,
}

impl Table {
    pub(crate) fn new(title: impl Into<String>, unit: &'static str) -> Self {
        Self { title: title.into(), unit, contestants: Vec::new() }
    }

    /// Notes what a contestant did in one round.
    pub(crate) fn note(&mut self, contestant: &str, figure: f64) {
        match self.contestants.iter_mut().find(|(name, _)| name == contestant) {
            Some((_, figures)) => figures.push(figure),
            None => self.contestants.push((contestant.to_owned(), vec![figure])),
        }
    }

    /// Prints the table in Markdown; the yardstick's ratio is 1.
    pub(crate) fn print(&self, yardstick: &str) {
        let of_yardstick = self.contestants.iter().find(|(name, _)| name == yardstick);
        let base = of_yardstick.map(|(_, figures)| median(figures));
        let mut text = format!(
            "\n### {}\n\n| | median {} | rounds | ratio |\n|---|---|---|---|\n",
            self.title, self.unit
        );
        for (name, figures) in &self.contestants {
            let middle = median(figures);
            let (least, most) = figures.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
            let ratio = base.map_or_else(|| "–".to_owned(), |base| format!("{:.2}", middle / base));
            let shown = [middle, least, most].map(grouped);
            let count = figures.len();
            // Writing to a text has no way to fail.
            let _ =
                writeln!(text, "| {name} | {} | {count} × {}–{} | {ratio} |", shown[0], shown[1], shown[2]);
        }
        println!("{text}");
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// `12,345` from a thousand on, `12.34` below a hundred.
fn grouped(figure: f64) -> String {
    if figure < 100.0 {
        return format!("{figure:.2}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
