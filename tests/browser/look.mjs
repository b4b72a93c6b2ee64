// Looks at pages as people with a browser have them, on a telephone and then on a desk, and says what is there: violations
// that axe-core finds, how wide the page is, what is loaded from elsewhere, weight, and words of the other language. Reads
// what to look at from standard input and writes a line of JSON for each page and width. A page with a form is what comes of
// sending it.
//
//   {"origin": "http://127.0.0.1:8080", "cookie": {"name": "…", "value": "…"}, "pictures": "folder",
//    "screens": [{"width": 360, "height": 740}],
//    "looks": [{"name": "home", "path": "/en/"}, {"name": "found", "path": "/en/find-payment", "form": "code=TKE0000001"}]}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { wordsOfTheOtherLanguage } from "./languages.mjs";

// All rules on the first screen; on the others those that depend on where things stand. Both have the same document and the
// same colours, and nothing is hidden on one of them: what else could be wrong was found on the first.
const OF_PLACES = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"];
const rulesOn = (screen) => ({
  runOnly:
    screen === screens[0]
      ? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
      : { type: "rule", values: OF_PLACES },
  resultTypes: ["violations"],
  // No rule of these looks into style sheets or media, which would be loaded once more for it.
  preload: false,
});
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const asked = JSON.parse(readFileSync(0, "utf8"));
// Pictures are of whole pages, unless only what a screen shows of them is wanted.
const screens = asked.screens ?? [
  { width: 360, height: 740 },
  { width: 1280, height: 800 },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  // The policy of our pages lets no script in that is not ours; axe is one.
  const context = await browser.newContext({ viewport: screens[0], bypassCSP: true });
  if (asked.cookie) await context.addCookies([{ ...asked.cookie, url: asked.origin }]);
  await context.addInitScript({ content: axe });
  const page = await context.newPage();
  for (const look of asked.looks) {
    for (const said of await lookAt(page, look)) console.log(JSON.stringify(said));
  }
} finally {
  await browser.close();
}

async function lookAt(page, look) {
  await page.setViewportSize(screens[0]);
  for (const heard of ["request", "response"]) page.removeAllListeners(heard);
  const elsewhere = [];
  const ours = [asked.origin, asked.agencies];
  const loads = [];
  page.on("request", (request) => {
    const url = request.url();
    // What a page loads counts from the page itself on.
    if (request.isNavigationRequest()) loads.length = 0;
    if (!ours.some((origin) => url.startsWith(origin)) && !url.startsWith("data:")) elsewhere.push(url);
  });
  page.on("response", (response) => {
    // A stream of events has no end to wait for, and a redirect no body.
    const isStream = (response.headers()["content-type"] ?? "").startsWith("text/event-stream");
    const isRedirect = response.status() >= 300 && response.status() < 400;
    if (!isStream && !isRedirect) {
      loads.push(response.body().then((body) => body.length, () => 0));
    }
  });
  const answer = look.form === undefined ? await page.goto(asked.origin + look.path) : await send(page, look);
  const html = (await answer.body()).length;
  const bytes = (await Promise.all(loads)).reduce((sum, load) => sum + load, 0);
  const seen = [];
  for (const screen of screens) {
    await page.setViewportSize(screen);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    const found = await page.evaluate((rules) => globalThis.axe.run(document, rules), rulesOn(screen));
    const violations = found.violations.map(
      (one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(" | ")}`,
    );
    if (asked.pictures) {
      const name = asked.screens ? look.name : `${look.name}-${screen.width}`;
      await page.screenshot({ path: join(asked.pictures, `${name}.png`), fullPage: !asked.screens });
    }
    const { name, path } = look;
    seen.push({ name, path, width: screen.width, wide, html, bytes, elsewhere, violations });
  }
  const text = await page.evaluate(() => document.querySelector("main")?.innerText ?? "");
  const foreign = await page.evaluate(wordsOfTheOtherLanguage);
  return seen.map((one) => ({ ...one, status: answer.status(), text: text.replaceAll(/\s+/g, " "), foreign }));
}

// Fills in a form and sends it, from a page whose forms say where they come from.
async function send(page, look) {
  await page.goto(asked.origin + (asked.forms_from ?? "/en/staff/sign-in"));
  const [answer] = await Promise.all([
    page.waitForNavigation(),
    page.evaluate(([action, fields, file]) => {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action });
      for (const [name, value] of fields) {
        const type = "hidden";
        form.append(Object.assign(document.createElement("input"), { type, name, value }));
      }
      if (file !== undefined) {
        const chosen = new DataTransfer();
        chosen.items.add(new File([file.content], "file.csv", { type: "text/csv" }));
        const input = Object.assign(document.createElement("input"), { type: "file", name: file.field });
        input.files = chosen.files;
        form.enctype = "multipart/form-data";
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    }, [look.path, [...new URLSearchParams(look.form)], look.file]),
  ]);
  return answer;
}
