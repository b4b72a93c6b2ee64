//! The labour behind the stories: processes, sockets, the payers' side and the Treasury's side of things.
//!
//! Names are of our world: a [`Gateway`] is a process with its data directory, [`Safaricom`] says what Safaricom says to
//! it, a [`Sandbox`] is the simulated Safaricom, a [`Payer`] has one of its handsets, an [`Agency`] has a key, an
//! [`AgencySystem`] is what it runs itself, a [`Page`] is what somebody with a browser sees, a [`Browser`] is a real one, a [`GateDevice`] stands at a gate,
//! a [`Keyboard`] is all that somebody has at it, [`Books`] are an export, a [`Cache`]
//! stands between citizens and a gateway, [`Work`] goes on beside a story. Every wait is bounded, every process ends with its owner.

mod acquirer;
mod agency;
mod agency_system;
mod airtel;
mod bank;
mod books;
mod browser;
mod cache;
mod carriers;
mod chromium;
mod earlier_day;
mod executable;
mod gate_device;
mod gateway;
mod http;
mod identity_provider;
mod keyboard;
mod load;
mod notice_taker;
mod notice_tally;
mod patience;
mod process;
mod safaricom;
mod sandbox;
mod socket_holder;
mod staff;
mod terminals;
mod wire;
mod work;

pub(crate) use acquirer::Acquirer;
pub(crate) use agency::{Agency, Bill, Order, fresh_key};
pub(crate) use agency_system::{AgencySystem, catalogue_with};
pub(crate) use airtel::Airtel;
pub(crate) use bank::{ACCOUNT as BANK_ACCOUNT, Bank, taken};
pub(crate) use books::{Books, check_books};
pub(crate) use browser::{Page, escaped};
pub(crate) use cache::Cache;
pub(crate) use carriers::Carriers;
pub(crate) use chromium::Browser;
pub(crate) use earlier_day::EarlierDay;
pub(crate) use executable::{Finished, executable, malipo, run, run_at_length};
pub(crate) use gate_device::{GateDevice, try_to_issue, try_to_let_in};
pub(crate) use gateway::{Gateway, write_secret};
pub(crate) use http::{Answer, Call, get, post, post_form, runtime, send_all};
pub(crate) use identity_provider::{CLIENT_ID, CLIENT_SECRET, IdentityProvider, Signs, with_body, with_json};
pub(crate) use keyboard::Keyboard;
pub(crate) use load::Load;
pub(crate) use notice_taker::{HeardNotice, NoticeTaker};
pub(crate) use notice_tally::{NoticeTally, TakenNotice};
pub(crate) use patience::{PATIENCE, eventually, made_up_for, together};
pub(crate) use safaricom::{Payment, Safaricom};
pub(crate) use sandbox::Sandbox;
pub(crate) use socket_holder::SocketHolder;
pub(crate) use staff::{PASSWORD, SignedIn};
pub(crate) use terminals::{ACCOUNT as TERMINAL_ACCOUNT, HandedOver, Terminals, noted};
pub(crate) use wire::{Message, Wire};
pub(crate) use work::Work;
