//! What each alert means and what to do first: the page that an alert leads to. Made from the rules themselves.

use std::sync::LazyLock;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use serde::Deserialize;

use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::frame::{Frame, Keeping, page};

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let rules = include_str!("../../../monitoring/alerts.yml");
    serde_saphyr::from_str(rules).expect("the alert rules are YAML, as tests have found")
});

/// A file of rules, as Prometheus reads it.
#[derive(Deserialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: String,
    expr: String,
    /// For how long it must be true before anybody is told.
    #[serde(rename = "for")]
    lasting: Option<String>,
    labels: Labels,
    annotations: Annotations,
}

#[derive(Deserialize)]
struct Labels {
    severity: Severity,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// Wakes somebody.
    Page,
    /// Waits for the morning.
    Ticket,
}

#[derive(Deserialize)]
struct Annotations {
    description: String,
}

/// `GET /docs/alerts`.
pub(in crate::pages) async fn show(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let shown = AlertsPage { frame: Frame::new(&app, Language::En, None), rules: &RULES };
    page(StatusCode::OK, Keeping::ForAnHour, &shown)
}

/// The page.
#[derive(Template)]
#[template(path = "docs_alerts.html")]
struct AlertsPage {
    frame: Frame,
    rules: &'static Rules,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::telemetry::metrics::ALL;

    /// The names of our metrics in a text, without what Prometheus adds to those of a histogram.
    fn metrics_in(text: &str) -> BTreeSet<String> {
        let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        let ours = words.filter(|word| word.starts_with("malipo_"));
        ours.map(|word| {
            let histogram = ["_bucket", "_count", "_sum"].iter().find_map(|end| word.strip_suffix(end));
            histogram.unwrap_or(word).to_owned()
        })
        .collect()
    }

    #[test]
    fn alerts_and_the_dashboard_ask_for_metrics_that_exist() {
        let known: BTreeSet<_> = ALL.iter().map(|metric| metric.name.to_owned()).collect();
        let exprs: String =
            RULES.groups.iter().flat_map(|group| &group.rules).map(|rule| &*rule.expr).collect();
        let dashboard = include_str!("../../../monitoring/dashboard.json");
        for asked in [metrics_in(&exprs), metrics_in(dashboard)] {
            assert!(asked.len() > 10, "{asked:?}");
            let unknown: Vec<_> = asked.difference(&known).collect();
            assert!(unknown.is_empty(), "{unknown:?}");
        }
    }

    #[test]
    fn every_alert_leads_to_its_own_place_on_this_page() {
        let html = AlertsPage {
            frame: Frame {
                root: String::new(),
                language: Language::En,
                is_demonstration: false,
                in_other_language: None,
                help: None,
            },
            rules: &RULES,
        };
        let html = html.render().unwrap();
        let text = include_str!("../../../monitoring/alerts.yml");
        let mut count = 0;
        for rule in RULES.groups.iter().flat_map(|group| &group.rules) {
            assert!(html.contains(&format!("id=\"{}\"", rule.alert)), "{}", rule.alert);
            assert!(text.contains(&format!("runbook_url: /docs/alerts#{}\n", rule.alert)), "{}", rule.alert);
            count += 1;
        }
        assert_eq!(text.matches("runbook_url:").count(), count);
    }
}
