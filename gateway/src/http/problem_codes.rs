//! Every error code the gateway answers with, in one table.
//!
//! A code is a promise to callers: it never changes its meaning and is never used for anything else. The table feeds
//! problem bodies, the page behind each `type` address (`/errors/{code}`) and the API description. Add a row to add a
//! code; the compiler refuses a status that is not an error, a test refuses a code that is used twice.

use hyper::StatusCode;

/// One row: everything that is the same each time this error happens.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeInfo {
    /// The stable name, `snake_case`.
    pub text: &'static str,
    /// The HTTP status: 400 to 599.
    pub status: u16,
    /// Whether sending the very same request again later can succeed.
    pub retryable: bool,
    /// What went wrong, for developers, without particulars.
    pub title: &'static str,
    /// A sentence that may be shown to a citizen, in English.
    pub en: &'static str,
    /// The same sentence in Swahili.
    pub sw: &'static str,
}

macro_rules! problem_codes {
    ($(
        $(#[doc = $about:literal])+
        $name:ident = $status:literal $text:literal $retry:ident
            title $title:literal
            en $en:literal
            sw $sw:literal
    )+) => {
        /// Which error this is. The rows behind the names are in [`Code::info`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $( $(#[doc = $about])+ $name, )+
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Code] = &[$(Code::$name),+];

            /// The row of this code.
            pub const fn info(self) -> &'static CodeInfo {
                match self {
                    $( Code::$name => {
                        const {
                            assert!($status >= 400 && $status < 600, "a problem has an error status");
                            &CodeInfo {
                                text: $text, status: $status, retryable: problem_codes!(@ $retry),
                                title: $title, en: $en, sw: $sw,
                            }
                        }
                    } )+
                }
            }
        }
    };
    (@ retryable) => { true };
    (@ final) => { false };
}

problem_codes! {
    /// The request cannot be understood, and no closer code fits.
    BadRequest = 400 "bad_request" final
        title "The request cannot be understood"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// The request uses `Transfer-Encoding`, or both it and `Content-Length`, where only `Content-Length` is taken.
    FramingRefused = 400 "framing_refused" final
        title "Send the body with Content-Length, without Transfer-Encoding"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// The body ended before it was complete.
    BodyIncomplete = 400 "body_incomplete" retryable
        title "The body ended before it was complete"
        en "Your details did not reach us in full. Check your connection and try again."
        sw "Maelezo yako hayakutufikia yote. Angalia mtandao wako ujaribu tena."

    /// The body is not JSON.
    MalformedJson = 400 "malformed_json" final
        title "The body is not valid JSON"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// The body says the same thing twice: a JSON object or a form repeats a name.
    RepeatedName = 400 "repeated_name" final
        title "A name appears twice in the same object, form or query"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// The body is JSON, but deeper or wider than any request of ours.
    JsonTooComplex = 400 "json_too_complex" final
        title "The JSON is nested too deeply or has too many members"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// Nobody is signed in, or the key is unknown.
    Unauthenticated = 401 "unauthenticated" final
        title "A valid key or session is needed"
        en "Sign in to continue."
        sw "Ingia ili uendelee."

    /// The caller is known and may not do this.
    Forbidden = 403 "forbidden" final
        title "This key or session may not do this"
        en "You do not have permission to do this."
        sw "Huna ruhusa ya kufanya hivi."

    /// Nothing is at this address, or nothing that this caller may know of.
    NotFound = 404 "not_found" final
        title "Nothing was found at this address"
        en "We could not find what you are looking for. Check the address or the number."
        sw "Hatukupata unachotafuta. Angalia anwani au nambari."

    /// The address exists, with other methods; `Allow` lists them.
    MethodNotAllowed = 405 "method_not_allowed" final
        title "This address does not take this method"
        en "This page cannot be used in this way. Go back and try again."
        sw "Ukurasa huu hauwezi kutumiwa hivi. Rudi nyuma ujaribu tena."

    /// It is answered under another name than the one that was asked.
    Misdirected = 421 "misdirected" final
        title "This is answered under another host name"
        en "This cannot be sent to this address. Go back and try again."
        sw "Hili haliwezi kutumwa kwa anwani hii. Rudi nyuma ujaribu tena."

    /// The body came too slowly.
    BodyTooSlow = 408 "body_too_slow" retryable
        title "The body did not arrive in time"
        en "Your details took too long to reach us. Check your connection and try again."
        sw "Maelezo yako yamechelewa kutufikia. Angalia mtandao wako ujaribu tena."

    /// The request contradicts the present state of the thing it is about.
    Conflict = 409 "conflict" final
        title "The request contradicts the present state"
        en "This has changed in the meantime. Check it and try again."
        sw "Hali imebadilika. Angalia tena kisha ujaribu."

    /// The bill has not been paid in full, so nobody is let in for it.
    NotPaid = 409 "not_paid" final
        title "The bill is not paid"
        en "This has not been paid."
        sw "Hii haijalipwa."

    /// The bill is for another day.
    WrongDay = 409 "wrong_day" final
        title "The bill is for another day"
        en "This is for another day."
        sw "Hii ni ya siku nyingine."

    /// Somebody was let in for this bill already; `detail` says when and where.
    AlreadyUsed = 409 "already_used" final
        title "The bill was used already"
        en "This has been used already."
        sw "Hii imeshatumika."

    /// The body is larger than this address takes.
    BodyTooLarge = 413 "body_too_large" final
        title "The body is too large"
        en "What you sent is too large."
        sw "Ulichotuma ni kikubwa mno."

    /// The body is compressed; no address takes compressed bodies.
    CompressedBody = 415 "compressed_body" final
        title "Send the body without Content-Encoding"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// The body is of a type this address does not take.
    UnsupportedMediaType = 415 "unsupported_media_type" final
        title "This address does not take this content type"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// Fields of the request have values that are not allowed; `errors` lists each.
    ValidationFailed = 422 "validation_failed" final
        title "Some fields have values that are not allowed"
        en "Some of your answers need to change. Check them and try again."
        sw "Baadhi ya majibu yako yanahitaji kubadilishwa. Yaangalie ujaribu tena."

    /// This caller asks too often; `Retry-After` says when to come back.
    RateLimited = 429 "rate_limited" retryable
        title "Too many requests"
        en "You have tried many times in a short time. Wait a little and try again."
        sw "Umejaribu mara nyingi kwa muda mfupi. Subiri kidogo ujaribu tena."

    /// Our mistake.
    InternalError = 500 "internal_error" retryable
        title "Something went wrong on our side"
        en "Something went wrong on our side. Try again in a few minutes."
        sw "Kuna hitilafu upande wetu. Jaribu tena baada ya dakika chache."

    /// Every place for a request is taken; nothing was begun.
    Overloaded = 503 "overloaded" retryable
        title "Too many requests are being served"
        en "Many people are using this service right now. Try again in a minute."
        sw "Watu wengi wanatumia huduma hii kwa sasa. Jaribu tena baada ya dakika moja."

    /// A request about money came without the key that makes it safe to repeat.
    IdempotencyKeyMissing = 400 "idempotency_key_missing" final
        title "Send an Idempotency-Key: 16 to 128 visible characters that are yours alone"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// A callback came from an address or on a path that is not the provider's.
    CallbackRefused = 403 "callback_refused" final
        title "Callbacks are taken from the provider alone"
        en "You do not have permission to do this."
        sw "Huna ruhusa ya kufanya hivi."

    /// The same request is being carried out at this moment.
    RequestInProgress = 409 "request_in_progress" retryable
        title "A request with this Idempotency-Key is being carried out"
        en "We are working on this already. Wait a moment and check again."
        sw "Tayari tunashughulikia hili. Subiri kidogo kisha uangalie tena."

    /// The bill is paid, expired or cancelled, so what was asked for cannot be done to it.
    BillNotOpen = 409 "bill_not_open" final
        title "The bill is not open any more"
        en "This bill cannot be paid or changed any more. Check its status before you pay anything."
        sw "Bili hii haiwezi kulipwa wala kubadilishwa tena. Angalia hali yake kabla ya kulipa chochote."

    /// The bill is paid already: cash that lies on a counter is given back.
    AlreadyPaid = 409 "already_paid" final
        title "The bill is paid already, and no cash was taken for it"
        en "This bill is paid already. Give the cash back."
        sw "Bili hii tayari imelipwa. Rudisha pesa taslimu."

    /// The counter has as much cash as it may have; it is emptied before it takes more.
    CounterFull = 409 "counter_full" final
        title "The counter has as much cash as it may have"
        en "This counter has as much cash as it may hold. Deposit it before more is taken."
        sw "Kaunta hii imefikia kiwango cha pesa taslimu. Ziweke benki kabla ya kupokea zaidi."

    /// The service is closed for a time: no bill is made for it. Bills that exist can be paid.
    ServiceClosed = 409 "service_closed" retryable
        title "The service is closed for a time; bills that exist can still be paid"
        en "This service is closed at the moment. A bill that you have can still be paid."
        sw "Huduma hii imefungwa kwa sasa. Bili uliyo nayo bado inaweza kulipwa."

    /// An earlier prompt may still be answered; another one could charge the payer twice.
    PromptMayLive = 409 "prompt_may_live" retryable
        title "An earlier prompt for this bill may still be answered"
        en "A request to pay was sent already and can still be answered. Answer it, or wait two minutes before you try again."
        sw "Ombi la malipo tayari limetumwa na bado linaweza kujibiwa. Lijibu, au subiri dakika mbili kabla ya kujaribu tena."

    /// The channel does not work now; the bill can be paid in other ways.
    ChannelDown = 503 "channel_down" retryable
        title "This way to pay does not work now"
        en "This way to pay does not work now. No money was taken. Use one of the other ways."
        sw "Njia hii ya kulipa haifanyi kazi sasa. Hakuna pesa iliyokatwa. Tumia njia nyingine."

    /// The idempotency key was used before with another request.
    IdempotencyKeyReused = 422 "idempotency_key_reused" final
        title "This Idempotency-Key was used with another request"
        en "Something is wrong with this request. Go back and try again."
        sw "Kuna kosa katika ombi hili. Rudi nyuma ujaribu tena."

    /// The service has no fee that may be charged today.
    ServiceNotBillable = 422 "service_not_billable" final
        title "No fee with a legal basis in force can be charged for this service"
        en "This service cannot be paid for here."
        sw "Huduma hii haiwezi kulipiwa hapa."

    /// The price of what was asked for is nothing.
    NothingToPay = 422 "nothing_to_pay" final
        title "The price is nothing, so there is no bill to make"
        en "There is nothing to pay."
        sw "Hakuna cha kulipa."

    /// The channel cannot carry this amount.
    AmountOutsideChannelLimits = 422 "amount_outside_channel_limits" final
        title "The channel cannot carry this amount"
        en "M-PESA cannot take this amount in one payment. Choose another way to pay."
        sw "M-PESA haiwezi kupokea kiasi hiki kwa malipo mamoja. Chagua njia nyingine ya kulipa."

    /// The books cannot be written at the moment.
    BooksUnavailable = 503 "books_unavailable" retryable
        title "The books cannot be written at the moment"
        en "We cannot record this at the moment. Check the status before you try again."
        sw "Hatuwezi kurekodi hili kwa sasa. Angalia hali kabla ya kujaribu tena."

    /// The channel gave no answer, or refused before anybody was asked.
    ChannelUnavailable = 503 "channel_unavailable" retryable
        title "The channel cannot be used at the moment"
        en "M-PESA prompts do not work at the moment. Pay with the paybill steps instead."
        sw "Maombi ya M-PESA hayafanyi kazi kwa sasa. Lipa kwa kutumia hatua za paybill."

    /// The service has no pages of its own behind this address.
    NoBackEnd = 404 "no_back_end" final
        title "This service is not handed on to a system of its agency"
        en "This service has no pages of its own here. Look it up by its name to see what it costs and how to pay."
        sw "Huduma hii haina kurasa zake hapa. Itafute kwa jina uone gharama yake na jinsi ya kulipa."

    /// The system of the agency cannot be reached, broke off, or answered with what is no answer.
    BackEndFailed = 502 "back_end_failed" retryable
        title "The system of the agency could not be reached or gave no proper answer"
        en "The agency's own system cannot be reached at the moment. A bill that you have can still be paid here."
        sw "Mfumo wa taasisi haupatikani kwa sasa. Bili uliyo nayo bado inaweza kulipwa hapa."

    /// The system of the agency has as many requests as it can take.
    BackEndBusy = 503 "back_end_busy" retryable
        title "The system of the agency has as many requests as it can take"
        en "The agency's own system is very busy. Try again in a moment. A bill that you have can still be paid here."
        sw "Mfumo wa taasisi una shughuli nyingi. Jaribu tena baada ya muda mfupi. Bili uliyo nayo bado inaweza kulipwa hapa."

    /// The system of the agency has failed repeatedly and is left in peace for a while.
    BackEndPaused = 503 "back_end_paused" retryable
        title "The system of the agency has failed repeatedly and is not asked for a while"
        en "The agency's own system is down. We look after it every few seconds. A bill that you have can still be paid here."
        sw "Mfumo wa taasisi haufanyi kazi. Tunauangalia kila baada ya sekunde chache. Bili uliyo nayo bado inaweza kulipwa hapa."

    /// The system of the agency did not answer in time.
    BackEndTimeout = 504 "back_end_timeout" retryable
        title "The system of the agency did not answer in time"
        en "The agency's own system takes too long to answer. Check there before you send anything again. A bill that you have can still be paid here."
        sw "Mfumo wa taasisi unachelewa kujibu. Angalia huko kabla ya kutuma chochote tena. Bili uliyo nayo bado inaweza kulipwa hapa."

    /// The answer was not ready within the time this address allows.
    DeadlineExceeded = 504 "deadline_exceeded" retryable
        title "The answer was not ready in time"
        en "This is taking longer than it should. Check the status before you try again."
        sw "Hili linachukua muda mrefu kuliko kawaida. Angalia hali kabla ya kujaribu tena."
}

impl Code {
    /// The code as callers see it.
    pub const fn text(self) -> &'static str {
        self.info().text
    }

    /// The status this code is answered with: always an error.
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.info().status).expect("the table holds valid statuses")
    }

    /// The code with this text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.text() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_named_once_and_speaks_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for code in Code::ALL {
            let info = code.info();
            assert!(seen.insert(info.text), "{} is used twice", info.text);
            assert!(info.text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{}", info.text);
            assert!(
                !info.title.is_empty() && info.en.ends_with('.') && info.sw.ends_with('.'),
                "{}",
                info.text
            );
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert_eq!(Code::from_text(info.text), Some(*code));
        }
        assert_eq!(Code::from_text("no_such_code"), None);
    }
}
