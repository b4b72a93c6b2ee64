//! The rows of provisional passes and of the devices that make them.

use sqlx::SqliteConnection;

use super::{number, send};
use crate::views::passes::PassChanges;

/// Writes what changed of passes. Devices first: a pass says which gate it is of by its device.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    changes: &PassChanges,
) -> Result<(), sqlx::Error> {
    const DEVICE_HEAD: &str = "INSERT INTO gate_device (device, agency, gate) ";
    send(connection, DEVICE_HEAD, &changes.devices, "", |row, device| {
        row.push_bind(device.id.clone()).push_bind(device.agency.clone()).push_bind(device.gate.clone());
    })
    .await?;
    const HEAD: &str = "INSERT INTO gate_pass (place, device, agency, gate, pass_number, payment_number, has_bill, \
        issued, booked, minor, currency, settlement, operator, outcome) \
        SELECT new.column1, new.column2, gate_device.agency, gate_device.gate, new.column3, new.column4, new.column5, \
        new.column6, new.column7, new.column8, new.column9, new.column10, new.column11, new.column12 FROM (";
    const TAIL: &str = ") AS new JOIN gate_device ON gate_device.device = new.column2";
    send(connection, HEAD, &changes.told, TAIL, |row, told| {
        let pass = &told.pass;
        row.push_bind(number(told.place))
            .push_bind(told.device.clone())
            // A device counts its passes; what it says is not ours to be sure of.
            .push_bind(i64::try_from(pass.number).unwrap_or(i64::MAX))
            .push_bind(number(pass.bill.get()))
            .push_bind(pass.outcome.makes_bill())
            .push_bind(pass.at.micros())
            .push_bind(told.booked.micros())
            .push_bind(pass.price.minor())
            .push_bind(pass.price.currency().code())
            .push_bind(pass.settlement.word())
            .push_bind(pass.settlement.operator().cloned())
            .push_bind(pass.outcome.word());
    })
    .await?;
    const INVOICED_HEAD: &str = "UPDATE gate_pass SET invoice = invoiced.column2 FROM (";
    const INVOICED_TAIL: &str =
        ") AS invoiced WHERE gate_pass.payment_number = invoiced.column1 AND gate_pass.has_bill = 1";
    send(connection, INVOICED_HEAD, &changes.invoiced, INVOICED_TAIL, |row, (pass, invoice)| {
        row.push_bind(number(pass.get())).push_bind(number(invoice.get()));
    })
    .await
}
