//! How often strangers may ask for what could be guessed, and for what disturbs somebody.
//!
//! A receipt number has forty bits, so that it can be typed from paper; whoever tries numbers by the thousand finds
//! other people's. A prompt rings a phone whose owner need not have asked for it. A bill is kept for ever. Each has a limit that
//! nobody meets who means well. Addresses that no stranger has (loopback, private networks: a proxy of ours, an agency's office) are not
//! counted: behind them there may be anybody.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use ledger::ShortKey;

use crate::channels::mpesa::subscriber::Subscriber;
use crate::http::client_address::{counted_as, is_a_strangers};

/// Look-ups of receipts by number, from one address: many phones share one at a mobile operator.
const RECEIPTS_PER_MINUTE: u32 = 300;
/// Payments and applications that are looked for, from one address.
const SOUGHT_PER_MINUTE: u32 = 60;
/// Payments of one phone that are looked for, and trials of a phone with one payment number, whoever asks: so many at once,
/// and one more each ten minutes.
const TRIALS_AT_ONCE: u32 = 5;
const TRIAL_EVERY: Duration = Duration::from_secs(600);
/// Prompts that guests ask for, from one address.
const GUEST_PROMPTS_PER_MINUTE: u32 = 60;
/// Bills that guests make, from one address.
const GUEST_BILLS_PER_MINUTE: u32 = 60;
/// Prompts on one phone, whoever asks for them: so many at once, and one more each minute.
const PROMPTS_PER_PHONE: u32 = 10;
/// Drafts of catalogues by one key: so many at once, and one more each ten seconds. Checking one takes a second of a
/// processor.
const DRAFTS_AT_ONCE: u32 = 10;
const DRAFT_EVERY: Duration = Duration::from_secs(10);
/// Closures and openings by one key: so many at once, and one more each second. Each is a record for ever, and everybody is
/// told of it.
const CLOSURES_AT_ONCE: u32 = 120;
/// Tries to sign in to one account from one address: so many at once, and one more each half minute. Nobody types faster
/// than their app shows new codes.
const SIGN_INS_AT_ONCE: u32 = 6;
const SIGN_IN_EVERY: Duration = Duration::from_secs(30);
/// Tries to sign in to one account from anywhere. A guess at the code of an app is right three times in a million, and
/// then only for whoever has the password: one a minute takes more than two hundred days on average.
const SIGN_INS_TO_ACCOUNT_AT_ONCE: u32 = 60;
/// Tries to sign in, or to use an invitation, from one address of strangers.
const SIGN_INS_PER_MINUTE: u32 = 60;
/// Lines of the log about strangers: so many at once, and as many more each second.
const LINES_PER_SECOND: u32 = 20;

/// Asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("asked too often; again in {} seconds", .wait.as_secs() + 1)]
pub struct TooOften {
    /// Until it may be asked again.
    pub wait: Duration,
}

/// What has been asked for lately, and by whom. Nothing of it is kept beyond minutes or written anywhere.
pub struct RateLimits {
    receipts: DefaultKeyedRateLimiter<IpAddr>,
    sought: DefaultKeyedRateLimiter<IpAddr>,
    phones_sought: DefaultKeyedRateLimiter<Subscriber>,
    references_tracked: DefaultKeyedRateLimiter<Box<str>>,
    guest_prompts: DefaultKeyedRateLimiter<IpAddr>,
    guest_bills: DefaultKeyedRateLimiter<IpAddr>,
    phones: DefaultKeyedRateLimiter<Subscriber>,
    drafts: DefaultKeyedRateLimiter<Arc<str>>,
    closures: DefaultKeyedRateLimiter<Arc<str>>,
    sign_ins_from: DefaultKeyedRateLimiter<(ShortKey, IpAddr)>,
    sign_ins_to: DefaultKeyedRateLimiter<ShortKey>,
    sign_in_addresses: DefaultKeyedRateLimiter<IpAddr>,
    strange_callbacks: LogLimit,
}

impl RateLimits {
    /// Nobody has asked for anything.
    pub fn new() -> Self {
        Self {
            receipts: RateLimiter::keyed(Quota::per_minute(count(RECEIPTS_PER_MINUTE))),
            sought: RateLimiter::keyed(Quota::per_minute(count(SOUGHT_PER_MINUTE))),
            phones_sought: RateLimiter::keyed(trials()),
            references_tracked: RateLimiter::keyed(trials()),
            guest_prompts: RateLimiter::keyed(Quota::per_minute(count(GUEST_PROMPTS_PER_MINUTE))),
            guest_bills: RateLimiter::keyed(Quota::per_minute(count(GUEST_BILLS_PER_MINUTE))),
            phones: RateLimiter::keyed(Quota::per_minute(count(1)).allow_burst(count(PROMPTS_PER_PHONE))),
            drafts: RateLimiter::keyed(
                Quota::with_period(DRAFT_EVERY)
                    .expect("ten seconds are more than nothing")
                    .allow_burst(count(DRAFTS_AT_ONCE)),
            ),
            closures: RateLimiter::keyed(Quota::per_second(count(1)).allow_burst(count(CLOSURES_AT_ONCE))),
            sign_ins_from: RateLimiter::keyed(
                Quota::with_period(SIGN_IN_EVERY)
                    .expect("half a minute is more than nothing")
                    .allow_burst(count(SIGN_INS_AT_ONCE)),
            ),
            sign_ins_to: RateLimiter::keyed(
                Quota::per_minute(count(1)).allow_burst(count(SIGN_INS_TO_ACCOUNT_AT_ONCE)),
            ),
            sign_in_addresses: RateLimiter::keyed(Quota::per_minute(count(SIGN_INS_PER_MINUTE))),
            strange_callbacks: LogLimit::new(),
        }
    }

    /// Whether one more callback from where none is expected is worth a line of the log. A metric counts them all.
    pub fn may_log_stranger(&self) -> bool {
        self.strange_callbacks.has_room()
    }

    /// Somebody looks a receipt up by its number.
    pub fn receipt_is_looked_up(&self, client: IpAddr) -> Result<(), TooOften> {
        if is_a_strangers(client) { check(&self.receipts, &counted_as(client)) } else { Ok(()) }
    }

    /// Somebody looks for a payment or an application.
    pub fn something_is_sought(&self, client: IpAddr) -> Result<(), TooOften> {
        if is_a_strangers(client) { check(&self.sought, &counted_as(client)) } else { Ok(()) }
    }

    /// Somebody looks for a payment of this phone.
    pub fn phone_is_sought(&self, phone: Subscriber) -> Result<(), TooOften> {
        check(&self.phones_sought, &phone)
    }

    /// Somebody tries a phone with this payment number or receipt number, whether or not there is one: a limit for those that
    /// there are would tell which they are.
    pub fn reference_is_tracked(&self, reference: &str) -> Result<(), TooOften> {
        check(&self.references_tracked, &reference.into())
    }

    /// A guest wants a prompt to be sent.
    pub fn guest_wants_prompt(&self, client: IpAddr) -> Result<(), TooOften> {
        if is_a_strangers(client) { check(&self.guest_prompts, &counted_as(client)) } else { Ok(()) }
    }

    /// A guest wants a bill.
    pub fn guest_makes_bill(&self, client: IpAddr) -> Result<(), TooOften> {
        if is_a_strangers(client) { check(&self.guest_bills, &counted_as(client)) } else { Ok(()) }
    }

    /// A phone is about to ring.
    pub fn phone_is_asked(&self, phone: Subscriber) -> Result<(), TooOften> {
        check(&self.phones, &phone)
    }

    /// Somebody tries to sign in with this name, whether or not anybody has it. Everybody is counted: a guess is as good
    /// from an office as from anywhere.
    pub fn sign_in_is_tried(&self, login: &str, client: IpAddr) -> Result<(), TooOften> {
        self.invitation_is_tried(client)?;
        let login = ShortKey::of(login);
        check(&self.sign_ins_from, &(login, counted_as(client)))?;
        check(&self.sign_ins_to, &login)
    }

    /// Somebody tries to use an invitation.
    pub fn invitation_is_tried(&self, client: IpAddr) -> Result<(), TooOften> {
        if is_a_strangers(client) { check(&self.sign_in_addresses, &counted_as(client)) } else { Ok(()) }
    }

    /// Somebody begins to sign in through the identity provider, or comes back from it.
    pub fn provider_is_asked(&self, client: IpAddr) -> Result<(), TooOften> {
        self.invitation_is_tried(client)
    }

    /// Somebody's key drafts a catalogue.
    pub fn catalogue_is_drafted(&self, principal: &Arc<str>) -> Result<(), TooOften> {
        check(&self.drafts, principal)
    }

    /// Somebody's key closes or opens something.
    pub fn availability_is_set(&self, principal: &Arc<str>) -> Result<(), TooOften> {
        check(&self.closures, principal)
    }

    /// Lets go of everybody who may ask as often as one who never has. Asked regularly, or memory would grow.
    pub fn forget(&self) {
        self.receipts.retain_recent();
        self.receipts.shrink_to_fit();
        self.sought.retain_recent();
        self.sought.shrink_to_fit();
        self.phones_sought.retain_recent();
        self.phones_sought.shrink_to_fit();
        self.references_tracked.retain_recent();
        self.references_tracked.shrink_to_fit();
        self.guest_prompts.retain_recent();
        self.guest_prompts.shrink_to_fit();
        self.guest_bills.retain_recent();
        self.guest_bills.shrink_to_fit();
        self.phones.retain_recent();
        self.phones.shrink_to_fit();
        self.drafts.retain_recent();
        self.drafts.shrink_to_fit();
        self.closures.retain_recent();
        self.closures.shrink_to_fit();
        self.sign_ins_from.retain_recent();
        self.sign_ins_from.shrink_to_fit();
        self.sign_ins_to.retain_recent();
        self.sign_ins_to.shrink_to_fit();
        self.sign_in_addresses.retain_recent();
        self.sign_in_addresses.shrink_to_fit();
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// How many lines of the log strangers can cause: what each of them did is counted by metrics.
pub struct LogLimit(DefaultDirectRateLimiter);

impl LogLimit {
    /// A limit of its own, for one kind of line.
    pub fn new() -> Self {
        Self(RateLimiter::direct(Quota::per_second(count(LINES_PER_SECOND))))
    }

    /// Whether one more line may be written now.
    pub fn has_room(&self) -> bool {
        self.0.check().is_ok()
    }
}

impl Default for LogLimit {
    fn default() -> Self {
        Self::new()
    }
}

fn trials() -> Quota {
    Quota::with_period(TRIAL_EVERY)
        .expect("ten minutes are more than nothing")
        .allow_burst(count(TRIALS_AT_ONCE))
}

const fn count(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("no limit of ours is nothing")
}

fn check<K: Clone + Eq + std::hash::Hash>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> Result<(), TooOften> {
    limiter
        .check_key(key)
        .map_err(|until| TooOften { wait: until.wait_time_from(DefaultClock::default().now()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_tries_receipt_numbers_is_stopped_and_nobody_else() {
        let limits = RateLimits::new();
        let stranger: IpAddr = "203.0.113.7".parse().unwrap();
        for _ in 0..RECEIPTS_PER_MINUTE {
            limits.receipt_is_looked_up(stranger).unwrap();
        }
        let refused = limits.receipt_is_looked_up(stranger).unwrap_err();
        assert!(refused.wait <= Duration::from_secs(1), "{refused}");
        limits.receipt_is_looked_up("203.0.113.8".parse().unwrap()).unwrap();
        for ours in ["127.0.0.1", "10.1.2.3", "::1", "fd00::7", "::ffff:192.168.1.1"] {
            for _ in 0..=RECEIPTS_PER_MINUTE {
                limits.receipt_is_looked_up(ours.parse().unwrap()).unwrap();
            }
        }
        // Whoever asked once is forgotten as soon as that makes no difference; who asks too often is not.
        for _ in 0..500 {
            limits.forget();
            if limits.receipts.len() == 1 {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} are remembered", limits.receipts.len());
    }

    #[test]
    fn whoever_has_a_network_of_addresses_is_one_stranger() {
        let limits = RateLimits::new();
        let refused = (0..=RECEIPTS_PER_MINUTE)
            .filter(|host| {
                let address: IpAddr = format!("2001:db8:1:2::{host:x}").parse().unwrap();
                limits.receipt_is_looked_up(address).is_err()
            })
            .count();
        assert_eq!(refused, 1);
    }

    #[test]
    fn a_phone_rings_so_often_and_no_more() {
        let limits = RateLimits::new();
        let phone = |digits: &str| Subscriber::parse(digits).unwrap();
        for _ in 0..PROMPTS_PER_PHONE {
            limits.phone_is_asked(phone("0712345678")).unwrap();
        }
        let refused = limits.phone_is_asked(phone("+254 712 345 678")).unwrap_err();
        assert!(refused.wait <= Duration::from_secs(60), "{refused}");
        limits.phone_is_asked(phone("0712345679")).unwrap();
    }

    #[test]
    fn nobody_tries_phones_until_one_fits() {
        let limits = RateLimits::new();
        let (mine, others) = ("407155201831", "7K2M94QX");
        let phone = |digits: &str| Subscriber::parse(digits).unwrap();
        for _ in 0..TRIALS_AT_ONCE {
            limits.reference_is_tracked(mine).unwrap();
            limits.phone_is_sought(phone("0712345678")).unwrap();
        }
        assert!(limits.reference_is_tracked(mine).unwrap_err().wait <= TRIAL_EVERY);
        assert!(limits.phone_is_sought(phone("0712345678")).is_err());
        limits.reference_is_tracked(others).unwrap();
        limits.phone_is_sought(phone("0712345679")).unwrap();
    }

    #[test]
    fn lines_about_strangers_have_an_end() {
        let limit = LogLimit::new();
        let written = (0..1000).filter(|_| limit.has_room()).count();
        assert!((LINES_PER_SECOND as usize..=2 * LINES_PER_SECOND as usize).contains(&written), "{written}");
    }
}
