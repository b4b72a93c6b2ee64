// Somebody with the page that checks receipts and passes, saved on a disk, and no network. Told one thing at a time by a line
// of JSON on standard input, it does that, and answers with a line that says what the page shows.
//
//   {"file": "…/verifier.html", "now": "2026-11-20T07:00:00Z", "without": "subtle", "codes": [["MLP1:…"]], "language": "en-GB"}
//   {"opens": "file"}                    or "https://any.example/", "http://any.example/", where the same file is handed out
//   {"enters": "MLP1:…"}                 typed by a scanner, and Enter
//   {"judges": ["MLP1:…", "MPP1:…"]}     all of these, by the function that the form uses
//   {"believes": "NAME+HASH+KEY"}  {"at_site": "hells-gate"}  {"photographs": true}  {"presses": "language"}
//   {"sees_beside": "…/altered.html"}    what another file says
//   {"looked_at": "name"}                by axe-core, on a telephone and on a desk, with pictures where they are wanted
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { wordsOfTheOtherLanguage } from "./languages.mjs";

const SCREENS = [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
];
// A picture of one white point: what a browser can read a code from is played.
const PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mP8/x8AAwMCAO+ip1sAAAAASUVORK5CYII=";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};

const asked = await hear();
const file = pathToFileURL(asked.file).href;
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  // The page's own policy holds; what looks at it comes from outside of it.
  const context = await browser.newContext({ viewport: SCREENS[0], locale: asked.language ?? "en-GB", offline: true });
  await context.addInitScript({ content: axe });
  await context.addInitScript(prepare, { now: Date.parse(asked.now), without: asked.without, codes: asked.codes });
  const page = await context.newPage();
  const loaded = [];
  const complaints = [];
  page.on("request", (request) => loaded.push(request.url()));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await context.route(/^https?:/, (route) => {
    const isPage = /^https?:\/\/any\.example\/$/.test(route.request().url());
    return isPage ? route.fulfill({ path: asked.file, contentType: "text/html; charset=utf-8" }) : route.abort();
  });

  const deeds = {
    opens: async (where) => {
      await page.goto(where === "file" ? file : where);
      await page.locator("#check button:not(:disabled)").waitFor({ timeout: 20000 });
    },
    // Another file, which may not run at all.
    sees_beside: async (path) => {
      const beside = await context.newPage();
      await beside.goto(pathToFileURL(path).href);
      return beside.locator("main").innerText();
    },
    enters: async (text) => {
      await page.locator("#shown").focus();
      await page.keyboard.insertText(text);
      await said(page, () => page.keyboard.press("Enter"));
    },
    judges: (texts) =>
      page.evaluate(async (all) => {
        const found = [];
        for (const text of all) {
          const { verdict, reason } = await judge(text, keys, BigInt(Date.now()) * 1000n, "");
          found.push([verdict, reason ?? ""]);
        }
        return found;
      }, texts),
    believes: async (key) => {
      await page.locator("#key").fill(key);
      await page.locator("#add-key button").click();
      await page.waitForFunction(() => document.getElementById("key").value === "" || document.getElementById("key-complaint").textContent !== "");
    },
    at_site: (site) => page.locator("#site").fill(site),
    photographs: async () => {
      const picture = { name: "code.png", mimeType: "image/png", buffer: Buffer.from(PICTURE, "base64") };
      await said(page, () => page.locator("#picture").setInputFiles(picture));
    },
    presses: (id) => page.locator(`#${id}`).click(),
    looked_at: (name) => lookAt(page, name),
  };
  for (let wish = await hear(); wish !== null; wish = await hear()) {
    const [[deed, how]] = Object.entries(wish);
    const found = await deeds[deed](how);
    const shown = await page.evaluate(seePage);
    const elsewhere = loaded.filter((url) => url !== file && !url.startsWith("data:") && !url.startsWith("https://any.example/") && !url.startsWith("http://any.example/"));
    console.log(JSON.stringify({ ...shown, found: found ?? null, elsewhere, complaints }));
  }
} finally {
  await browser.close();
}

// Waits until the page has said something new.
async function said(page, act) {
  const count = () => page.evaluate(() => globalThis.saidCount ?? 0);
  const before = await count();
  await act();
  for (let look = 0; (await count()) === before; look += 1) {
    if (look > 400) throw new Error("the page says nothing");
    await page.waitForTimeout(25);
  }
}

// The machine's clock, what its browser lacks, and what codes it sees in pictures; and counts how often the page says something.
function prepare({ now, without, codes }) {
  Date.now = () => now;
  const replace = (object, name, value) => Object.defineProperty(object, name, { value, configurable: true });
  if (without === "subtle") replace(crypto, "subtle", undefined);
  if (without === "ed25519") {
    replace(crypto.subtle, "importKey", () => Promise.reject(new DOMException("no Ed25519", "NotSupportedError")));
  }
  if (without === "honesty") replace(crypto.subtle, "verify", () => Promise.resolve(true));
  if (codes) {
    globalThis.BarcodeDetector = class {
      static getSupportedFormats() {
        return Promise.resolve(["qr_code"]);
      }
      detect() {
        return Promise.resolve(codes.shift().map((rawValue) => ({ rawValue })));
      }
    };
  }
  addEventListener("DOMContentLoaded", () => {
    const counts = new MutationObserver(() => (globalThis.saidCount = (globalThis.saidCount ?? 0) + 1));
    for (const id of ["result", "picture-complaint"]) {
      counts.observe(document.getElementById(id), { childList: true, subtree: true, characterData: true });
    }
  });
}

function seePage() {
  const { verdict = "", reason = "", kind = "" } = document.getElementById("result").dataset;
  const main = document.querySelector("main");
  return { verdict, reason, kind, language: document.documentElement.lang, text: main.innerText.replaceAll(/\s+/g, " ") };
}

async function lookAt(page, name) {
  const faults = [];
  for (const screen of SCREENS) {
    await page.setViewportSize(screen);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > screen.width) faults.push(`${wide} pixels wide at ${screen.width}`);
    const runOnly = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const options = { runOnly, resultTypes: ["violations"], preload: false };
    const { violations } = await page.evaluate((how) => globalThis.axe.run(document, how), options);
    for (const { id, nodes } of violations) faults.push(`${id}: ${nodes.map((node) => node.target.join(" ")).join(" | ")}`);
    if (asked.pictures) {
      await page.screenshot({ path: join(asked.pictures, `${name}-${screen.width}.png`), fullPage: true });
    }
  }
  faults.push(...(await page.evaluate(wordsOfTheOtherLanguage)));
  await page.setViewportSize(SCREENS[0]);
  return faults;
}
