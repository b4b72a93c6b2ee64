//! The pages of provisional passes at a gate that has nobody to ask: what can be had, how many and how it is paid, the price, and
//! the pass that is printed. None needs a script.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use ledger::Money;

use super::gate_alone::{GateFrame, answer, counted, in_language, moment, who};
use super::moment::clock_spoken;
use super::qr::QrPath;
use super::words::{GATE_PASSES, GatePassWords};
use crate::clock::east_africa_date;
use crate::gates::device::{Attendant, NoPass, PassWish};
use crate::gates::pack::Pack;
use crate::gates::pass::{Pass, PassLine, Settlement};
use crate::gates::pass_ways::first_payable;
use crate::gates::price_list::{PriceList, PricedService};
use crate::gates::signed::Moment;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::response::{self, Response};

/// The most passes that are listed: the newest.
const LISTED_MAX: usize = 60;

#[derive(Template)]
#[template(path = "gate_passes.html")]
struct PassesPage {
    frame: GateFrame,
    words: &'static GatePassWords,
    refusal: Option<String>,
    services: Vec<ServiceLink>,
    left_out: Option<String>,
    numbers_left: String,
    issued: Vec<IssuedRow>,
    more: Option<String>,
}

struct ServiceLink {
    id: String,
    name: String,
}

struct IssuedRow {
    number: u64,
    bill: String,
    at: String,
    price: Money,
    settlement: &'static str,
}

#[derive(Template)]
#[template(path = "gate_pass_form.html")]
struct PassFormPage {
    frame: GateFrame,
    words: &'static GatePassWords,
    id: String,
    name: String,
    wish: String,
    refusal: Option<String>,
    offer: Option<Offer>,
    items: Vec<ItemField>,
    ways: Vec<Way>,
    operators: Vec<OperatorChoice>,
}

/// What is shown before anything is issued.
struct Offer {
    price: Money,
    agreed: String,
    shillings: Option<String>,
    lines: Vec<String>,
    settlement: String,
    fields: Vec<(String, String)>,
}

struct ItemField {
    code: String,
    text: String,
    each: String,
    count: String,
}

struct Way {
    word: &'static str,
    text: &'static str,
    is_chosen: bool,
}

struct OperatorChoice {
    code: String,
    name: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "gate_pass.html")]
struct PassPage {
    frame: GateFrame,
    words: &'static GatePassWords,
    number: u64,
    device: String,
    token: String,
    let_in: String,
    bill: String,
    price: Money,
    shillings: Option<String>,
    name: String,
    lines: Vec<String>,
    valid_until: String,
    how_to_pay: Vec<String>,
}

/// What can be had, and what was issued today.
pub(crate) fn gate_passes_page(
    attendant: &Attendant,
    language: Language,
    now: Moment,
) -> Result<Response, Problem> {
    passes_page(attendant, language, now, StatusCode::OK)
}

fn passes_page(
    attendant: &Attendant,
    language: Language,
    now: Moment,
    status: StatusCode,
) -> Result<Response, Problem> {
    let words = GATE_PASSES.of(language);
    let (desk, today) = (attendant.desk(), east_africa_date(now.0));
    let (services, left_out, refusal) = match desk.prices(now) {
        Ok((_, prices, _)) => {
            let services = prices.on(today).map(|service| ServiceLink::of(service, language)).collect();
            let names = Some(&prices.left_out).filter(|names| !names.is_empty());
            let left_out = names.map(|names| (words.left_out)(names.len(), &names.join(", ")));
            (services, left_out, None)
        }
        Err(why) => (Vec::new(), None, Some((words.why)(&why))),
    };
    let of_today = attendant.passes().all().iter().rev();
    let of_today: Vec<_> = of_today.take_while(|pass| east_africa_date(pass.issued_at.0) == today).collect();
    let more = of_today.len().checked_sub(LISTED_MAX).filter(|more| *more > 0);
    let page = PassesPage {
        frame: GateFrame::new(attendant, language, "/passes".to_owned()),
        words,
        refusal,
        services,
        left_out,
        numbers_left: (words.numbers_left)(desk.unused_numbers().count()),
        issued: of_today.iter().take(LISTED_MAX).map(|pass| IssuedRow::of(pass, words, language)).collect(),
        more: more.map(words.and_before_them),
    };
    answer(status, &page)
}

/// The form of a service: empty, with the price of what was counted, or with why there is no pass.
pub(crate) fn gate_pass_form_page(
    attendant: &Attendant,
    language: Language,
    wish: &PassWish,
    now: Moment,
    outcome: Option<Result<Pass, NoPass>>,
) -> Result<Response, Problem> {
    let words = GATE_PASSES.of(language);
    let desk = attendant.desk();
    let Ok((pack, prices, _)) = desk.prices(now) else {
        return passes_page(attendant, language, now, StatusCode::CONFLICT);
    };
    let service = prices.service(&wish.service, east_africa_date(now.0));
    let service = service.ok_or_else(|| Problem::new(Code::NotFound, "There is no such service today."))?;
    let (status, offer, refusal) = match outcome {
        None => (StatusCode::OK, None, None),
        Some(Ok(pass)) => {
            (StatusCode::OK, Some(Offer::of(attendant, prices, service, &pass, language)), None)
        }
        Some(Err(why)) => (status_of(&why), None, Some((words.why)(&why))),
    };
    let chosen_operator = match &wish.settlement {
        Settlement::Operator(code) => Some(code),
        Settlement::Later | Settlement::Exit => None,
    };
    let operators = pack.operators.iter().map(|operator| OperatorChoice {
        code: operator.code.clone(),
        name: operator.name.clone(),
        is_chosen: chosen_operator == Some(&operator.code),
    });
    let way = |word, text, is_chosen| Way { word, text, is_chosen };
    let mut ways = vec![
        way("later", words.later, wish.settlement == Settlement::Later),
        way("exit", words.exit, wish.settlement == Settlement::Exit),
    ];
    if !pack.operators.is_empty() {
        ways.push(way("operator", words.operator, chosen_operator.is_some()));
    }
    let page = PassFormPage {
        frame: GateFrame::new(attendant, language, format!("/passes/{}", service.id)),
        words,
        id: service.id.clone(),
        name: in_language(&service.name, language).to_owned(),
        wish: wish.id.clone(),
        refusal,
        offer,
        items: service.items.iter().map(|item| ItemField::of(service, item, wish, language)).collect(),
        ways,
        operators: operators.collect(),
    };
    answer(status, &page)
}

/// A pass as it is printed, now or again.
pub(crate) fn gate_pass_page(
    attendant: &Attendant,
    language: Language,
    number: u64,
) -> Result<Response, Problem> {
    let words = GATE_PASSES.of(language);
    let (pass, token) = printed(attendant, number)?;
    let prices = attendant.pack().and_then(|pack| pack.price_list.as_ref());
    let service = prices.and_then(|prices| prices.services.iter().find(|service| service.id == pass.service));
    let page = PassPage {
        frame: GateFrame::new(attendant, language, format!("/pass/{number}")),
        words,
        number,
        device: pass.device.clone(),
        token,
        let_in: (words.let_in_at)(&moment(pass.issued_at, language)),
        bill: pass.bill.grouped(),
        price: pass.price,
        shillings: prices.and_then(|prices| in_shillings(prices, pass.price, words)),
        name: service
            .map_or_else(|| pass.service.clone(), |service| in_language(&service.name, language).to_owned()),
        lines: pass.lines.iter().map(|line| line_said(service, line, language)).collect(),
        valid_until: moment(pass.valid_until, language),
        how_to_pay: how_to_pay(attendant, pass, language),
    };
    answer(StatusCode::OK, &page)
}

/// The pass of this number, and the text of its code.
fn printed(attendant: &Attendant, number: u64) -> Result<(&Pass, String), Problem> {
    let pass = attendant.passes().numbered(number);
    pass.and_then(|pass| Some((pass, attendant.printed(pass)?))).ok_or_else(no_such_pass)
}

/// Nothing was issued under this number.
pub(crate) fn no_such_pass() -> Problem {
    Problem::new(Code::NotFound, "This device has issued no such pass.")
}

/// The code of a pass: a file of its own, for it weighs more than the page around it.
pub(crate) fn gate_pass_code(attendant: &Attendant, number: u64) -> Result<Response, Problem> {
    let (_, token) = printed(attendant, number)?;
    let QrPath { side, path } =
        QrPath::of(&token).ok_or_else(|| Problem::internal_error("a pass is too long for a code"))?;
    let drawn = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path stroke=\"#000\" d=\"{path}\"/></svg>"
    );
    Ok(response::not_stored(response::bytes(StatusCode::OK, "image/svg+xml", drawn)))
}

/// What the guard may change is answered with 422, what they cannot with 409.
const fn status_of(why: &NoPass) -> StatusCode {
    match why {
        NoPass::Price(_) | NoPass::NoSuchOperator | NoPass::TooDear(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    }
}

/// What stands on the paper: the first way that could be used when the pass was issued, as far as the pack knows; the paybill, where
/// it knows of none; and the paybill for later, where that did not work.
fn how_to_pay(attendant: &Attendant, pass: &Pass, language: Language) -> Vec<String> {
    let words = GATE_PASSES.of(language);
    let pack = attendant.pack();
    let prices = pack.and_then(|pack| pack.price_list.as_ref());
    let number = pass.bill.grouped();
    let due = prices.and_then(|prices| prices.in_shillings(pass.price).ok());
    let first = pack.and_then(|pack| first_way(pack, pass.issued_at, due, &number, language));
    let by_paybill = prices.map(|prices| (words.by_paybill)(&prices.paybill, &number));
    let later = by_paybill.clone().filter(|paybill| first.as_ref().is_some_and(|first| first != paybill));
    let ways = first.or(by_paybill).into_iter().chain(later.map(|later| (words.when_it_works)(&later)));
    let ways = ways.chain([words.tell_code.to_owned()]);
    match &pass.settlement {
        Settlement::Later => ways.collect(),
        Settlement::Exit => [words.before_leaving.to_owned()].into_iter().chain(ways).collect(),
        Settlement::Operator(code) => {
            let known = pack.and_then(|pack| pack.operators.iter().find(|known| known.code == *code));
            vec![(words.operator_pays)(known.map_or(code, |known| &known.name))]
        }
    }
}

/// The first way in which this number can be paid at this moment, as far as the pack knows.
pub(super) fn first_way(
    pack: &Pack,
    at: Moment,
    due: Option<Money>,
    number: &str,
    language: Language,
) -> Option<String> {
    let words = GATE_PASSES.of(language);
    first_payable(&pack.ways, at, due).map(|way| match way.is_typed_into_mpesa() {
        true => (words.by_paybill)(&way.pay_to, number),
        false => (words.by_other)(in_language(&way.title, language), &way.pay_to, number),
    })
}

fn in_shillings(prices: &PriceList, price: Money, words: &GatePassWords) -> Option<String> {
    let shillings = prices.in_shillings(price).ok().filter(|shillings| *shillings != price)?;
    Some((words.in_shillings)(shillings, prices.kes_per_usd?))
}

fn line_said(service: Option<&PricedService>, line: &PassLine, language: Language) -> String {
    let known = service.and_then(|service| Some((service, service.item(&line.item)?)));
    let said = known.map_or_else(
        || line.item.clone(),
        |(service, item)| {
            let who = who(&service.name, &item.text, language);
            if who.is_empty() { in_language(&service.name, language).to_owned() } else { who }
        },
    );
    counted(line.quantity, &said)
}

impl ServiceLink {
    fn of(service: &PricedService, language: Language) -> Self {
        Self { id: service.id.clone(), name: in_language(&service.name, language).to_owned() }
    }
}

impl IssuedRow {
    fn of(pass: &Pass, words: &GatePassWords, language: Language) -> Self {
        Self {
            number: pass.number,
            bill: pass.bill.grouped(),
            at: clock_spoken(ledger::LedgerTime::from_micros(pass.issued_at.0), language),
            price: pass.price,
            settlement: words.settlement(&pass.settlement),
        }
    }
}

impl ItemField {
    fn of(
        service: &PricedService,
        item: &crate::gates::price_list::PricedItem,
        wish: &PassWish,
        language: Language,
    ) -> Self {
        let line = wish.lines.iter().find(|line| line.item == item.item);
        let who = who(&service.name, &item.text, language);
        Self {
            code: item.item.clone(),
            text: if who.is_empty() { in_language(&service.name, language).to_owned() } else { who },
            each: (GATE_PASSES.of(language).each)(item.unit),
            count: line.map_or_else(String::new, |line| line.quantity.to_string()),
        }
    }
}

impl Offer {
    fn of(
        attendant: &Attendant,
        prices: &PriceList,
        service: &PricedService,
        pass: &Pass,
        language: Language,
    ) -> Self {
        let words = GATE_PASSES.of(language);
        let (settlement, operator) = match &pass.settlement {
            Settlement::Later => ("later", None),
            Settlement::Exit => ("exit", None),
            Settlement::Operator(code) => ("operator", Some(code.clone())),
        };
        let counts = pass.lines.iter().map(|line| (format!("n.{}", line.item), line.quantity.to_string()));
        let said = match &operator {
            Some(_) => how_to_pay(attendant, pass, language).concat(),
            None => words.settlement(&pass.settlement).to_owned(),
        };
        Self {
            price: pass.price,
            agreed: format!("{} {}", pass.price.currency(), pass.price.to_decimal()),
            shillings: in_shillings(prices, pass.price, words),
            lines: pass.lines.iter().map(|line| line_said(Some(service), line, language)).collect(),
            settlement: said,
            fields: counts
                .chain([("settlement".to_owned(), settlement.to_owned())])
                .chain(operator.map(|code| ("operator".to_owned(), code)))
                .collect(),
        }
    }
}
