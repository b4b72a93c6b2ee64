//! Reports that come together: those that were chosen on the list, or a file. All of them are recorded, or none and the page
//! says what is wrong with each.

use hyper::StatusCode;

use super::done::Done;
use crate::app::{App, SharedApp};
use crate::applications::{self, FileFault, FileKind, NewsFault, WrittenNews};
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::frame::language_of;
use crate::pages::staff::Upload;
use crate::pages::words::{APPLICATIONS, ApplicationWords};
use crate::payments::{ApplicationReport, ApplicationState, PaymentNumber};

/// What begins the name of a box of the list; the payment number follows.
const CHOSEN: &str = "n";

/// `POST /{lang}/agency/applications/ready`: the chosen ones lie ready at a centre.
pub(in crate::pages) async fn ready(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let words = APPLICATIONS.of(language_of(&request)?);
    let form = request.form()?;
    let numbers: Vec<PaymentNumber> =
        form.iter().filter_map(|(name, _)| name.strip_prefix(CHOSEN)?.parse().ok()).collect();
    let centre = form.get("centre").map(str::trim).filter(|text| !text.is_empty());
    let status = ApplicationState::Ready.word().to_owned();
    let news = WrittenNews { status, centre: centre.map(str::to_owned), reason: None }.news();
    let mut wrong: Vec<String> = Vec::new();
    if numbers.is_empty() {
        wrong.push(words.none_chosen.to_owned());
    }
    let fault = |fault: NewsFault| (words.news_fault)(fault).to_owned();
    let news = match news {
        Ok(news) if wrong.is_empty() => news,
        news => {
            wrong.extend(news.err().map(fault));
            return Done::Refused(wrong).page(&app, &request, StatusCode::UNPROCESSABLE_ENTITY);
        }
    };
    let reports: Vec<_> =
        numbers.into_iter().map(|bill| ApplicationReport { bill, news: news.clone() }).collect();
    let places: Vec<String> = reports.iter().map(|report| report.bill.grouped()).collect();
    record(&app, &request, words, reports, &places).await
}

/// `POST /{lang}/agency/applications/file`: a file of reports.
pub(in crate::pages) async fn upload(
    app: SharedApp,
    request: Request<App>,
    upload: Upload,
) -> Result<Response, Problem> {
    let words = APPLICATIONS.of(language_of(&request)?);
    let refused =
        |wrong: Vec<String>| Done::Refused(wrong).page(&app, &request, StatusCode::UNPROCESSABLE_ENTITY);
    let Some(file) = upload.file("file").filter(|file| !file.is_empty()) else {
        return refused(vec![words.file_missing.to_owned()]);
    };
    let lines = match applications::read(FileKind::Csv, file) {
        Ok(lines) => lines,
        Err(FileFault::Lines(faults)) => {
            let said = |(number, fault)| format!("{}: {}", (words.line)(number), (words.line_fault)(fault));
            return refused(faults.into_iter().map(said).collect());
        }
        Err(fault) => return refused(vec![(words.file_fault)(&fault)]),
    };
    let places: Vec<String> = lines.iter().map(|line| (words.line)(line.number)).collect();
    let reports = lines.into_iter().map(|line| line.report).collect();
    record(&app, &request, words, reports, &places).await
}

/// Records all of them, or says of each that cannot be why, and where it stands.
async fn record(
    app: &App,
    request: &Request<App>,
    words: &'static ApplicationWords,
    reports: Vec<ApplicationReport>,
    places: &[String],
) -> Result<Response, Problem> {
    match applications::record(app, request, reports).await? {
        Ok(()) => Done::Recorded((words.count_recorded)(places.len())).page(app, request, StatusCode::OK),
        Err(refused) => {
            let said = |index: usize| places.get(index).map_or("", String::as_str);
            let wrong = refused
                .iter()
                .map(|refused| format!("{}: {}", said(refused.index), (words.refusal)(refused.reason)));
            Done::Refused(wrong.collect()).page(app, request, StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}
