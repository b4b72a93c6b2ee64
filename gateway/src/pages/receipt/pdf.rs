//! The receipt as a PDF: one page of A4, whatever the bill. What does not fit is set smaller, down to a size that still
//! can be read; after that lines of the bill are summed up, and the address of the whole stands beside them.

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, CONTENT_DISPOSITION, HeaderMap, HeaderValue};
use ledger::Money;

use super::super::qr::QrRuns;
use super::super::sheet::{Face, HEIGHT, Ink, Length, Sheet, WIDTH};
use super::{ReceiptPage, find, wanted};
use crate::api::trouble;
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::frame::language_of;
use catalog::Language;

/// 14 mm.
const MARGIN: Length = 3_969;
/// Where the sheet ends.
pub(in crate::pages) const BOTTOM: Length = HEIGHT - MARGIN;
/// 56 mm: large enough for the camera of a cheap phone. Never made smaller.
const CODE_SIDE: Length = 15_874;
/// Sizes of the text in percent, tried in this order.
const SCALES: [Length; 7] = [125, 112, 100, 90, 80, 70, 62];

/// `GET /{lang}/receipts/{number}/pdf`.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    answer(app, &request, language_of(&request)?).await
}

/// The receipt that the path names, as a PDF in this language.
pub(crate) async fn answer(
    app: SharedApp,
    request: &Request<App>,
    language: Language,
) -> Result<Response, Problem> {
    let number = wanted(&app, request)?;
    let draw = move || {
        let (shown, short_form) = find(&app, number, language)?;
        let pdf = document(&shown, &short_form)?;
        Ok((shown, pdf))
    };
    let (shown, pdf) = away(draw).await.map_err(trouble::internal)??;
    let mut response = response::bytes(StatusCode::OK, "application/pdf", pdf);
    add_headers(response.headers_mut(), &shown.number);
    Ok(response)
}

fn add_headers(headers: &mut HeaderMap, number: &str) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Receipt numbers have letters, digits and a hyphen.
    let name = HeaderValue::from_str(&format!("inline; filename=\"malipo-{number}.pdf\""));
    headers.extend(name.ok().map(|name| (CONTENT_DISPOSITION, name)));
}

/// The document.
pub(in crate::pages) fn document(shown: &ReceiptPage, short_form: &str) -> Result<Vec<u8>, Problem> {
    let code =
        QrRuns::of(short_form).ok_or_else(|| trouble::internal("a short form is too long for a code"))?;
    let title = format!("{} {}", shown.words.receipt, shown.number);
    lay_out(shown, &code)
        .sheet
        .into_pdf(&title, shown.frame.code())
        .map_err(|error| trouble::internal(format!("{error:?}")))
}

/// A sheet on which everything has its place.
pub(in crate::pages) struct LaidOut {
    /// The sheet.
    pub(in crate::pages) sheet: Sheet,
    /// How far down it goes.
    pub(in crate::pages) end: Length,
}

/// The sheet, as large as it fits.
pub(in crate::pages) fn lay_out(shown: &ReceiptPage, code: &QrRuns) -> LaidOut {
    let rows = shown.lines.rows.len();
    let whole = |scale| Layout::new(shown, scale).fill(code, rows);
    let mut smallest = whole(SCALES[0]);
    for scale in &SCALES[1..] {
        if smallest.end <= BOTTOM {
            return smallest;
        }
        smallest = whole(*scale);
    }
    if smallest.end <= BOTTOM {
        return smallest;
    }
    // The more lines of the bill, the further down: how many there is room for is found by halving.
    let cut = |rows| Layout::new(shown, SCALES[SCALES.len() - 1]).fill(code, rows);
    let (mut fits, mut too_many) = (0, rows);
    while fits + 1 < too_many {
        let middle = fits.midpoint(too_many);
        if cut(middle).end <= BOTTOM {
            fits = middle;
        } else {
            too_many = middle;
        }
    }
    cut(fits)
}

/// A sheet on its way: where the next line goes.
struct Layout<'a> {
    shown: &'a ReceiptPage,
    scale: Length,
    sheet: Sheet,
    /// How far down it goes already.
    down: Length,
}

impl<'a> Layout<'a> {
    fn new(shown: &'a ReceiptPage, scale: Length) -> Self {
        Self { shown, scale, sheet: Sheet::default(), down: MARGIN }
    }

    /// Puts everything on the sheet, with so many lines of the bill.
    fn fill(mut self, code: &QrRuns, rows: usize) -> LaidOut {
        self.heading();
        self.facts();
        self.lines(rows);
        self.proof(code);
        LaidOut { sheet: self.sheet, end: self.down }
    }

    fn scaled(&self, length: Length) -> Length {
        length * self.scale / 100
    }

    /// A paragraph, and the room below it.
    fn paragraph(
        &mut self,
        (left, width): (Length, Length),
        (face, size, ink): (Face, Length, Ink),
        text: &str,
        below: Length,
    ) {
        let size = self.scaled(size);
        for line in face.lines_of(text, size, width) {
            self.down += size * 5 / 4;
            self.sheet.text((left, self.down - size / 4), (face, size, ink), line);
        }
        self.down += self.scaled(below);
    }

    fn rule(&mut self) {
        self.sheet.block((MARGIN, self.down), (WIDTH - 2 * MARGIN, 50));
        self.down += self.scaled(150);
    }

    fn heading(&mut self) {
        let (shown, all) = (self.shown, (MARGIN, WIDTH - 2 * MARGIN));
        let owner = format!("Malipo – {}", shown.frame.words().owner);
        self.paragraph(all, (Face::Regular, 1_000, Ink::Grey), &owner, 300);
        if shown.frame.is_demonstration {
            let strip = shown.frame.words().demonstration;
            self.paragraph(all, (Face::Bold, 1_200, Ink::Black), strip, 300);
        }
        self.rule();
        self.paragraph(all, (Face::Bold, 1_800, Ink::Black), shown.words.payment_received, 100);
        let number = format!("{} {}", shown.words.receipt_number, shown.number);
        self.paragraph(all, (Face::Bold, 1_400, Ink::Black), &number, 200);
        self.paragraph(all, (Face::Regular, 1_050, Ink::Black), shown.outcome, 400);
    }

    fn facts(&mut self) {
        let (shown, words) = (self.shown, self.shown.words);
        let receipt = &shown.receipt;
        let booked = format!("{}, {}", shown.booked, shown.frame.words().east_africa_time);
        let code = format!("{}, {} {}", receipt.channel_receipt, shown.by_whom.place, receipt.short_code);
        let facts = [
            (words.paid, receipt.paid.to_string()),
            (words.service, shown.service.text.clone()),
            (words.agency, shown.agency.text.clone()),
            (words.payment_number, receipt.payment_number.clone()),
            (words.booked, booked),
            (shown.by_whom.code, code),
        ];
        let aside = self.scaled(12_500);
        for (what, value) in facts {
            let begins = self.down;
            self.paragraph((MARGIN, aside - 500), (Face::Bold, 950, Ink::Black), what, 0);
            let beside = std::mem::replace(&mut self.down, begins);
            let right = (MARGIN + aside, WIDTH - 2 * MARGIN - aside);
            self.paragraph(right, (Face::Regular, 950, Ink::Black), &value, 0);
            self.down = self.down.max(beside) + self.scaled(150);
        }
    }

    fn lines(&mut self, rows: usize) {
        let (shown, lines) = (self.shown, &self.shown.lines);
        let all = (MARGIN, WIDTH - 2 * MARGIN);
        self.down += self.scaled(300);
        self.paragraph(all, (Face::Bold, 1_200, Ink::Black), shown.words.what_the_bill_is, 150);
        self.rule();
        for row in lines.rows.iter().take(rows) {
            let what = match &row.count {
                Some(count) => format!("{} ({count})", row.text.text),
                None => row.text.text.clone(),
            };
            self.line(Face::Regular, &what, &row.amount.to_string());
            self.basis(&row.basis.text);
        }
        let rest = &lines.rows[rows.min(lines.rows.len())..];
        if let Some(amount) = sum(rest.iter().map(|row| row.amount)) {
            let more = (shown.words.further_lines)(rest.len());
            self.line(Face::Regular, &more, &amount.to_string());
        }
        if let Some(basis) = &lines.no_convenience_fee {
            self.line(Face::Regular, lines.words.convenience_fee, lines.words.none);
            self.basis(&basis.text);
        }
        self.rule();
        self.line(Face::Bold, lines.words.total, &lines.total.to_string());
        self.down += self.scaled(300);
    }

    fn line(&mut self, face: Face, what: &str, amount: &str) {
        let (size, begins) = (self.scaled(950), self.down);
        let width = face.width_of(amount, size);
        let room = WIDTH - 2 * MARGIN - width - 1_000;
        self.paragraph((MARGIN, room), (face, 950, Ink::Black), what, 60);
        let baseline = begins + size * 5 / 4 - size / 4;
        self.sheet.text((WIDTH - MARGIN - width, baseline), (face, size, Ink::Black), amount);
    }

    fn basis(&mut self, basis: &str) {
        let basis = format!("{} {basis}", self.shown.lines.words.legal_basis);
        let left = (MARGIN, WIDTH - 2 * MARGIN - 10_000);
        self.paragraph(left, (Face::Regular, 750, Ink::Grey), &basis, 200);
    }

    /// The code, and beside it what it is for.
    fn proof(&mut self, code: &QrRuns) {
        let (shown, words) = (self.shown, self.shown.words);
        self.rule();
        let begins = self.down + self.scaled(200);
        draw_code(&mut self.sheet, code, (MARGIN, begins));
        self.down = begins;
        let beside = (MARGIN + CODE_SIDE + 1_200, WIDTH - 2 * MARGIN - CODE_SIDE - 1_200);
        let (heading, text) = ((Face::Bold, 1_050, Ink::Black), (Face::Regular, 850, Ink::Black));
        let proves = format!("{} {} {}", shown.proves, shown.evidence, words.no_personal_data);
        self.paragraph(beside, heading, words.what_it_proves, 50);
        self.paragraph(beside, text, &proves, 300);
        self.paragraph(beside, heading, words.how_to_check, 50);
        self.paragraph(beside, text, words.check_address, 50);
        self.paragraph(beside, (Face::Bold, 900, Ink::Black), &shown.address, 150);
        self.paragraph(beside, text, words.check_code, 0);
        self.down = self.down.max(begins + CODE_SIDE);
    }
}

/// Every run of dark modules as a block. Blocks reach a hair beyond their module, so that no seam of white is printed
/// between two rows.
fn draw_code(sheet: &mut Sheet, code: &QrRuns, (left, top): (Length, Length)) {
    let side = Length::try_from(code.side).unwrap_or(Length::MAX);
    let at = |modules: usize| Length::try_from(modules).unwrap_or(Length::MAX) * CODE_SIDE / side;
    for run in &code.runs {
        let (begins, ends) = (at(run.column), at(run.column + run.length));
        let (top_edge, bottom_edge) = (at(run.row), at(run.row + 1));
        sheet.block((left + begins, top + top_edge), (ends - begins, bottom_edge - top_edge + 2));
    }
}

fn sum(amounts: impl Iterator<Item = Money>) -> Option<Money> {
    // The bill's own total has these amounts in it, so their sum fits.
    amounts.map(Some).reduce(|sum, amount| sum?.checked_add(amount?).ok()).flatten()
}
