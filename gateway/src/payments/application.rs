//! An application: what becomes of it at the agency once its bill is paid, as one table: from, event, to. What is not in the
//! table does not happen. That it was made, and that it was paid for, its bill says.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use catalog::Holidays;
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::bill::Bill;
use super::number::PaymentNumber;
use super::totals::revenue_day;
use crate::clock::{day_as_date, start_of_east_africa_day};
use ApplicationNews as News;
use ApplicationState as State;

/// So many steps are kept with an application: the latest.
pub(super) const STEPS_MAX: usize = 20;
/// So many reports are decided on together, at most. They are records of one batch, and there is a quarter of a MiB between the
/// length from which a batch takes no further decision and the one that it must not pass.
pub const REPORTS_TOGETHER_MAX: usize = 400;
/// The longest name of a centre, in bytes.
pub const CENTRE_LEN_MAX: usize = 60;
/// The most digits in it.
const CENTRE_DIGITS_MAX: usize = 4;

/// What an application is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationState {
    /// It is paid for, and the agency has not said that it has it.
    Paid,
    /// The agency works on it.
    AtAgency,
    /// The agency has a question to the applicant.
    QueryRaised,
    /// The document lies ready at a centre.
    Ready,
    /// The applicant has it.
    Collected,
    /// Nobody collected it; it went back to the agency.
    Returned,
}

/// What an agency reports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "snake_case")]
pub enum ApplicationNews {
    /// It has the application, or has it again.
    AtAgency,
    /// It has a question.
    QueryRaised {
        /// What about.
        reason: QueryReason,
    },
    /// The document is ready.
    Ready {
        /// Where.
        centre: Centre,
    },
    /// The applicant has it.
    Collected,
    /// It went back.
    Returned,
}

/// What an agency asks about. Words of a closed list: what an officer writes freely may name somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryReason {
    /// Papers are missing or cannot be read.
    Documents,
    /// The photograph cannot be used.
    Photo,
    /// Something that was stated does not agree with the agency's records.
    Details,
    /// The applicant has to come in person.
    Visit,
    /// Something else: the agency tells what.
    Other,
}

/// Where a document is collected: the public name of a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Centre(Arc<str>);

/// The text is not the name of a centre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a place is named with 2 to {CENTRE_LEN_MAX} letters, {CENTRE_DIGITS_MAX} digits at most, spaces and - ' . ( ) / only"
)]
pub struct NotACentre;

/// The whole life: from, what is reported, to.
pub const APPLICATION_LIFE: &[(State, &str, State)] = &[
    (State::Paid, "at_agency", State::AtAgency),
    (State::Paid, "query_raised", State::QueryRaised),
    (State::Paid, "ready", State::Ready),
    (State::AtAgency, "query_raised", State::QueryRaised),
    (State::AtAgency, "ready", State::Ready),
    // The question was answered.
    (State::QueryRaised, "at_agency", State::AtAgency),
    (State::QueryRaised, "ready", State::Ready),
    // It was found to be wrong before anybody came.
    (State::Ready, "at_agency", State::AtAgency),
    // It was sent to another centre.
    (State::Ready, "ready", State::Ready),
    (State::Ready, "collected", State::Collected),
    (State::Ready, "returned", State::Returned),
    // The applicant came after all.
    (State::Returned, "ready", State::Ready),
    (State::Returned, "collected", State::Collected),
];

/// An application and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its bill.
    pub bill: PaymentNumber,
    /// Who works on it.
    pub agency: Arc<str>,
    /// What was applied for.
    pub service: Arc<str>,
    /// What it is now.
    pub state: ApplicationState,
    /// Since when.
    pub since: LedgerTime,
    /// When its bill was paid: the clock of the promise starts.
    pub paid: LedgerTime,
    /// The last day on which the promise is kept, as days since 1 January 1970 in East Africa Time; nothing where the
    /// agency promises nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_day: Option<i32>,
    /// The day on which it was first ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_day: Option<i32>,
    /// What was reported, twenty at most, in order.
    pub steps: Vec<ApplicationStep>,
    /// Sequence of the record that changed it last.
    pub changed_by: u64,
}

/// One report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationStep {
    /// What.
    #[serde(flatten)]
    pub news: ApplicationNews,
    /// When it was recorded.
    pub at: LedgerTime,
}

/// What the journal keeps of applications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "application", rename_all = "snake_case")]
pub enum ApplicationEvent {
    /// An agency reported.
    Moved(ApplicationMoved),
}

/// A report, with what whoever reads the record alone needs: whom to tell is sealed with the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationMoved {
    /// Its bill.
    pub bill: PaymentNumber,
    /// Who reported.
    pub agency: Arc<str>,
    /// What was applied for.
    pub service: Arc<str>,
    /// What was reported.
    #[serde(flatten)]
    pub news: ApplicationNews,
    /// What the application is now.
    pub to: ApplicationState,
    /// When its bill was paid.
    pub paid: LedgerTime,
    /// The last day on which the promise is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_day: Option<i32>,
}

/// How an application stands to the agency's promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Nothing is promised.
    None,
    /// There is time, or it was ready in time.
    OnTime,
    /// The last day is today.
    DueToday,
    /// It is, or was, ready so many days too late.
    Late {
        /// How many.
        days: u32,
    },
}

impl ApplicationState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Paid, Self::AtAgency, Self::QueryRaised, Self::Ready, Self::Collected, Self::Returned];

    /// What the application becomes; nothing if this cannot happen to it now.
    pub fn after(self, news: &ApplicationNews) -> Option<Self> {
        let word = news.word();
        APPLICATION_LIFE.iter().find(|(from, on, _)| *from == self && *on == word).map(|(_, _, to)| *to)
    }

    /// Whether an agency may report `to` of an application that is this.
    pub fn may_be_followed_by(self, to: Self) -> bool {
        APPLICATION_LIFE.iter().any(|(from, _, then)| *from == self && *then == to)
    }

    /// True once nothing more is expected.
    pub fn is_finished(self) -> bool {
        matches!(self, Self::Collected | Self::Returned)
    }

    /// The word that the API, pages and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paid => "paid",
            Self::AtAgency => "at_agency",
            Self::QueryRaised => "query_raised",
            Self::Ready => "ready",
            Self::Collected => "collected",
            Self::Returned => "returned",
        }
    }
}

impl ApplicationNews {
    /// The word that the API and files use: that of the state that it leads to.
    pub const fn word(&self) -> &'static str {
        match self {
            News::AtAgency => State::AtAgency.word(),
            News::QueryRaised { .. } => State::QueryRaised.word(),
            News::Ready { .. } => State::Ready.word(),
            News::Collected => State::Collected.word(),
            News::Returned => State::Returned.word(),
        }
    }

    /// The centre that it names.
    pub fn centre(&self) -> Option<&Centre> {
        if let News::Ready { centre } = self { Some(centre) } else { None }
    }
}

impl QueryReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Documents, Self::Photo, Self::Details, Self::Visit, Self::Other];

    /// The word that the API and files use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Photo => "photo",
            Self::Details => "details",
            Self::Visit => "visit",
            Self::Other => "other",
        }
    }
}

impl Application {
    /// An application that was just paid for, of which the agency has said nothing.
    pub fn new(moved: &ApplicationMoved) -> Self {
        Self {
            bill: moved.bill,
            agency: Arc::clone(&moved.agency),
            service: Arc::clone(&moved.service),
            state: State::Paid,
            since: moved.paid,
            paid: moved.paid,
            due_day: moved.due_day,
            ready_day: None,
            steps: Vec::new(),
            changed_by: 0,
        }
    }

    /// The application of a bill of which the agency has said nothing yet; nothing unless the bill is paid.
    pub fn of_bill(bill: &Bill, holidays: &Holidays) -> Option<Self> {
        let terms = &bill.terms;
        let paid = bill.completed().filter(|_| bill.state.is_settled())?;
        Some(Self {
            bill: terms.number,
            agency: Arc::clone(&terms.agency),
            service: Arc::clone(&terms.service),
            state: State::Paid,
            since: paid,
            paid,
            due_day: terms.promised_working_days.map(|days| due_day(paid, days, holidays)),
            ready_day: None,
            steps: Vec::new(),
            changed_by: bill.changed_by,
        })
    }

    /// Notes a report that was recorded.
    pub(super) fn note(&mut self, moved: &ApplicationMoved, at: LedgerTime, sequence: u64) {
        self.state = moved.to;
        self.since = at;
        self.changed_by = sequence;
        if moved.to == State::Ready {
            self.ready_day.get_or_insert(revenue_day(at));
        }
        if self.steps.len() == STEPS_MAX {
            self.steps.remove(0);
        }
        self.steps.push(ApplicationStep { news: moved.news.clone(), at });
    }

    /// Where it lies, if it is ready.
    pub fn centre(&self) -> Option<&Centre> {
        let latest = self.steps.last().filter(|_| self.state == State::Ready);
        latest.and_then(|step| step.news.centre())
    }

    /// Whether this is what was reported last: saying it again is no step.
    pub fn has_heard(&self, news: &ApplicationNews) -> bool {
        self.steps.last().is_some_and(|latest| latest.news == *news)
    }

    /// How it stands to the promise on this day.
    pub fn promise(&self, today: i32) -> Promise {
        Promise::of(self.due_day, self.ready_day.unwrap_or(today), self.ready_day.is_some())
    }
}

impl Promise {
    /// How something stands that is due on one day and is looked at, or was ready, on another.
    pub fn of(due_day: Option<i32>, day: i32, is_ready: bool) -> Self {
        let Some(due) = due_day else { return Self::None };
        match u32::try_from(day.saturating_sub(due)) {
            Err(_) => Self::OnTime,
            Ok(0) if is_ready => Self::OnTime,
            Ok(0) => Self::DueToday,
            Ok(days) => Self::Late { days },
        }
    }
}

/// The last day on which a promise of so many working days is kept, counted from the day after the payment. Saturdays,
/// Sundays and public holidays do not count.
pub fn due_day(paid: LedgerTime, working_days: u16, holidays: &Holidays) -> i32 {
    let last = holidays.working_days_after(day_as_date(revenue_day(paid)), working_days);
    revenue_day(LedgerTime::from_micros(start_of_east_africa_day(last)))
}

impl Centre {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has more digits, of whatever script, than the number of a place. A record may have such a name; nothing
    /// that is written now may, because telephone and identity numbers are as long.
    pub fn has_long_number(&self) -> bool {
        self.0.chars().filter(|letter| letter.is_numeric()).count() > CENTRE_DIGITS_MAX
    }
}

impl fmt::Display for Centre {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Centre {
    type Err = NotACentre;

    fn from_str(text: &str) -> Result<Self, NotACentre> {
        let text = text.trim();
        let is_form = (2..=CENTRE_LEN_MAX).contains(&text.len())
            && text.chars().all(|letter| letter.is_alphanumeric() || " -'’.()/".contains(letter))
            // A telephone or identity number is longer than any number of a place.
            && text.chars().filter(char::is_ascii_digit).count() <= CENTRE_DIGITS_MAX
            && text.chars().any(char::is_alphabetic);
        if is_form { Ok(Self(text.into())) } else { Err(NotACentre) }
    }
}

impl TryFrom<String> for Centre {
    type Error = NotACentre;

    fn try_from(text: String) -> Result<Self, NotACentre> {
        text.parse()
    }
}

impl From<Centre> for String {
    fn from(centre: Centre) -> Self {
        centre.0.as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::parse_rfc3339;

    fn day(text: &str) -> i32 {
        revenue_day(LedgerTime::from_micros(start_of_east_africa_day(text.parse().unwrap())))
    }

    #[test]
    fn one_report_leads_to_one_state_and_what_is_collected_stays_collected() {
        for (index, (from, on, to)) in APPLICATION_LIFE.iter().enumerate() {
            let again =
                APPLICATION_LIFE[index + 1..].iter().any(|(other, word, _)| other == from && word == on);
            assert!(!again, "{from:?} {on} stands twice");
            assert_eq!(to.word(), *on, "a report says what the application is now");
            assert_ne!(*from, State::Collected);
        }
        let reachable = |state: &&State| APPLICATION_LIFE.iter().any(|(_, _, to)| to == *state);
        assert_eq!(State::ALL.iter().filter(reachable).count(), State::ALL.len() - 1);
    }

    #[test]
    fn a_promise_counts_working_days_from_the_day_after_the_payment() {
        let paid = |text| LedgerTime::from_micros(parse_rfc3339(text).unwrap());
        let embedded = catalog::Catalogue::embedded();
        let due = |paid, days| due_day(paid, days, embedded.holidays());
        // Friday 20 November 2026, late in the evening in Nairobi.
        let friday = paid("2026-11-20T20:30:00Z");
        assert_eq!(due(friday, 0), day("2026-11-20"));
        assert_eq!(due(friday, 1), day("2026-11-23"));
        assert_eq!(due(friday, 10), day("2026-12-04"));
        // Half an hour later it is Saturday there.
        assert_eq!(due(paid("2026-11-20T21:00:00Z"), 1), day("2026-11-23"));
        // Christmas is a Friday, and a catalogue that knows no holidays counts it.
        let before_christmas = paid("2026-12-24T09:00:00Z");
        assert_eq!(due(before_christmas, 1), day("2026-12-28"));
        assert_eq!(due_day(before_christmas, 1, &Holidays::default()), day("2026-12-25"));
    }

    #[test]
    fn the_promise_is_kept_on_its_last_day_and_broken_the_day_after() {
        let due = Some(day("2026-12-04"));
        let on = |text, is_ready| Promise::of(due, day(text), is_ready);
        assert_eq!(on("2026-12-03", false), Promise::OnTime);
        assert_eq!(on("2026-12-04", false), Promise::DueToday);
        assert_eq!(on("2026-12-04", true), Promise::OnTime);
        assert_eq!(on("2026-12-06", false), Promise::Late { days: 2 });
        assert_eq!(on("2026-12-06", true), Promise::Late { days: 2 });
        assert_eq!(Promise::of(None, day("2026-12-06"), false), Promise::None);
    }

    #[test]
    fn a_centre_is_a_place_and_no_message() {
        for name in ["Huduma Centre GPO Nairobi", "Murang’a", "NTSA Likoni Road (Hall 2)"] {
            assert_eq!(name.parse::<Centre>().unwrap().to_string(), name);
        }
        let in_other_digits: Centre = "Nyeri ٠٧١٢٣٤٥٦٧٨".parse().unwrap();
        assert!(in_other_digits.has_long_number(), "a record that has it is read, and it is seen");
        assert!(!"Hall 1234".parse::<Centre>().unwrap().has_long_number());
        for name in ["", "x", "0712345678", "call me: 0712", "a\nb", &"x".repeat(61)] {
            assert!(name.parse::<Centre>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn records_of_today_are_read_for_ever() {
        let text = r#"{"event":"application","application":"moved","bill":"PLACE","agency":"NTSA","service":"renew-driving-licence","on":"ready","centre":"Nyeri","to":"ready","paid":1,"due_day":20791}"#;
        let number = serde_json::to_string(&PaymentNumber::from_random(3)).unwrap();
        let text = text.replace("\"PLACE\"", &number);
        let event: crate::payments::Event = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&event).unwrap(), text);
    }
}
