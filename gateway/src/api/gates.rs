//! Gates that decide when nobody answers: devices are certified, fetch packs, and bring what they have done.

use std::sync::Arc;

use hyper::StatusCode;
use ledger::{Hash, LedgerTime, Money, VerifyingKey};
use metrics::counter;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::gate::read_gate;
use super::keys::{NewKey, make_key};
use super::{RowScope, SharedApp, no_answer, trouble};
use crate::access::{KeyMode, Role};
use crate::app::{App, Purpose};
use crate::billing;
use crate::clock::format_rfc3339;
use crate::gates::batch::Batch;
use crate::gates::certificate::{self, Certificate};
use crate::gates::pass::{DeviceCard, SignedCard};
use crate::gates::signed::{self, Moment};
use crate::gates::site::read_site;
use crate::gates::{PackError, make, pack};
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{
    Answer, Ask, DoubleUse, GATE_BATCH_PASSES_MAX, GATE_BATCH_USES_MAX, GateAsk, GateDevice, GatePass,
    GateRefusal, GateUse, KnownDevice, NotACentre, PassOutcome, Refusal, TakenBatch, UseOutcome,
};
use crate::telemetry::metrics::{GATE_PASSES_TOTAL, GATE_USES_TOTAL};

/// How long a device is certified for.
const CERTIFIED_SECONDS: i64 = 366 * 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceRequest {
    /// Which gate of the site.
    gate: String,
    /// The device's public key, as `NAME+HASH+KEY`.
    key: String,
    /// Whose gate it is, as whoever enrols it believes. The key decides, and another agency is refused.
    #[serde(default)]
    agency: Option<String>,
}

#[derive(Serialize)]
struct CertifiedBody {
    device: String,
    certificate: String,
    /// The card that its provisional passes end with.
    card: SignedCard,
    /// The key of the API that the device shows: here and never again.
    api_key: String,
}

#[derive(Serialize)]
struct GatesBody {
    devices: Vec<DeviceBody>,
    double_uses: Vec<DoubleUseBody>,
    as_of: String,
}

#[derive(Serialize)]
struct DeviceBody {
    device: String,
    site: String,
    agency: String,
    gate: String,
    api_key_id: String,
    since: String,
    until: String,
    batches: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

#[derive(Serialize)]
struct DoubleUseBody {
    payment_number: String,
    agency: String,
    first: EventBody,
    second: EventBody,
}

#[derive(Serialize)]
struct EventBody {
    gate: String,
    at: String,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchRequest {
    /// The signed note.
    batch: String,
}

#[derive(Serialize)]
struct TakenBody {
    device: String,
    number: u64,
    sequence: u64,
    untrusted: bool,
    uses: Vec<UseBody>,
    passes: Vec<PassBody>,
}

/// A provisional pass, and what the books say to it.
#[derive(Serialize)]
struct PassBody {
    number: u64,
    payment_number: String,
    issued_at: String,
    price: Money,
    outcome: &'static str,
    /// What is owed, where it is not what the gate asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    gazetted: Option<Money>,
    /// Sequence of the record that told of the pass which has the number.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
}

#[derive(Serialize)]
struct UseBody {
    payment_number: String,
    at: String,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<EventBody>,
}

/// `POST /v1/gates/{site}/devices`.
pub(super) async fn certify(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: DeviceRequest = request.json()?;
    let (agency, site) = (agency_of(&request)?, site_of(&request)?);
    if wanted.agency.is_some_and(|said| !said.eq_ignore_ascii_case(&agency)) {
        let detail = format!("The key is of {agency}: nothing was certified for another agency.");
        return Err(Problem::new(Code::Forbidden, detail));
    }
    super::keys::known_agency(&app, Some(&agency))?;
    let gate = read_gate(&wanted.gate).ok_or_else(|| wrong("/gate", "not_a_gate", NotACentre.to_string()))?;
    let key =
        VerifyingKey::parse(&wanted.key).map_err(|error| wrong("/key", "not_a_key", error.to_string()))?;
    let Hash(hash) = Hash::of(key.public());
    let id = format!("gat_{}", hex::encode(&hash[..6]));
    let handed = NewKey {
        role: Role::AgencyGate,
        agency: Some(agency.to_string()),
        counter: None,
        label: format!("gate {id}"),
        expires_at: None,
    };
    let (api_key, secret) = make_key(&handed, KeyMode::of(app.purpose))?;
    let since = app.now();
    let device = GateDevice {
        id: id.as_str().into(),
        site: site.as_str().into(),
        agency,
        gate: gate.into(),
        key: key.to_string().into(),
        api_key: api_key.id.clone(),
        since,
        until: since.plus_seconds(CERTIFIED_SECONDS),
    };
    let certificate =
        app.receipts.sign_note(&signed::text(certificate::TITLE, &Certificate::of(&device, app.purpose)));
    let card = app.receipts.sign_card(&DeviceCard::of(&device));
    let ask = Ask::Gate(GateAsk::Certify { device, key: Box::new(api_key) });
    match app.books.ask(command(&request, ask)).await {
        Ok(Answer::Done { .. }) => {
            let body = CertifiedBody { device: id, certificate, card, api_key: secret.reveal().to_owned() };
            Ok(response::not_stored(response::json(StatusCode::CREATED, &body)))
        }
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers no device"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

/// `POST /v1/gates/{site}/devices/{device}/revoke`.
pub(super) async fn revoke(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (agency, site) = (agency_of(&request)?, site_of(&request)?);
    let device = request.head.parameter("device");
    let stands_there =
        app.books.readers().gates().device(device).is_some_and(|known| *known.device.site == *site);
    if !stands_there {
        return Err(trouble::refusal(&Refusal::Gate(GateRefusal::NoSuchDevice)));
    }
    let ask = Ask::Gate(GateAsk::Revoke { device: device.into(), agency });
    match app.books.ask(command(&request, ask)).await {
        Ok(Answer::Done { .. } | Answer::Nothing) => {
            let gates = app.books.readers().gates();
            let known = gates.device(device).map(DeviceBody::of);
            Ok(response::json(StatusCode::OK, &known))
        }
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers no revocation"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

/// `GET /v1/gates`.
pub(super) async fn list(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (scope, gates) = (request.principal.scope(), app.books.readers().gates());
    let devices = gates.devices().filter(|known| scope.covers(&known.device.agency));
    let double_uses = gates.double_uses().filter(|used| scope.covers(&used.agency));
    let body = GatesBody {
        devices: devices.map(DeviceBody::of).collect(),
        double_uses: double_uses.map(DoubleUseBody::of).collect(),
        as_of: format_rfc3339(app.clock.now_micros()),
    };
    Ok(response::not_stored(response::json(StatusCode::OK, &body)))
}

/// `GET /v1/gates/{site}/pack`: the signed note itself.
pub(super) async fn pack(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (agency, site) = (agency_of(&request)?, site_of(&request)?);
    let made = make(&app, &agency, &site).await.map_err(|error| match error {
        PackError::Views(error) => no_answer(error),
        PackError::Books(error) => trouble::lookup(&error),
        PackError::CutOff => trouble::internal("a pack was cut off"),
    })?;
    let note = app.receipts.sign_note(&signed::text(pack::TITLE, &made));
    Ok(response::not_stored(response::text(StatusCode::OK, note)))
}

/// `POST /v1/gates/{site}/batches`. People are inside already: whatever a certified device has signed is taken, and what
/// should not have been is named.
pub(super) async fn take(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: BatchRequest = request.json()?;
    let (agency, site) = (agency_of(&request)?, site_of(&request)?);
    let not_taken = |detail: String| wrong("/batch", "not_taken", detail);
    let gates = app.books.readers().gates();
    let of_site = |known: &&KnownDevice| known.device.agency == agency && *known.device.site == *site;
    let opened = gates.devices().filter(of_site).map(|known| {
        let key = VerifyingKey::parse(&known.device.key).map_err(|error| error.to_string())?;
        let batch = Batch::open(&wanted.batch, &key).map_err(|error| error.to_string())?;
        Ok::<_, String>((known, batch))
    });
    let opened = opened.reduce(|first, next| first.or(next));
    let (known, batch) = opened
        .unwrap_or_else(|| Err("no device is certified for this site".to_owned()))
        .map_err(&not_taken)?;
    if *batch.device != *known.device.id || batch.site != site || batch.version != 1 {
        return Err(not_taken("it is for another device, site or version than its signature".to_owned()));
    }
    if batch.uses.len() + batch.passes.len() > GATE_BATCH_USES_MAX {
        return Err(not_taken(format!("at most {GATE_BATCH_USES_MAX} uses and passes come in one batch")));
    }
    if batch.passes.len() > GATE_BATCH_PASSES_MAX {
        return Err(not_taken(format!("at most {GATE_BATCH_PASSES_MAX} passes come in one batch")));
    }
    if batch.passes.iter().any(|pass| i64::try_from(pass.number).is_err()) {
        return Err(not_taken("it has a pass whose number no device ever comes to".to_owned()));
    }
    if batch.passes.iter().any(|pass| *pass.device != *known.device.id) {
        return Err(not_taken("it has a pass of another device".to_owned()));
    }
    let uses = batch.uses.iter().map(|used| (used.bill, LedgerTime::from_micros(used.at.0))).collect();
    let hash = Hash::of(wanted.batch.as_bytes()).to_string().into();
    let device = known.device.id.clone();
    // One that was taken has its bills: it is answered from the archive.
    let was_taken = app.books.gate_batch(&device, batch.number).map_err(|error| trouble::lookup(&error))?;
    let passes = if was_taken.is_some() { &[][..] } else { &batch.passes };
    let passes = billing::passes::priced(&app, &known.device, passes).await?;
    let random = rand::random();
    let ask = GateAsk::TakeBatch { device: device.clone(), number: batch.number, hash, uses, passes, random };
    let is_new = match app.books.ask_patiently(command(&request, Ask::Gate(ask))).await {
        Ok(Answer::Done { .. }) => true,
        Ok(Answer::Repeated { .. }) => false,
        Ok(Answer::Refused(refusal)) => return Err(trouble::refusal(&refusal)),
        Ok(other) => return Err(trouble::internal(format!("{other:?} answers no batch"))),
        Err(error) => return Err(trouble::books(&error)),
    };
    let taken = app.books.gate_batch(&device, batch.number).map_err(|error| trouble::lookup(&error))?;
    let taken = taken.ok_or_else(|| trouble::internal("a batch that was taken is not found"))?;
    if is_new {
        note(&taken, &device);
    }
    let body = TakenBody::of(&device, batch.number, &taken);
    Ok(response::json(if is_new { StatusCode::CREATED } else { StatusCode::OK }, &body))
}

/// What was found in a batch that is new is counted, and what should not have been is said.
fn note(taken: &TakenBatch, device: &Arc<str>) {
    for used in &taken.uses {
        counter!(GATE_USES_TOTAL.name, "outcome" => used.outcome.word()).increment(1);
        if used.outcome != UseOutcome::LetIn {
            let (outcome, sequence) = (used.outcome.word(), taken.sequence);
            tracing::warn!(%device, outcome, sequence, "A gate without the gateway let in whom it should not have.");
        }
    }
    for pass in &taken.passes {
        let outcome = pass.outcome.word();
        counter!(GATE_PASSES_TOTAL.name, "outcome" => outcome).increment(1);
        if pass.outcome != PassOutcome::Issued {
            let (number, sequence) = (pass.number, taken.sequence);
            tracing::warn!(%device, number, outcome, sequence, "A provisional pass is not as it should be.");
        }
    }
}

pub(super) fn agency_of(request: &Request<App>) -> Result<Arc<str>, Problem> {
    match request.principal.scope() {
        RowScope::Agency(agency) => Ok(agency),
        RowScope::Everything | RowScope::Nothing => {
            Err(Problem::new(Code::Forbidden, "Only an agency has gates."))
        }
    }
}

/// The name of a site: `hells-gate`.
pub(super) fn site_of(request: &Request<App>) -> Result<String, Problem> {
    let site = read_site(request.head.parameter("site"));
    site.map(str::to_owned)
        .map_err(|error| Problem::new(Code::NotFound, format!("There is no such site: {error}.")))
}

pub(super) fn wrong(pointer: &'static str, code: &'static str, detail: String) -> Problem {
    Problem::validation(vec![FieldError::new(pointer, code, detail)])
}

impl Certificate {
    fn of(device: &GateDevice, purpose: Purpose) -> Self {
        Self {
            version: 1,
            device: device.id.to_string(),
            site: device.site.to_string(),
            agency: device.agency.to_string(),
            gate: device.gate.to_string(),
            key: device.key.to_string(),
            since: Moment(device.since.micros()),
            until: Moment(device.until.micros()),
            demonstration: purpose == Purpose::Demonstration,
        }
    }
}

impl DeviceCard {
    fn of(device: &GateDevice) -> Self {
        Self {
            device: device.id.to_string(),
            agency: device.agency.to_string(),
            site: device.site.to_string(),
            gate: device.gate.to_string(),
            key: device.key.to_string(),
            since: Moment(device.since.micros()),
            until: Moment(device.until.micros()),
        }
    }
}

impl PassBody {
    fn of(pass: &GatePass) -> Self {
        let (gazetted, sequence) = match &pass.outcome {
            PassOutcome::PriceDiffers { gazetted } => (Some(*gazetted), None),
            PassOutcome::NotGazetted { gazetted } => (*gazetted, None),
            PassOutcome::NumberUsed { sequence } | PassOutcome::Repeated { sequence } => {
                (None, Some(*sequence))
            }
            _ => (None, None),
        };
        Self {
            number: pass.number,
            payment_number: pass.bill.to_string(),
            issued_at: format_rfc3339(pass.at.micros()),
            price: pass.price,
            outcome: pass.outcome.word(),
            gazetted,
            sequence,
        }
    }
}

impl DeviceBody {
    fn of(known: &KnownDevice) -> Self {
        let device = &known.device;
        Self {
            device: device.id.to_string(),
            site: device.site.to_string(),
            agency: device.agency.to_string(),
            gate: device.gate.to_string(),
            api_key_id: device.api_key.to_string(),
            since: format_rfc3339(device.since.micros()),
            until: format_rfc3339(device.until.micros()),
            batches: known.batch_count,
            revoked_at: known.revoked.map(|at| format_rfc3339(at.micros())),
        }
    }
}

impl DoubleUseBody {
    fn of(used: &DoubleUse) -> Self {
        let event = |gate: &str, at: LedgerTime, sequence, device| EventBody {
            gate: gate.to_owned(),
            at: format_rfc3339(at.micros()),
            sequence,
            device,
        };
        let device = Some(used.second_device.to_string());
        Self {
            payment_number: used.bill.to_string(),
            agency: used.agency.to_string(),
            first: event(&used.first_gate, used.first_at, used.first_sequence, None),
            second: event(&used.second_gate, used.second_at, used.second_sequence, device),
        }
    }
}

impl TakenBody {
    fn of(device: &str, number: u64, taken: &TakenBatch) -> Self {
        Self {
            device: device.to_owned(),
            number,
            sequence: taken.sequence,
            untrusted: taken.untrusted,
            uses: taken.uses.iter().map(UseBody::of).collect(),
            passes: taken.passes.iter().map(PassBody::of).collect(),
        }
    }
}

impl UseBody {
    fn of(used: &GateUse) -> Self {
        let first = match &used.outcome {
            UseOutcome::UsedTwice { gate, first_at, sequence } => Some(EventBody {
                gate: gate.to_string(),
                at: format_rfc3339(first_at.micros()),
                sequence: *sequence,
                device: None,
            }),
            _ => None,
        };
        Self {
            payment_number: used.bill.to_string(),
            at: format_rfc3339(used.at.micros()),
            outcome: used.outcome.word(),
            first,
        }
    }
}
