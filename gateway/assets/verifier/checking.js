// Whether a receipt or a pass is believed: its form, its signatures, then what the clock and the site say.
// Ed25519 and SHA-256 are the browser's own.

const ED25519 = { name: "Ed25519" };
const SHOWN_LENGTH_MAX = 8192;
const FILE_LENGTH_MAX = 65536;

// The first test of RFC 8032, 7.1: a key, and its signature of nothing. A browser that cannot tell it from a wrong one decides
// nothing here.
const KNOWN_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
const KNOWN_SIGNATURE = "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc-bRr0lv18FlbviRlUUFDjnoQCw";

/** Why this browser can decide nothing, `insecure` or `too_old`; null if it can. */
async function trouble() {
  if (!globalThis.isSecureContext) return "insecure";
  if (!globalThis.crypto?.subtle) return "too_old";
  try {
    const [key, signature] = [await imported(bytesOf(KNOWN_KEY)), bytesOf(KNOWN_SIGNATURE)];
    const isGood = await crypto.subtle.verify(ED25519, key, signature, new Uint8Array());
    const isBad = await crypto.subtle.verify(ED25519, key, signature, new Uint8Array(1));
    return isGood === true && isBad === false ? null : "too_old";
  } catch {
    return "too_old";
  }
}

function imported(bytes) {
  return crypto.subtle.importKey("raw", bytes, ED25519, false, ["verify"]);
}

async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** A key written `NAME+HASH+KEY` as signed notes write them (c2sp.org/signed-note); null if its form or its hash is wrong. */
async function keyOf(written) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(written);
  if (!found) return null;
  const [, name, hash, base64] = found;
  const [bytes, text] = [decoded(base64), new TextEncoder()];
  const digest = await sha256(new Uint8Array([...text.encode(`${name}\n`), ...bytes]));
  // The first byte says that it is of Ed25519.
  if (bytes[0] !== 1 || hexOf(digest.slice(0, 4)) !== hash) return null;
  try {
    const fingerprint = hexOf(await sha256(text.encode(written))).match(/.{8}/g).join(" ");
    return { name, written, fingerprint, verifies: await imported(bytes.slice(1)) };
  } catch {
    return null;
  }
}

/** The first of these keys whose signature this is; null if it is by none. */
async function signerOf(text, signature, keys) {
  if (signature.length !== 64) return null;
  for (const key of keys) {
    if ((await crypto.subtle.verify(ED25519, key.verifies, signature, text)) === true) return key;
  }
  return null;
}

/** A receipt that one of these keys has signed, or a refusal. */
async function openReceipt(shown, keys) {
  const parts = shown.slice("MLP1:".length).split(".");
  if (parts.length !== 2) refuse("two_parts");
  const [text, signature] = parts.map(bytesOf);
  const signer = (await signerOf(text, signature, keys)) ?? refuse("receipt_signature");
  return { kind: "receipt", signer, says: readReceipt(textOf(text)) };
}

/** The whole file of a receipt, each of whose fields is signed, and the short form in it. Its proof is of the books, and is not read. */
async function openFile(shown, keys) {
  const [{ receipt, signed_fields, signature, short_form }, text] = [readFile(shown), new TextEncoder()];
  (await signerOf(text.encode(signed_fields), decoded(signature), keys)) ?? refuse("receipt_signature");
  const line = async ([name, value]) => `${name} ${hexOf(await sha256(text.encode(JSON.stringify(value))))}\n`;
  const lines = await Promise.all(Object.entries(receipt).map(line));
  if (lines.join("") !== signed_fields) refuse("file_altered");
  const opened = await openReceipt(short_form, keys);
  const { says } = opened;
  const [inShort, inFile] = [
    [says.receipt, says.bill, says.outcome, says.record],
    [receipt.receipt_number, receipt.payment_number, receipt.outcome, `${receipt.sequence}`],
  ];
  if (inShort.some((value, index) => value !== inFile[index])) refuse("file_altered");
  return opened;
}

/** A pass by a device for which one of these keys has signed, or a refusal. */
async function openPass(shown, keys) {
  const parts = shown.slice("MPP1:".length).split(".");
  if (parts.length !== 4) refuse("four_parts");
  const [passBytes, passSignature, cardBytes, cardSignature] = parts.map(bytesOf);
  const [passText, cardText] = [textOf(passBytes), textOf(cardBytes)];
  const signer = (await signerOf(cardBytes, cardSignature, keys)) ?? refuse("card_signature");
  const card = readCard(cardText);
  const device = (await keyOf(card.key)) ?? refuse("device_key");
  (await signerOf(passBytes, passSignature, [device])) ?? refuse("pass_signature");
  const says = readPass(passText);
  if (says.device !== card.device) refuse("other_device");
  if (says.issuedAt < card.since || card.until <= says.issuedAt) refuse("outside_time");
  return { kind: "pass", signer, says, card };
}

/** What the site, if one was chosen, and the clock (in microseconds) say of a genuine pass, in the order of PASS_FORMAT.md. */
function standing({ says, card }, now, site) {
  if (site !== "" && site !== card.site) return "other_site";
  if (now < says.issuedAt) return "not_yet";
  if (says.validUntil <= now) return "expired";
  return "genuine";
}

/** What a genuine receipt is of. */
function worth({ says }) {
  return ["completed", "completed_with_excess"].includes(says.outcome) ? "genuine" : "not_all";
}

/** Judges what is shown. `verdict` is `genuine`; `not_all`, `not_yet`, `expired` or `other_site` of what is genuine; `refused`,
 *  `no_code` or `cannot`, with a reason. Whatever goes wrong in here, nothing is called genuine. */
async function judge(shown, keys, now, site) {
  try {
    const reason = (await trouble()) ?? (keys.length === 0 ? "no_keys" : null);
    if (reason) return { verdict: "cannot", reason };
    return await judgeText(shown.trim(), keys, now, site);
  } catch (error) {
    if (error instanceof Refused) return { verdict: "refused", reason: error.message };
    return { verdict: "cannot", reason: "failed" };
  }
}

async function judgeText(shown, keys, now, site) {
  if (shown.startsWith("{")) {
    if (shown.length > FILE_LENGTH_MAX) refuse("too_long");
    const opened = await openFile(shown, keys);
    return { ...opened, verdict: worth(opened) };
  }
  if (shown.length > SHOWN_LENGTH_MAX) refuse("too_long");
  if (shown.startsWith("MLP1:")) {
    const opened = await openReceipt(shown, keys);
    return { ...opened, verdict: worth(opened) };
  }
  if (shown.startsWith("MPP1:")) {
    const opened = await openPass(shown, keys);
    return { ...opened, verdict: standing(opened, now, site) };
  }
  if (/^[0-9A-Za-z][0-9A-Za-z -]{3,18}$/.test(shown)) return { verdict: "no_code", reason: "number" };
  return refuse("beginning");
}
