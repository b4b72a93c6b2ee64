"use strict";
// What stands on receipts and passes, read strictly: there is one way to write each value, and nothing else is read.

/** Why something is not believed; the page has a sentence for each reason. */
class Refused extends Error {}

function refuse(reason) {
  throw new Refused(reason);
}

/** Bytes written in base64url without padding. What would be written differently is refused, so no letter can change unseen. */
function bytesOf(written) {
  if (!/^[A-Za-z0-9_-]*$/.test(written) || written.length % 4 === 1) refuse("base64");
  const bytes = decoded(written.replaceAll("-", "+").replaceAll("_", "/"));
  const again = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (again !== written) refuse("base64");
  return bytes;
}

function decoded(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("utf8");
  }
}

function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A whole number up to `most`, or null. */
function wholeOf(written, most) {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(written)) return null;
  const number = BigInt(written);
  return number <= most ? number : null;
}

const U32_MAX = 2n ** 32n - 1n;
const U64_MAX = 2n ** 64n - 1n;
const CENTS_MAX = 2n ** 63n - 1n;
/** How long a pass holds, in microseconds. */
const PASS_HOLDS = 24n * 3_600n * 1_000_000n;

/** A moment in microseconds since 1970, written as RFC 3339 in UTC with as many decimals as it needs, or null. */
function momentOf(written) {
  const found = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{0,5}[1-9]))?Z$/.exec(written);
  if (!found) return null;
  const [, seconds, decimals = ""] = found;
  const milliseconds = Date.parse(`${seconds}Z`);
  const exists = !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString() === `${seconds}.000Z`;
  return exists ? BigInt(milliseconds) * 1000n + BigInt(decimals.padEnd(6, "0")) : null;
}

/** Currency and amount, `KES 7550.00`. */
function isPrice(written) {
  const found = /^(?:KES|USD) ((?:0|[1-9][0-9]{0,17})\.[0-9]{2})$/.exec(written);
  return found !== null && BigInt(found[1].replace(".", "")) <= CENTS_MAX;
}

// Damm's quasigroup of order ten, a row for each digit so far.
const DAMM = [
  "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
  "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
];

/** Twelve digits, the last of which fits the others. */
function isPaymentNumber(written) {
  if (!/^[1-9][0-9]{11}$/.test(written)) return false;
  return [...written].reduce((interim, digit) => Number(DAMM[interim][Number(digit)]), 0) === 0;
}

/** The lines of a pass, `item:quantity` with commas between them, or null. Nothing is counted as none. */
function itemsOf(written) {
  const items = written.split(",").map((line) => {
    const at = line.lastIndexOf(":");
    const quantity = at < 1 ? null : wholeOf(line.slice(at + 1), U32_MAX);
    return quantity === null || quantity < 1n ? null : { item: line.slice(0, at), quantity };
  });
  return items.includes(null) ? null : items;
}

function isSettlement(written) {
  const isOperator = written.startsWith("operator ") && written !== "operator ";
  return written === "later" || written === "exit" || isOperator;
}

/** The text of a pass: what it says, or a refusal. */
function readPass(text) {
  const lines = text.split("\n");
  if (lines.length !== 11 || lines[0] !== "malipo gate pass 1") refuse("pass_written");
  const [, device, number, bill, issued, until, service, written, price, settlement, catalogue] = lines;
  const [issuedAt, validUntil, items] = [momentOf(issued), momentOf(until), itemsOf(written)];
  const isWhole = wholeOf(number, U64_MAX) >= 1n && wholeOf(catalogue, U64_MAX) !== null;
  const isWritten = isWhole && isPaymentNumber(bill) && isPrice(price) && isSettlement(settlement);
  if (!isWritten || issuedAt === null || validUntil === null || items === null) refuse("pass_written");
  if (validUntil - issuedAt !== PASS_HOLDS) refuse("pass_written");
  return { device, number, bill, issuedAt, validUntil, service, items, price, settlement, catalogue };
}

/** The text of the card of a device: what it says, or a refusal. */
function readCard(text) {
  const lines = text.split("\n");
  if (lines.length !== 8 || lines[0] !== "malipo gate device 1") refuse("card_written");
  const [, device, agency, site, gate, key, from, to] = lines;
  const [since, until] = [momentOf(from), momentOf(to)];
  if (since === null || until === null) refuse("card_written");
  return { device, agency, site, gate, key, since, until };
}

/** The text of a receipt: what it says, or a refusal. It has no title: its first line is a receipt number, which no other text that
 *  the same key signs begins with. */
function readReceipt(text) {
  const lines = text.split("\n");
  if (lines.length !== 9) refuse("nine_lines");
  const [receipt, bill, agency, service, paid, booked, outcome, channel, record] = lines;
  const bookedAt = momentOf(booked);
  const isWritten = /^[0-9A-Z]{4}-[0-9A-Z]{4}$/.test(receipt) && wholeOf(record, U64_MAX) !== null;
  if (!isWritten || bookedAt === null || !isPrice(paid)) refuse("receipt_written");
  return { receipt, bill, agency, service, paid, bookedAt, outcome, channel, record };
}

/** The file of a receipt in JSON, or a refusal. But for the space between its values there is one way to write it, so nothing can stand
 *  in it twice. */
function readFile(shown) {
  let file;
  try {
    file = JSON.parse(shown);
  } catch {
    refuse("file_written");
  }
  const compact = shown.replace(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
  const isText = (value) => typeof value === "string";
  const hasTexts = isText(file.signed_fields) && isText(file.short_form) && file.short_form.startsWith("MLP1:");
  const isSigned = isText(file.signature) && /^[A-Za-z0-9+/]{86}==$/.test(file.signature);
  const hasReceipt = typeof file.receipt === "object" && file.receipt !== null;
  if (JSON.stringify(file) !== compact || !hasTexts || !isSigned || !hasReceipt) refuse("file_written");
  return file;
}
