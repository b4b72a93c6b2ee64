//! A form of staff that brings a file: `multipart/form-data`, as browsers send it without scripts (RFC 7578).

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyDataStream, Full};
use hyper::header::CONTENT_TYPE;
use multer::{Constraints, Multipart};

use super::{TOKEN_FIELD, expect_token};
use crate::api::Access;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::http::router::Route;

/// Fields of one form.
const FIELDS_MAX: usize = 8;

/// The fields of such a form, each name once. The body was read before, and has the bound of its route.
#[derive(Debug, Default)]
pub(in crate::pages) struct Upload(Vec<(String, Bytes)>);

impl Upload {
    /// The bytes of a field that brings a file.
    pub(in crate::pages) fn file(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes)
    }

    fn text(&self, name: &str) -> &str {
        self.file(name).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    async fn read(content_type: &str, body: Bytes) -> Result<Self, Problem> {
        let boundary = multer::parse_boundary(content_type).map_err(|_| {
            Problem::new(
                Code::UnsupportedMediaType,
                "Send Content-Type: multipart/form-data with a boundary.",
            )
        })?;
        let broken = |_: multer::Error| Problem::new(Code::BadRequest, "The form is not well formed.");
        let stream = BodyDataStream::new(Full::new(body));
        let mut parts = Multipart::with_constraints(stream, boundary, Constraints::new());
        let mut upload = Self::default();
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            if upload.0.len() == FIELDS_MAX || upload.file(&name).is_some() {
                return Err(Problem::new(
                    Code::RepeatedName,
                    "A field appears twice, or there are too many.",
                ));
            }
            upload.0.push((name, part.bytes().await.map_err(broken)?));
        }
        Ok(upload)
    }
}

/// A row for a form of a page of staff that brings a file. As with [`super::staff_form`], its handler runs only if the form
/// repeats the token of the session.
pub(in crate::pages) fn staff_upload<H, F>(
    pattern: &'static str,
    name: &'static str,
    access: Access,
    handler: H,
) -> Route<App>
where
    H: Fn(Arc<App>, Request<App>, Upload) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    Route::post(pattern, name, access, move |app, request: Request<App>| async move {
        let content_type = request.head.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let upload = Upload::read(content_type.unwrap_or_default(), request.bytes().clone()).await?;
        expect_token(&request, upload.text(TOKEN_FIELD))?;
        handler(app, request, upload).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &str) -> Result<Upload, Code> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let read = runtime.block_on(Upload::read(content_type, Bytes::from(body.to_owned())));
        read.map_err(|problem| problem.code())
    }

    const TYPE: &str = "multipart/form-data; boundary=x";

    fn part(name: &str, text: &str) -> String {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.csv\"\r\n\r\n{text}\r\n"
        )
    }

    #[test]
    fn a_file_comes_as_it_was_and_what_is_not_well_formed_not_at_all() {
        let text = "payment_number,status\r\n1,ready\r\n--y\r\n";
        let upload =
            read(TYPE, &format!("{}{}--x--\r\n", part("session", "abc"), part("file", text))).unwrap();
        assert_eq!((upload.text("session"), upload.file("file").unwrap()), ("abc", &Bytes::from(text)));
        assert!(upload.file("other").is_none());
        let twice = format!("{}{}--x--\r\n", part("file", "a"), part("file", "b"));
        assert_eq!(read(TYPE, &twice).unwrap_err(), Code::RepeatedName);
        assert_eq!(read(TYPE, &part("file", "cut")[..60]).unwrap_err(), Code::BadRequest);
        assert_eq!(read("text/plain", "").unwrap_err(), Code::UnsupportedMediaType);
    }
}
