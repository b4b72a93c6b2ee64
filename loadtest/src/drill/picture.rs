//! The day as a picture: payments by the way they took, what a gate decided, what the ways were said to be, and what happened.

use std::collections::BTreeMap;

use super::day::Day;
use super::gate::Decided;
use super::report::{DrillReport, Happened, Kind};

const WIDTH: i64 = 1_200;
const LEFT: i64 = 150;
const RIGHT: i64 = 1_180;
const CHART_TOP: i64 = 60;
const CHART_HEIGHT: i64 = 240;
const BAND_HEIGHT: i64 = 18;
const BAND_STEP: i64 = 26;
const LINE_HEIGHT: i64 = 17;
/// So many columns at most.
const COLUMNS_MAX: i64 = 200;

/// What the gate decided stands below the payments.
const GATE_TOP: i64 = CHART_TOP + CHART_HEIGHT + 30;
const GATE_HEIGHT: i64 = 50;

/// Colours of the ways that money took, the lowest first, as in [`Kind::ALL`].
const KINDS: [&str; Kind::ALL.len()] =
    ["#2f6f4f", "#c0392b", "#3f7fbf", "#e0a030", "#7d5ba6", "#b79fd0", "#e2665f", "#4fb3bf", "#9a7b4f"];
/// What a gate decides, the lowest first, as in [`Decided::ALL`].
const DECISIONS: [(&str, &str); Decided::ALL.len()] = [
    ("gate: paid, or let in", "#2f6f4f"),
    ("gate: already used", "#e0a030"),
    ("gate: not paid, not genuine", "#c0392b"),
];
/// Colours of what a channel is.
const STATES: [(&str, &str); 5] = [
    ("up", "#bfe3c8"),
    ("degraded", "#f3e2a0"),
    ("probing", "#f0b878"),
    ("down", "#d9776c"),
    ("gone", "#333333"),
];

/// Draws it.
pub(crate) fn draw(report: &DrillReport, day: &Day) -> String {
    let mut picture = Picture { text: String::new(), length: day.length().max(1) };
    let bands = bands(report, day);
    let bands_top = GATE_TOP + GATE_HEIGHT + 34;
    let list_top = bands_top + BAND_STEP * i64::try_from(bands.len()).unwrap_or(0) + 24;
    let events: Vec<&Happened> =
        report.timeline.iter().filter(|event| event.second >= 0 && !event.is_change).collect();
    let height = list_top + LINE_HEIGHT * (i64::try_from(events.len()).unwrap_or(0) + 4);
    picture.line(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
    ));
    picture.say(
        LEFT,
        26,
        "start",
        "#000000",
        "The drill of 3 January: payments a minute, by the way they took",
    );
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.word()).zip(KINDS).collect();
    // In two rows: side by side they do not fit.
    for (row, kinds) in (0_i64..).zip(kinds.chunks(kinds.len().div_ceil(2))) {
        picture.legend((LEFT, 41 + 14 * row), 146, kinds);
    }
    picture.payments(report);
    picture.gate(report);
    for (hour, second) in day.hours() {
        let x = picture.x(second);
        picture.line(&format!(
            "<path d=\"M{x} {CHART_TOP}V{}\" stroke=\"#00000022\"/>",
            bands_top + BAND_STEP * i64::try_from(bands.len()).unwrap_or(0)
        ));
        picture.say(x, CHART_TOP + CHART_HEIGHT + 16, "middle", "#555555", &format!("{hour:02}:00"));
    }
    for (place, Band { name, parts }) in (0_i64..).zip(&bands) {
        let top = bands_top + BAND_STEP * place;
        picture.say(LEFT - 8, top + 13, "end", "#000000", name);
        for (from, until, state) in parts {
            let colour =
                STATES.iter().find(|(known, _)| known == state).map_or("#eeeeee", |(_, colour)| colour);
            picture.block(*from, *until, (top, BAND_HEIGHT), colour);
        }
    }
    picture.legend((LEFT, list_top), 146, &STATES);
    for (number, event) in (1_i64..).zip(&events) {
        let x = picture.x(event.second);
        let y = list_top + LINE_HEIGHT * (number + 1);
        // One below the other, so that those which come soon after each other can be read.
        let mark = CHART_TOP + 12 * (1 + number % 5);
        picture.line(&format!(
            "<path d=\"M{x} {CHART_TOP}V{}\" stroke=\"#00000088\"/>",
            CHART_TOP + CHART_HEIGHT
        ));
        picture.say(x + 3, mark, "start", "#000000", &number.to_string());
        picture.say(LEFT, y, "start", "#000000", &format!("{}  {number}. {}", event.said, event.what));
    }
    picture.text.push_str("</svg>\n");
    picture.text
}

/// What something was on the day.
struct Band<'a> {
    name: String,
    /// From when, until when, what.
    parts: Vec<(i64, i64, &'a str)>,
}

/// What each channel and the gateway were.
fn bands<'a>(report: &'a DrillReport, day: &Day) -> Vec<Band<'a>> {
    let mut by_channel = BTreeMap::<&str, Vec<(i64, &str)>>::new();
    for (second, channel, state) in &report.states {
        by_channel.entry(channel).or_default().push(((*second).max(0), state));
    }
    let mut bands = Vec::new();
    for (channel, changes) in by_channel {
        let ends = changes.iter().skip(1).map(|(second, _)| *second).chain([day.length()]);
        let parts = changes.iter().zip(ends).map(|((from, state), until)| (*from, until, *state)).collect();
        bands.push(Band { name: channel.to_owned(), parts });
    }
    let mut gateway = vec![(0, day.length(), "up")];
    let gone = report.gone.iter().map(|(from, back)| (*from, back.unwrap_or(day.length()), "gone"));
    gateway.extend(gone);
    bands.push(Band { name: "gateway".to_owned(), parts: gateway });
    bands
}

struct Picture {
    text: String,
    length: i64,
}

impl Picture {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// Where a moment stands.
    fn x(&self, second: i64) -> i64 {
        LEFT + second.clamp(0, self.length) * (RIGHT - LEFT) / self.length
    }

    fn say(&mut self, x: i64, y: i64, anchor: &str, colour: &str, text: &str) {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        self.line(&format!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
        ));
    }

    fn block(&mut self, from: i64, until: i64, (top, height): (i64, i64), colour: &str) {
        let (x, end) = (self.x(from), self.x(until));
        let width = (end - x).max(1);
        self.line(&format!(
            "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"/>"
        ));
    }

    fn legend(&mut self, (x, y): (i64, i64), step: i64, entries: &[(&str, &str)]) {
        for (place, (name, colour)) in (0_i64..).zip(entries) {
            let x = x + place * step;
            self.line(&format!(
                "<rect x=\"{x}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>",
                y - 10
            ));
            self.say(x + 15, y, "start", "#000000", name);
        }
    }

    /// Payments a minute, one kind on the other.
    fn payments(&mut self, report: &DrillReport) {
        let kinds = report.moved.iter().filter_map(|moved| {
            let kind = Kind::ALL.iter().position(|kind| *kind == moved.kind)?;
            Some((moved.second, kind))
        });
        self.columns(kinds, (CHART_TOP, CHART_HEIGHT), &KINDS);
    }

    /// What the gate decided, a minute.
    fn gate(&mut self, report: &DrillReport) {
        let decided = report.decisions.iter().filter_map(|decision| {
            let what = Decided::ALL.iter().position(|what| *what == decision.what)?;
            Some((decision.second, what))
        });
        self.columns(decided, (GATE_TOP, GATE_HEIGHT), &DECISIONS.map(|(_, colour)| colour));
        self.legend((LEFT, GATE_TOP + GATE_HEIGHT + 18), 190, &DECISIONS);
    }

    /// How many of each kind in each minute, one on the other.
    fn columns(
        &mut self,
        values: impl Iterator<Item = (i64, usize)>,
        (chart_top, chart_height): (i64, i64),
        colours: &[&str],
    ) {
        let step = (self.length / COLUMNS_MAX).max(60);
        let mut counts = BTreeMap::<i64, Vec<i64>>::new();
        for (second, kind) in values.filter(|(second, _)| (0..self.length).contains(second)) {
            counts.entry(second / step).or_insert_with(|| vec![0; colours.len()])[kind] += 1;
        }
        let highest = counts.values().map(|column| column.iter().sum::<i64>()).max().unwrap_or(1).max(1);
        for (place, column) in counts {
            let mut top = chart_top + chart_height;
            let mut sum = 0;
            for (count, colour) in column.iter().zip(colours) {
                sum += count;
                let next = chart_top + chart_height - sum * chart_height / highest;
                if next < top {
                    self.block(place * step, (place + 1) * step, (next, top - next), colour);
                }
                top = next;
            }
        }
        let label = format!("{} a minute", (highest * 60 + step - 1) / step);
        self.say(LEFT - 8, chart_top + 10, "end", "#555555", &label);
        self.say(LEFT - 8, chart_top + chart_height, "end", "#555555", "0");
    }
}
