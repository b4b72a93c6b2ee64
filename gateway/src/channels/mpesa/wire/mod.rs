//! What Safaricom sends, read strictly, and what we answer.
//!
//! Two rules meet here. Money that has moved is never refused for a blemish, and nothing is booked that we would have
//! to interpret. So a message is refused only when it lacks what money cannot be booked without: a receipt, an exact
//! amount, a short code. Everything else is data: it is taken as it came if it can be read, left out if it cannot, and
//! what was wrong with it is said in the message's `oddities`. Members that we do not know are ignored.
//!
//! Texts borrow from the body. Errors name a place in the body as a JSON pointer (RFC 6901) and never repeat a value:
//! most of these values are personal data.

pub mod c2b;
pub mod c2b_answer;

pub mod prompt;

pub(super) mod pull;

pub mod reply;

mod msisdn;

mod error;
mod field;

pub use error::{Fault, FieldError, WireError};
pub use field::{ACCOUNT_LEN_MAX, AMOUNT_MAX, NAME_LEN_MAX};
pub use msisdn::Msisdn;
