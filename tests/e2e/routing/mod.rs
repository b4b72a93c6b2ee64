//! Requests below `/s/{slug}` are handed on to the agency's own system. The system of these stories listens on loopback,
//! which a gateway connects to only because its configuration says so.

mod assessed;
mod down;
mod handed_on;
mod own_host;
mod strangers;
mod streams;

use std::ops::Deref;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{AgencySystem, Gateway, Wire, catalogue_with};

/// The name that systems of agencies have in a demonstration.
const HOST: &str = "Host: localhost\r\n";

/// A gateway whose KRA, and whose KWS where a story has two, have systems of their own.
struct Scene {
    gateway: Gateway,
    _catalogue: TempDir,
}

impl Deref for Scene {
    type Target = Gateway;

    fn deref(&self) -> &Gateway {
        &self.gateway
    }
}

impl Scene {
    fn new(kra: &AgencySystem) -> Self {
        Self::with(&[("KRA", kra, json!({}))])
    }

    /// These agencies, each with its system and further fields of its back end.
    fn with(systems: &[(&str, &AgencySystem, Value)]) -> Self {
        Self::set_up(systems, &[("routing.private_networks", "127.0.0.0/8")])
    }

    fn set_up(systems: &[(&str, &AgencySystem, Value)], settings: &[(&str, &str)]) -> Self {
        let back_ends: Vec<_> = systems
            .iter()
            .map(|(code, system, more)| {
                let mut back_end = json!({"address": system.url()});
                back_end.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                (*code, back_end)
            })
            .collect();
        Self::of_back_ends(&back_ends, settings)
    }

    fn of_back_ends(back_ends: &[(&str, Value)], settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = catalogue_with(folder.path(), back_ends);
        let setup = Gateway::demo().set("catalogue.file", catalogue.to_str().unwrap());
        let setup = settings.iter().fold(setup, |setup, (key, value)| setup.set(key, value));
        Self { gateway: setup.start(), _catalogue: folder }
    }

    /// Below a service of KRA.
    fn kra(&self, rest: &str) -> String {
        format!("{}/s/kra-pin-registration{rest}", self.agencies())
    }

    /// Below a service of KWS.
    fn kws(&self, rest: &str) -> String {
        format!("{}/s/kws-amboseli-entry{rest}", self.agencies())
    }

    /// A socket to the public listener.
    fn caller(&self) -> Wire {
        Wire::to(&self.public())
    }

    /// Counts of requests for KRA that ended like this.
    fn kra_ended(&self, outcome: &str) -> u64 {
        self.metric(&format!("malipo_back_end_requests_total{{agency=\"KRA\",outcome=\"{outcome}\"}}"))
    }

    /// Requests that KRA has now.
    fn kra_in_flight(&self) -> u64 {
        self.metric("malipo_back_end_in_flight{agency=\"KRA\"}")
    }
}
