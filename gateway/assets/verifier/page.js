// The page: takes what is typed, scanned, pasted or photographed, and says what was found. It keeps nothing and sends nothing.

const WORDS = JSON.parse(document.getElementById("words").textContent);
const at = (id) => document.getElementById(id);
let language = navigator.language.startsWith("sw") || location.hash === "#sw" ? "sw" : "en";
if (location.hash === "#en") language = "en";
const keys = [];
/** What was judged last, and when; nothing while what is shown, or what it is judged by, is another. */
let judged = null;
/** How often something was shown: only the last is answered. */
let turns = 0;
/** Why a picture or a key that was given is none, by the name of its sentence. */
let complaint = null;
/** Why this browser can decide nothing. */
let obstacle = null;

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Without the word "saa": hours are counted from sunrise in Swahili, and it would be read as either. */
function spoken(moment) {
  const date = new Date(Number(moment / 1000n));
  const [day, time] = [{ dateStyle: "long" }, { timeStyle: "medium" }].map((style) => {
    const how = { timeZone: "Africa/Nairobi", hour12: false, ...style };
    return new Intl.DateTimeFormat(language === "sw" ? "sw-KE" : "en-GB", how).format(date);
  });
  return `${day}, ${time}, ${WORDS[language].east_africa_time}`;
}

function grouped(price) {
  return price.replace(/[0-9]+(?=\.)/, (whole) => whole.replace(/\B(?=(?:[0-9]{3})+$)/g, ","));
}

function inFours(number) {
  return number.replace(/^([0-9]{4})([0-9]{4})([0-9]{4})$/, "$1 $2 $3");
}

function settled(settlement) {
  const { by_operator, settlements } = WORDS[language];
  return settlements[settlement] ?? `${by_operator} ${settlement.slice("operator ".length)}`;
}

/** Name and value of all that it says, in the order of its lines. */
function facts({ kind, says, card, signer }) {
  const words = WORDS[language];
  const named = kind === "receipt" ? ofReceipt(says, words) : ofPass(says, card);
  const whose = signer.isPasted ? `${signer.name} (${words.pasted})` : signer.name;
  return [...named, ["signed_by", whose], ["fingerprint", signer.fingerprint]];
}

function ofReceipt(says, words) {
  return [
    ["receipt_number", says.receipt],
    ["outcome", words.outcomes[says.outcome] ?? says.outcome],
    ["amount_paid", grouped(says.paid)],
    ["service", says.service],
    ["agency", says.agency],
    ["booked_at", spoken(says.bookedAt)],
    ["payment_number", inFours(says.bill)],
    ["channel", says.channel],
    ["record", says.record],
  ];
}

function ofPass(says, card) {
  return [
    ["items", says.items.map(({ item, quantity }) => `${quantity} × ${item}`).join(", ")],
    ["service", says.service],
    ["site", card.site],
    ["agency", card.agency],
    ["issued_at", spoken(says.issuedAt)],
    ["valid_until", spoken(says.validUntil)],
    ["owed", grouped(says.price)],
    ["settlement", settled(says.settlement)],
    ["payment_number", inFours(says.bill)],
    ["gate", card.gate],
    ["device", card.device],
    ["pass_number", says.number],
    ["catalogue", says.catalogue],
    ["card_since", spoken(card.since)],
    ["card_until", spoken(card.until)],
  ];
}

const ICONS = { genuine: ["good", "✓"], refused: ["bad", "✕"], expired: ["bad", "✕"] };

function showJudged() {
  const words = WORDS[language];
  const result = at("result");
  result.replaceChildren();
  for (const name of ["verdict", "reason", "kind"]) delete result.dataset[name];
  if (!judged) return;
  const { verdict, reason, kind, moment } = judged;
  const [colour, icon] = ICONS[verdict] ?? ["wait", "!"];
  const box = make("div", "", { class: `verdict ${colour}` });
  const headline = make("h2", words.verdicts[verdict][0]);
  headline.prepend(make("span", icon, { "aria-hidden": "true" }));
  box.append(headline, make("p", reason ? words.reasons[reason] : words.verdicts[verdict][1]));
  result.append(box);
  Object.assign(result.dataset, { verdict, reason: reason ?? "", kind: kind ?? "" });
  if (!kind) return;
  result.append(make("p", words[`${kind}_may_be_used`], { class: "notice" }));
  const list = make("dl", "");
  for (const [name, value] of facts(judged)) {
    const row = make("div", "");
    row.append(make("dt", words.facts[name]), make("dd", value));
    list.append(row);
  }
  result.append(list, make("p", `${words.by_this_clock} ${spoken(moment)}`, { class: "hint" }));
}

function showKeys() {
  if (obstacle) return;
  const words = WORDS[language];
  const rows = keys.map((key) => {
    const row = make("li", "");
    row.append(make("strong", key.name), make("br", ""), make("span", key.fingerprint, { class: "fingerprint" }));
    if (key.isPasted) row.append(make("br", ""), make("em", words.pasted));
    return row;
  });
  at("keys").replaceChildren(...rows);
}

function showWords() {
  const words = WORDS[language];
  document.documentElement.lang = language;
  document.title = words.title;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];
  const other = language === "en" ? "sw" : "en";
  Object.assign(at("language"), { lang: other, textContent: words.other_language });
  if (obstacle) at("trouble").replaceChildren(make("p", words.reasons[obstacle]));
  for (const id of ["picture", "key"]) {
    at(`${id}-complaint`).textContent = complaint?.about === id ? words.complaints[complaint.word] : "";
  }
  showJudged();
  showKeys();
}

function complain(about, word) {
  forget();
  complaint = word && { about, word };
  showWords();
}

function forget() {
  turns += 1;
  judged = null;
}

async function check(shown) {
  forget();
  const [turn, moment] = [turns, BigInt(Date.now()) * 1000n];
  const found = await judge(shown, keys, moment, at("site").value.trim());
  if (turn !== turns) return;
  judged = { ...found, moment };
  showWords();
  at("result").firstChild.scrollIntoView({ block: "nearest" });
}

async function addKey(written, isPasted) {
  const key = await keyOf(written.trim()).catch(() => null);
  if (key && !keys.some((known) => known.written === key.written)) keys.push({ ...key, isPasted });
  return key !== null;
}

/** The code in a picture, where the browser can read one. */
async function readPicture(file) {
  try {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const found = await detector.detect(await createImageBitmap(file));
    if (found.length !== 1) return complain("picture", found.length === 0 ? "no_code" : "many_codes");
    complaint = null;
    at("shown").value = found[0].rawValue;
    await check(found[0].rawValue);
  } catch {
    complain("picture", "no_picture");
  }
}

async function readsPictures() {
  if (!("BarcodeDetector" in globalThis)) return false;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code");
}

function listen() {
  at("check").addEventListener("submit", (event) => {
    event.preventDefault();
    const shown = at("shown");
    if (shown.value.trim() === "") return;
    // The next scan replaces this one.
    shown.select();
    void check(shown.value);
  });
  for (const id of ["shown", "site"]) {
    at(id).addEventListener("input", () => {
      forget();
      showJudged();
    });
  }
  at("picture").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = "";
    if (file) void readPicture(file);
  });
  at("add-key").addEventListener("submit", async (event) => {
    event.preventDefault();
    const isKey = await addKey(at("key").value, true);
    if (isKey) at("key").value = "";
    complain("key", isKey ? null : "no_key");
  });
  at("language").addEventListener("click", () => {
    language = language === "en" ? "sw" : "en";
    showWords();
  });
}

async function start() {
  obstacle = await trouble();
  const own = Array.from(document.querySelectorAll("#keys code"), (element) => element.textContent);
  if (!obstacle) for (const written of own) await addKey(written, false);
  const canRead = await readsPictures();
  listen();
  showWords();
  at("trouble").hidden = obstacle === null;
  at("with-picture").hidden = !canRead;
  at("without-picture").hidden = canRead;
  at("add-key").hidden = obstacle !== null;
  for (const button of document.querySelectorAll("button")) button.disabled = false;
}

void start();
