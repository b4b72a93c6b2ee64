//! `malipo gate passes`, `claim`, `operators`, `invoice` and `invoices`: what an agency does about provisional passes, over its API.

use clap::Args;
use ledger::Money;
use serde_json::{Value, json};

use super::super::api::{Api, ApiError, ApiFlags};

/// The flags of `gate passes`.
#[derive(Debug, Args)]
pub struct PassesFlags {
    /// Those for which something is to be paid, those that are paid, those that ended unpaid, or all.
    #[arg(long, value_parser = ["unpaid", "paid", "ended", "all"], default_value = "all")]
    state: String,
    /// Of the devices of this site.
    #[arg(long)]
    site: Option<String>,
    /// To be paid by the tour operator of this code: OP-…
    #[arg(long, value_name = "CODE")]
    operator: Option<String>,
    /// On the invoice of this payment number.
    #[arg(long, value_name = "NUMBER")]
    invoice: Option<String>,
    #[command(flatten)]
    page: PageFlags,
    #[command(flatten)]
    pub(super) api: ApiFlags,
}

/// Which page of a list, and how it is shown.
#[derive(Debug, Args)]
pub(super) struct PageFlags {
    /// At most so many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// Go on where another page ended, as it says.
    #[arg(long)]
    cursor: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// The flags of `gate claim`.
#[derive(Debug, Args)]
pub struct ClaimFlags {
    /// The payment number of the pass.
    payment_number: String,
    /// The code in the payer's M-PESA message.
    code: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) api: ApiFlags,
}

/// The flags of `gate operators`.
#[derive(Debug, Args)]
pub struct OperatorsFlags {
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) api: ApiFlags,
}

/// The flags of `gate invoice`.
#[derive(Debug, Args)]
pub struct InvoiceFlags {
    /// The code of the tour operator: OP-…
    operator: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) api: ApiFlags,
}

/// The flags of `gate invoices`.
#[derive(Debug, Args)]
pub struct InvoicesFlags {
    /// Of the tour operator of this code: OP-…
    #[arg(long, value_name = "CODE")]
    operator: Option<String>,
    #[command(flatten)]
    page: PageFlags,
    #[command(flatten)]
    pub(super) api: ApiFlags,
}

/// Lists passes.
pub(super) async fn passes(api: &Api, flags: &PassesFlags) -> Result<(), ApiError> {
    let asked = [
        ("state", Some(flags.state.as_str())),
        ("site", flags.site.as_deref()),
        ("operator", flags.operator.as_deref()),
        ("invoice", flags.invoice.as_deref()),
    ];
    let Some(page) = page(api, "/v1/gates/passes", &asked, &flags.page).await? else { return Ok(()) };
    println!(
        "{:<14} {:<22} {:>14}  {:<16} {:<20} {:<28} TO BE PAID",
        "NUMBER", "STATE", "PRICE", "SITE", "GATE", "ISSUED"
    );
    for pass in rows(&page) {
        let [number, site, gate, issued] =
            ["payment_number", "site", "gate", "issued_at"].map(|name| text(pass, name));
        let state = match (pass["state"].as_str(), pass["invoice_state"].as_str()) {
            (Some(state), Some(invoice)) => format!("{state} ({invoice})"),
            (Some(state), None) => state.to_owned(),
            (None, _) => text(pass, "outcome"),
        };
        let payer = pass["operator"].as_str().map_or_else(|| text(pass, "settlement"), str::to_owned);
        let price = money(&pass["price"]);
        println!("{number:<14} {state:<22} {price:>14}  {site:<16} {gate:<20} {issued:<28} {payer}");
    }
    Ok(())
}

/// Puts money to a pass.
pub(super) async fn claim(api: &Api, flags: &ClaimFlags) -> Result<(), ApiError> {
    let number: String = flags.payment_number.chars().filter(char::is_ascii_digit).collect();
    let path = format!("/v1/gates/passes/{number}/claims");
    let claimed = api.post(&path, &json!({"channel_receipt": flags.code})).await?;
    if flags.json {
        println!("{claimed}");
        return Ok(());
    }
    let payment = &claimed["payment"];
    println!("Put {} of {} to pass {number}.", money(&payment["amount"]), text(payment, "channel_receipt"));
    println!(
        "It is {}; {} is due. Receipt {}.",
        text(&claimed, "status"),
        money(&claimed["due"]),
        text(payment, "receipt_number")
    );
    Ok(())
}

/// Lists tour operators.
pub(super) async fn operators(api: &Api, flags: &OperatorsFlags) -> Result<(), ApiError> {
    let answer = api.get("/v1/gates/operators").await?;
    if flags.json {
        println!("{}", String::from_utf8_lossy(&answer));
        return Ok(());
    }
    let listed: Value = serde_json::from_slice(&answer).unwrap_or_default();
    println!("{:<12} {:>12}  NAME", "CODE", "NOT INVOICED");
    for operator in rows(&listed) {
        let [code, name] = ["code", "name"].map(|name| text(operator, name));
        println!("{code:<12} {:>12}  {name}", operator["passes"]);
    }
    Ok(())
}

/// Makes an invoice.
pub(super) async fn invoice(api: &Api, flags: &InvoiceFlags) -> Result<(), ApiError> {
    let path = format!("/v1/gates/operators/{}/invoice", escaped(&flags.operator));
    let made = api.post(&path, &json!({})).await?;
    if flags.json {
        println!("{made}");
        return Ok(());
    }
    let passes = made["passes"].as_array().map_or(0, Vec::len);
    println!(
        "Invoice {}: {} for {passes} passes, payable until {}.",
        text(&made, "payment_number"),
        money(&made["amount"]),
        text(&made, "expires_at")
    );
    Ok(())
}

/// Lists invoices.
pub(super) async fn invoices(api: &Api, flags: &InvoicesFlags) -> Result<(), ApiError> {
    let asked = [("operator", flags.operator.as_deref())];
    let Some(page) = page(api, "/v1/gates/invoices", &asked, &flags.page).await? else { return Ok(()) };
    println!(
        "{:<14} {:<12} {:<10} {:>6} {:>16} {:>16}  MADE",
        "NUMBER", "OPERATOR", "STATE", "PASSES", "AMOUNT", "COLLECTED"
    );
    for invoice in rows(&page) {
        let [number, operator, state, made] =
            ["payment_number", "operator", "status", "created_at"].map(|name| text(invoice, name));
        let [amount, collected] = ["amount", "collected"].map(|name| money(&invoice[name]));
        let passes = &invoice["passes"];
        println!("{number:<14} {operator:<12} {state:<10} {passes:>6} {amount:>16} {collected:>16}  {made}");
    }
    Ok(())
}

/// One page of a list; nothing if it was printed as it came.
async fn page(
    api: &Api,
    path: &str,
    asked: &[(&str, Option<&str>)],
    flags: &PageFlags,
) -> Result<Option<Value>, ApiError> {
    let asked = asked.iter().copied().chain([("cursor", flags.cursor.as_deref())]);
    let asked = asked.filter_map(|(name, value)| Some(format!("&{name}={}", escaped(value?))));
    let answer = api.get(&format!("{path}?limit={}{}", flags.limit, asked.collect::<String>())).await?;
    if flags.json {
        println!("{}", String::from_utf8_lossy(&answer));
        return Ok(None);
    }
    let page: Value = serde_json::from_slice(&answer).unwrap_or_default();
    if let Some(cursor) = page["next_cursor"].as_str() {
        eprintln!("There are more: --cursor {cursor}");
    }
    Ok(Some(page))
}

fn rows(page: &Value) -> impl Iterator<Item = &Value> {
    page["data"].as_array().into_iter().flatten()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or("-").to_owned()
}

fn money(value: &Value) -> String {
    serde_json::from_value::<Money>(value.clone()).map_or_else(|_| "-".to_owned(), |money| money.to_string())
}

/// A value as it stands in an address.
fn escaped(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
