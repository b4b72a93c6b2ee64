//! Reading what a payer typed as the account number, as it was meant: with the marks, labels and look-alikes that people put
//! into it, and never in two ways.

use catalog::{AccountForm, AccountMeaning, without_look_alikes};

use super::command::Addressed;
use super::event::SuspenseReason;
use super::number::{NotAPaymentNumber, PaymentNumber, TypedAccount};
use super::reference::{Held, Owner, ReferenceKey, TypedReference};

/// What people copy along with a number, in capitals and without marks; the longer before what it begins with. One after the
/// other is taken off, and only from a text that is nothing with it.
const LABELS: [&str; 22] = [
    "ACCOUNTNUMBER",
    "PAYMENTNUMBER",
    "INVOICENUMBER",
    "ACCOUNTNO",
    "PAYMENTNO",
    "INVOICENO",
    "ACCNUMBER",
    "AKAUNTI",
    "ACCOUNT",
    "PAYMENT",
    "INVOICE",
    "NAMBARI",
    "BILLNO",
    "ACCNO",
    "REFNO",
    "ACNO",
    "BILL",
    "ACC",
    "REF",
    "PRN",
    "AC",
    "NO",
];

/// What a typed account number is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountReading<'f> {
    /// A payment number, right to its check digit.
    Number(PaymentNumber),
    /// Twelve digits with a slip in them.
    BadCheckDigit,
    /// The reference of a bill.
    Reference {
        /// Its form.
        form: &'f AccountForm,
        /// In capitals, without marks, look-alikes as one character.
        text: String,
    },
    /// Somebody's number within an agency.
    Member(&'f AccountForm),
    /// The example on a poster.
    Sample(&'f AccountForm),
    /// It could be several things.
    Unclear,
    /// Nothing that we know.
    Other,
    /// The message had none.
    Missing,
}

impl AccountReading<'_> {
    /// How the books are told of it. `keys_of` says how they know a reference of an agency, or of nobody can say whom: under
    /// the key of each month that a bill may have it under. The hundreds of references that are one slip away are worked out
    /// only if `leads_to_a_bill` says that there is need of them.
    pub fn addressed(
        self,
        keys_of: impl Fn(Option<&str>, &str) -> Vec<ReferenceKey>,
        leads_to_a_bill: impl FnOnce(&TypedReference) -> bool,
    ) -> Addressed {
        let held = |reason, owner| Addressed::Held(Box::new(Held { reason, owner }));
        match self {
            Self::Number(number) => Addressed::Typed(TypedAccount::Number(number)),
            Self::BadCheckDigit => Addressed::Typed(TypedAccount::BadCheckDigit),
            Self::Other => Addressed::Typed(TypedAccount::Other),
            Self::Missing => Addressed::Typed(TypedAccount::Missing),
            Self::Unclear => held(SuspenseReason::AmbiguousForm, None),
            Self::Member(form) => held(SuspenseReason::MemberAccount, Owner::of(form)),
            Self::Sample(form) => held(SuspenseReason::PosterSample, Owner::of(form)),
            Self::Reference { form, text } => {
                let keys_of = |text: &str| keys_of(form.agency.as_ref().map(|agency| agency.as_str()), text);
                let mut typed =
                    TypedReference { owner: Owner::of(form), keys: keys_of(&text), one_slip_away: None };
                if leads_to_a_bill(&typed) {
                    let slips = form.one_slip_from(&text);
                    typed.one_slip_away = Some(slips.iter().flat_map(|slipped| keys_of(slipped)).collect());
                }
                Addressed::Reference(Box::new(typed))
            }
        }
    }
}

/// Reads what was typed, by the forms of the catalogue.
pub fn read_account<'f>(typed: &str, forms: &'f [AccountForm]) -> AccountReading<'f> {
    let bare = bare(typed);
    if bare.is_empty() {
        return AccountReading::Missing;
    }
    let mut text = bare.as_str();
    loop {
        // Labels come in a row, too: "Invoice no: A/C 2027...".
        let unlabelled = LABELS.iter().find_map(|label| text.strip_prefix(label));
        match (read_bare(text, forms), unlabelled) {
            (AccountReading::Other, Some(rest)) => text = rest,
            (reading, _) => return reading,
        }
    }
}

fn read_bare<'f>(text: &str, forms: &'f [AccountForm]) -> AccountReading<'f> {
    let canonical = without_look_alikes(text);
    let number = match canonical.parse() {
        Ok(number) => Some(AccountReading::Number(number)),
        Err(NotAPaymentNumber::CheckDigit) => Some(AccountReading::BadCheckDigit),
        Err(NotAPaymentNumber::Form) => None,
    };
    let mut readings = forms.iter().filter(|form| form.reads_with_look_alikes(text));
    match (number, readings.next(), readings.next()) {
        (None, None, _) => AccountReading::Other,
        (Some(number), None, _) => number,
        (None, Some(form), None) if form.is_sample(text) => AccountReading::Sample(form),
        (None, Some(form), None) => match form.means {
            AccountMeaning::BillReference => AccountReading::Reference { form, text: canonical },
            AccountMeaning::Member => AccountReading::Member(form),
            AccountMeaning::Unclear => AccountReading::Unclear,
        },
        _ => AccountReading::Unclear,
    }
}

/// In capitals, without the marks that people put between and around the parts of a number. Digits and letters that were
/// copied from elsewhere become those of the keypad; what is left besides is left, and is of no form.
pub(super) fn bare(typed: &str) -> String {
    typed.chars().filter(|letter| !is_mark(*letter)).map(on_keypad).flat_map(char::to_uppercase).collect()
}

fn is_mark(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(
            letter,
            '-' | '.' | ',' | ':' | ';' | '/' | '\\' | '_' | '#' | '=' | '\'' | '"' | '(' | ')'
                | '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{2010}'..='\u{2015}' | '\u{2060}' | '\u{2212}' | '\u{feff}'
                | '\u{ff0d}' | '\u{ff0e}' | '\u{ff0f}' | '\u{ff1a}'
        )
}

/// Full-width letters and digits, and the digits of Arabic and Persian keyboards.
fn on_keypad(letter: char) -> char {
    let digit = |zero: u32| char::from_digit(u32::from(letter) - zero, 10).unwrap_or(letter);
    match letter {
        '\u{0660}'..='\u{0669}' => digit(0x0660),
        '\u{06f0}'..='\u{06f9}' => digit(0x06f0),
        '\u{ff10}'..='\u{ff19}' | '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => {
            char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter)
        }
        _ => letter,
    }
}

/// Upper case, without spaces, hyphens and full stops: two messages of one payment agree in this. It is hashed into the books,
/// so it stays as it is whatever [`read_account`] learns.
pub fn normalise(typed: &str) -> String {
    typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '-' | '.' | '\u{2010}'..='\u{2015}'))
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use catalog::Catalogue;
    use proptest::prelude::*;

    use super::*;

    /// The forms that come with the product.
    fn forms() -> Vec<AccountForm> {
        Catalogue::embedded().account_forms().to_vec()
    }

    #[test]
    fn a_payment_number_is_read_as_people_mean_it() {
        let forms = forms();
        let number: PaymentNumber = "407155201831".parse().unwrap_or_else(|_| PaymentNumber::from_random(7));
        let digits = number.to_string();
        for typed in [
            digits.clone(),
            number.grouped(),
            number.grouped().replace(' ', "-"),
            format!(" {number}."),
            format!("Acc no: {number}"),
            format!("A/C {}", number.grouped()),
            format!("Invoice no: A/C {}", number.grouped()),
            digits.replace('0', "O").replace('1', "l"),
            digits.chars().map(|digit| char::from_u32(u32::from(digit) + 0xfee0).unwrap()).collect(),
            digits.chars().map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0x0660).unwrap()).collect(),
        ] {
            assert_eq!(read_account(&typed, &forms), AccountReading::Number(number), "{typed:?}");
        }
        let slipped = format!("{}{}", &digits[..11], (digits.as_bytes()[11] - b'0' + 1) % 10);
        assert_eq!(read_account(&slipped, &forms), AccountReading::BadCheckDigit);
        assert_eq!(read_account("  - ", &forms), AccountReading::Missing);
        for typed in ["JINA LANGU NI ASHA", "+254700000001", "4071*5520", "ä", "NHIF12345678"] {
            assert_eq!(read_account(typed, &forms), AccountReading::Other, "{typed:?}");
        }
    }

    #[test]
    fn other_forms_are_told_apart() {
        let forms = forms();
        let reference = |typed: &str| match read_account(typed, &forms) {
            AccountReading::Reference { form, text } => format!("{} {text}", form.code),
            other => panic!("{typed:?} was {other:?}"),
        };
        assert_eq!(reference("2027 0001 2345 6"), "kra-prn 2027000123456");
        assert_eq!(reference("PRN: 2O27OOO12345l"), "kra-prn 2027000123451");
        assert_eq!(reference("wqbg-pwrr"), "pesaflow-invoice WQBGPWRR");
        assert_eq!(reference("X8VJM3"), "pesaflow-invoice X8VJM3");
        for typed in ["AC AAA0AA0", "Invoice no: AC AAA0AA0"] {
            assert_eq!(reference(typed), reference("AAA0AA0"), "{typed:?}");
        }
        for typed in ["NHIFM-12345678", "nhif m 12345678", "NHlFM12345678"] {
            assert!(
                matches!(read_account(typed, &forms), AccountReading::Member(form) if form.code.as_str() == "nhif-member")
            );
        }
        // A bare identity number; letters that may as well be digits.
        for typed in ["12345678", "1234567", "29OOOO1", "OIOIOI"] {
            assert_eq!(read_account(typed, &forms), AccountReading::Unclear, "{typed:?}");
        }
    }

    #[test]
    fn what_is_one_slip_away_is_worked_out_only_for_a_reference_that_leads_to_a_bill() {
        let forms = forms();
        for (typed, agency) in [("2027000123456", Some("KRA")), ("X8VJM3", None)] {
            for leads_to_a_bill in [false, true] {
                let hashed = std::cell::Cell::new(0);
                let keys_of = |of: Option<&str>, _: &str| {
                    assert_eq!(of, agency);
                    hashed.set(hashed.get() + 1);
                    vec![ReferenceKey { epoch: 1, hash: [0; 8] }]
                };
                let Addressed::Reference(reference) =
                    read_account(typed, &forms).addressed(keys_of, |_| leads_to_a_bill)
                else {
                    panic!("{typed} is a reference");
                };
                assert_eq!(reference.keys.len(), 1);
                assert_eq!(reference.one_slip_away.is_some(), leads_to_a_bill);
                assert_eq!(hashed.get() > 200, leads_to_a_bill, "{typed}: {} hashed", hashed.get());
            }
        }
    }

    #[test]
    fn the_example_on_a_poster_is_nobody() {
        let mut forms = forms();
        let member = forms.iter_mut().find(|form| form.code.as_str() == "nhif-member").unwrap();
        member.samples = vec!["NHIFM12345678".into()];
        let code = member.code.clone();
        assert!(
            matches!(read_account("nhifm-12345678", &forms), AccountReading::Sample(form) if form.code == code)
        );
        assert!(matches!(read_account("nhifm-12345679", &forms), AccountReading::Member(_)));
    }

    proptest! {
        /// Marks, case, look-alikes and labels change no reading, and nothing makes a reader panic.
        #[test]
        fn how_it_is_written_changes_nothing(
            text in "[0-9A-Z]{6,16}",
            marks in prop::collection::vec(prop::sample::select(vec![" ", "-", ".", "/", "_", "\u{2013}"]), 16),
            strange in any::<String>(),
        ) {
            let forms = forms();
            let marked: String = text.chars().zip(marks).map(|(letter, mark)| format!("{letter}{mark}")).collect();
            prop_assert_eq!(read_account(&marked.to_lowercase(), &forms), read_account(&text, &forms));
            if let AccountReading::Number(_) | AccountReading::Reference { .. } = read_account(&text, &forms) {
                let labelled = format!("Invoice no: {text}");
                let plain = read_account(&text, &forms);
                let reading = read_account(&labelled, &forms);
                prop_assert!(reading == plain, "{:?}", reading);
            }
            read_account(&strange, &forms);
        }
    }
}
