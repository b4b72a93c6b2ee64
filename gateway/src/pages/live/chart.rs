//! The line of a day beside that of a week ago, as the path data of an inline SVG: whole numbers, no script.

use ledger::{Currency, Sum};

use crate::live::{CurrencyCurve, Curve, POINTS_PER_DAY};

/// Width and height of the drawing, in its own units.
pub(super) const WIDTH: usize = 960;
pub(super) const HEIGHT: usize = 240;

/// Two lines under one scale.
#[derive(Debug)]
pub(super) struct Chart {
    /// Points of the line of today, as `x,y x,y`.
    pub(super) today: String,
    /// Those of the same weekday last week; empty if nothing came in then.
    pub(super) last_week: String,
    /// What the upper edge stands for.
    pub(super) top: String,
}

impl Chart {
    /// Nothing where there is nothing to draw.
    pub(super) fn of(curve: &CurrencyCurve) -> Option<Self> {
        let top = highest(&curve.today).max(highest(&curve.last_week));
        (top > 0).then(|| Self {
            today: points(&curve.today, top),
            last_week: if highest(&curve.last_week) > 0 {
                points(&curve.last_week, top)
            } else {
                String::new()
            },
            top: Sum::new(top, curve.currency).to_string(),
        })
    }
}

/// The currency of a page's chart: the shilling.
pub(super) fn shilling(curves: &[CurrencyCurve]) -> Option<&CurrencyCurve> {
    curves.iter().find(|curve| curve.currency == Currency::Kes)
}

fn highest(curve: &Curve) -> i128 {
    curve.minor.iter().copied().max().unwrap_or(0)
}

fn points(curve: &Curve, top: i128) -> String {
    let step = WIDTH / POINTS_PER_DAY;
    let height = i128::try_from(HEIGHT).expect("a drawing is small");
    let at = |(place, minor): (usize, &i128)| {
        let up = minor.clamp(&0, &top).saturating_mul(height) / top;
        format!("{},{}", (place + 1) * step, height - up)
    };
    let line = curve.minor.iter().enumerate().map(at).collect::<Vec<_>>().join(" ");
    format!("0,{HEIGHT} {line}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::Total;

    #[test]
    fn lines_begin_at_nothing_and_the_higher_one_ends_at_the_top() {
        let curve = |minor: &[i128]| Curve { minor: minor.to_vec() };
        let both = |today: &[i128], last_week: &[i128]| CurrencyCurve {
            currency: Currency::Kes,
            today: curve(today),
            last_week: curve(last_week),
            last_week_by_now: Total::default(),
            last_minute: Total::default(),
        };
        let chart = Chart::of(&both(&[0, 500], &[1_000, 1_000])).unwrap();
        assert_eq!(chart.today, "0,240 10,240 20,120");
        assert_eq!(chart.last_week, "0,240 10,0 20,0");
        assert_eq!(chart.top, "KES 10.00");
        assert_eq!(Chart::of(&both(&[5], &[])).unwrap().last_week, "");
        assert!(Chart::of(&both(&[0, 0], &[0])).is_none());
    }
}
