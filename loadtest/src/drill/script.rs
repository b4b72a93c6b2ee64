//! What happens on the day, in order, and the processes that it happens to.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::day::Day;
use super::gate;
use super::healing;
use super::payer::Bill;
use super::processes::{Running, run};
use super::world::{AGENCIES, Control, HeldUp, World};
use super::{DrillError, DrillPlan};
use crate::loopback::LoopbackUrl;

/// Until everything has started, the day has not begun.
const LEAD: Duration = Duration::from_secs(10);
/// So many bills are made that are never paid: for the gate, and to look at.
const NEVER_PAID: u64 = 20;
/// Of a thousand confirmations that were held up, so many never come, and so many come several times.
const MISSING_PER_MILLE: u16 = 200;
const REPEATED_PER_MILLE: u16 = 300;
/// When the gateway is killed it is back after so many seconds of the day, is killed again after so many, and is back for
/// good after so many.
pub(crate) const BACK_AFTER: i64 = 240;
pub(crate) const KILLED_AGAIN_AFTER: i64 = 300;
pub(crate) const BACK_FOR_GOOD_AFTER: i64 = 600;

/// The day's hours, in minutes.
pub(crate) const SILENT: i64 = 6 * 60;
pub(crate) const PROMPTS_FAIL: i64 = 8 * 60;
pub(crate) const KILLED: i64 = 9 * 60;
pub(crate) const RETURNS: i64 = 15 * 60;

/// The processes, and what is needed to start them again.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    pub(crate) gateway: Running,
    pub(crate) sandbox: Running,
    pub(crate) gate: Running,
    pub(crate) folder: PathBuf,
    arguments: Vec<String>,
}

impl Stage {
    /// Starts everything, and hands keys out.
    pub(crate) async fn set(plan: &DrillPlan, folder: &Path) -> Result<Self, DrillError> {
        let day = Day::beginning_in(LEAD, plan.speed, plan.day_scale);
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let path = |name: &str| folder.join(name).display().to_string();
        let time = texts(&["--speed", &plan.speed.to_string(), "--clock", &day.clock_flag()]);
        let own = ["sandbox", "--fast", "--sandbox-listen", "127.0.0.1:0", "--data", &path("sandbox")];
        let arguments = [texts(&own), time.clone()].concat();
        let sandbox = Running::start(&plan.malipo, &arguments, folder, "sandbox").await?;
        let own =
            ["demo", "--data", &path("data"), "--services", "0", "--sandbox", &sandbox.told("sandbox")?];
        let mut arguments = [texts(&own), time].concat();
        let first = [arguments.clone(), listening("127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0")].concat();
        let gateway = Running::start(&plan.malipo, &first, folder, "gateway").await?;
        let at = |name: &str| gateway.told(name).and_then(|url| address(&url));
        // It comes back where it was.
        arguments.extend(listening(
            at("public")?.authority(),
            at("callbacks")?.authority(),
            at("admin")?.authority(),
        ));
        let mut keys = Vec::new();
        for agency in AGENCIES {
            let flags = ["keys", "create", "--role", "agency_integrator", "--agency", agency.code];
            let key = run(&plan.malipo, &[&flags[..], &["--data", &path("data")]].concat()).await?;
            keys.push(key.trim().to_owned());
        }
        let gate = open_gate(plan, folder, &gateway.told("public")?, &keys).await?;
        let places = [at("public")?, address(&sandbox.told("sandbox")?)?, address(&gate.told("gate")?)?];
        let mut world = World::new(plan.clone(), day, places, &keys, &gateway.told("treasury_key")?)?;
        world.never_paid = never_paid(&world).await?;
        Ok(Self { world: Arc::new(world), gateway, sandbox, gate, folder: folder.to_path_buf(), arguments })
    }

    /// Plays the day up to the return of everything.
    pub(crate) async fn play(&mut self) -> Result<(), DrillError> {
        let world = Arc::clone(&self.world);
        let day = world.day.clone();
        people_err(&world).await?;
        let silent = json!({
            "seed": world.plan.seed, "confirmation_withheld_per_mille": 1_000,
            "validation_dead_per_mille": 1_000, "pull_down_per_mille": 1_000,
        });
        day.until(day.second_of(SILENT)).await;
        world.control(Control::Put, "/control/faults", &silent).await?;
        world.note("The paybill goes silent: money moves, and nobody is told");

        let mut failing = silent;
        failing["push_down_per_mille"] = json!(1_000);
        failing["query_down_per_mille"] = json!(1_000);
        day.until(day.second_of(PROMPTS_FAIL)).await;
        world.control(Control::Put, "/control/faults", &failing).await?;
        world.note("Prompts fail");

        let killed = day.second_of(KILLED);
        day.until(killed).await;
        self.kill("The gateway is killed").await;
        day.until(killed + BACK_AFTER).await;
        self.start_again().await?;
        day.until(killed + KILLED_AGAIN_AFTER).await;
        self.kill("The gateway is killed again").await;
        day.until(killed + BACK_FOR_GOOD_AFTER).await;
        self.start_again().await?;

        day.until(day.second_of(RETURNS)).await;
        world.control(Control::Put, "/control/faults", &json!({"seed": world.plan.seed})).await?;
        let late = json!({
            "seed": world.plan.seed,
            "confirmation_lost_per_mille": MISSING_PER_MILLE,
            "confirmation_repeated_per_mille": REPEATED_PER_MILLE,
        });
        let released = world.control(Control::Post, "/control/withheld/release", &late).await?;
        let count = |name: &str| released[name].as_u64().unwrap_or(0);
        let (all, lost, repeated) = (count("released"), count("lost"), count("repeated"));
        world.seen().held_up = HeldUp { all, repeated, lost };
        world.note(format!(
            "Everything returns, with {all} confirmations that were held up: {repeated} come three times, {lost} never"
        ));
        let found = healing::bring(&world, "afternoon").await?;
        world.note(format!("Slips and the batches of card terminals are brought, with {found} payments"));
        Ok(())
    }

    async fn kill(&mut self, what: &str) {
        if let Some(status) = self.gateway.kill().await {
            self.world.seen().wrong.push(format!("the gateway had ended by itself with {status}"));
        }
        self.world.note(what);
        let now = self.world.day.now();
        self.world.seen().gone.push((now, None));
    }

    async fn start_again(&mut self) -> Result<(), DrillError> {
        let malipo = &self.world.plan.malipo;
        self.world.note("It is started again");
        self.gateway = Running::start(malipo, &self.arguments, &self.folder, "gateway").await?;
        let now = self.world.day.now();
        if let Some((_, back)) = self.world.seen().gone.last_mut() {
            *back = Some(now);
        }
        self.world.note("It answers");
        Ok(())
    }
}

/// What people do with slips and batches, all day.
async fn people_err(world: &World) -> Result<(), DrillError> {
    let seed = world.plan.seed;
    let of_terminals = json!({
        "seed": seed, "batch_lost_per_mille": 500, "batch_twice_per_mille": 500,
        "batch_overlapping_per_mille": 500, "batch_shuffled_per_mille": 500,
    });
    let of_slips = json!({
        "seed": seed, "late_per_mille": 200, "repeated_per_mille": 200, "file_overlapping_per_mille": 500,
        "file_shuffled_per_mille": 500, "file_twice_per_mille": 500,
    });
    world.control(Control::Put, "/control/terminals/kws/faults", &of_terminals).await?;
    world.control(Control::Put, "/control/banks/kcb/slips/faults", &of_slips).await?;
    Ok(())
}

/// A device is certified for a gate, and its program runs from then on, whatever becomes of the gateway.
async fn open_gate(
    plan: &DrillPlan,
    folder: &Path,
    gateway: &str,
    keys: &[String],
) -> Result<Running, DrillError> {
    let path = |name: &str| folder.join(name).display().to_string();
    let (device, key_file) = (path("gate"), path("gate-agency-key"));
    let place = AGENCIES.iter().position(|agency| agency.code == gate::AGENCY).unwrap_or(0);
    std::fs::write(&key_file, &keys[place]).map_err(|error| DrillError::File(key_file.clone(), error))?;
    let enrol = ["gate", "enrol", "--gateway", gateway, "--key-file", &key_file, "--agency", gate::AGENCY];
    let for_where = ["--site", gate::SITE, "--gate", gate::GATE, "--data", &device];
    run(&plan.malipo, &[&enrol[..], &for_where].concat()).await?;
    // Whoever certifies keeps no key at the gate.
    std::fs::remove_file(&key_file).map_err(|error| DrillError::File(key_file.clone(), error))?;
    let (every, speed) = (gate::ASKS_EVERY_SECONDS.to_string(), plan.speed.to_string());
    let flags = ["--listen", "127.0.0.1:0", "--every", &every, "--speed", &speed, "--data", &device];
    let arguments: Vec<String> =
        ["gate", "run"].iter().chain(&flags).map(|text| (*text).to_owned()).collect();
    Running::start(&plan.malipo, &arguments, folder, "gate").await
}

/// Bills of the agency of the gate that nobody pays.
async fn never_paid(world: &World) -> Result<Vec<(Box<str>, u64)>, DrillError> {
    let agency = AGENCIES.iter().position(|agency| agency.code == gate::AGENCY).unwrap_or(0);
    let mut bills = Vec::new();
    for number in 0..NEVER_PAID {
        let once = format!("drill-never-paid-{}-{number:016}", world.plan.seed);
        let made = world.post("/v1/bills", &world.keys[agency], &once, &world.order(agency, number)).await;
        let bill = made.as_ref().and_then(|(_, body)| Bill::read(body));
        let bill = bill.ok_or_else(|| DrillError::Answer(format!("no bill was made: {made:?}")))?;
        bills.push((bill.id, bill.number));
    }
    Ok(bills)
}

fn address(url: &str) -> Result<LoopbackUrl, DrillError> {
    url.parse().map_err(|error| DrillError::Answer(format!("{error}")))
}

fn listening(public: &str, callback: &str, admin: &str) -> Vec<String> {
    let at = |key: &str, address: &str| ["--set".to_owned(), format!("{key}.listen={address}")];
    [at("public", public), at("callback", callback), at("admin", admin)].concat()
}
