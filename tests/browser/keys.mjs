// Somebody at a browser with a keyboard and nothing else: Tab, Enter, Space, arrows and letters. Told one thing at a time by
// a line of JSON on standard input, it does that, and answers with a line that says where it is, what has the focus, and
// whether that can be seen. Whatever cannot be done with keys ends it with an error.
//
//   {"origin": "http://127.0.0.1:8080", "scripts": true}         first
//   {"opens": "/en/"}  {"tabs_to": "Start now"}  {"types": "amboseli"}  {"presses": "ArrowDown"}  {"enters": "Enter"}
//   {"walks": true}    from here through everything that Tab reaches, back to the first of it
//   {"arrives": "/en/receipts/"}    waits until the page has led there by itself
//   {"refused": "/stream"}    from now on something between here and there answers 502 to what ends so; to nothing: ""
//   {"looks": true}    touches nothing
import { createInterface } from "node:readline/promises";
import { chromium } from "playwright-core";

// More stops than any page has.
const STOPS_MAX = 400;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
};

const asked = await hear();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    javaScriptEnabled: asked.scripts,
  });
  const page = await context.newPage();
  const answers = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    answers.push(`${response.status()} ${response.request().method()} ${pathname}`);
  });

  const deeds = {
    opens: (path) => page.goto(asked.origin + path, { waitUntil: "load" }),
    tabs_to: (words) => tabTo(page, words),
    types: (text) => page.keyboard.type(text),
    presses: (key) => page.keyboard.press(key),
    // A key that leads to another page, or to the same anew.
    enters: async (key) => {
      await Promise.all([page.waitForEvent("load", { timeout: 60000 }), page.keyboard.press(key)]);
      await untilFocused(page);
    },
    arrives: (path) => page.waitForURL((url) => url.pathname.startsWith(path), { timeout: 60000 }),
    walks: () => walk(page),
    refused: async (ending) => {
      await context.unrouteAll();
      const isRefused = (url) => url.pathname.endsWith(ending);
      if (ending) await context.route(isRefused, (route) => route.fulfill({ status: 502 }));
    },
    looks: () => {},
  };
  for (let wish = await hear(); wish !== null; wish = await hear()) {
    const [[deed, how]] = Object.entries(wish);
    const stops = await deeds[deed](how);
    const seen = await seeAll(page);
    console.log(JSON.stringify({ ...seen, stops: deed === "walks" ? stops : [], answers }));
  }
} finally {
  await browser.close();
}

// What is on the page, and what has the focus. The page may just be left for another, by itself too.
async function seeAll(page) {
  for (let left = 20; ; left -= 1) {
    try {
      return { ...(await page.evaluate(seePage)), focus: await page.evaluate(seeFocus) };
    } catch (error) {
      if (left === 0 || !/context was destroyed/.test(error.message)) throw error;
      await page.waitForLoadState("load");
    }
  }
}

// A page that names what is to have the focus gives it a moment after it was loaded; nobody types before.
async function untilFocused(page) {
  const hasFocus = () => {
    const wanted = document.querySelector("[autofocus]");
    return wanted === null || document.activeElement === wanted;
  };
  for (let look = 0; look < 100; look += 1) {
    if (await page.evaluate(hasFocus).catch(() => false)) return;
    await page.waitForTimeout(50);
  }
}

// Tab, until what has the focus is called this.
async function tabTo(page, words) {
  const passed = [];
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(seeFocus);
    if (focus?.name.includes(words)) return;
    // Back at the first: it is not there.
    if (focus && passed.length > 1 && passed[0] === focus.path) break;
    if (focus) passed.push(focus.path);
  }
  throw new Error(`Tab does not lead to ${words}, but to ${passed.join(", ")}`);
}

// Everything that Tab reaches, once round.
async function walk(page) {
  const stops = [];
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(seeFocus);
    if (!focus) continue;
    if (stops.length > 0 && focus.path === stops[0].path) return stops;
    if (focus.path === stops.at(-1)?.path) throw new Error(`Tab does not leave ${focus.path}`);
    stops.push(focus);
  }
  throw new Error(`Tab goes round in ${stops.map((stop) => stop.path).join(", ")}`);
}

function seePage() {
  const main = document.querySelector("main");
  return { address: location.pathname, scrolled: scrollY, text: main ? main.innerText.replaceAll(/\s+/g, " ") : "" };
}

// What has the focus: its name, where it is, and whether somebody who looks at the screen finds it.
function seeFocus() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const labels = [...(element.labels ?? [])].map((label) => label.innerText);
  const steps = [];
  for (let at = element; at.parentElement; at = at.parentElement) {
    steps.unshift(`${at.localName}${at.id ? `#${at.id}` : ""}:${[...at.parentElement.children].indexOf(at)}`);
  }
  return {
    name: [element.getAttribute("aria-label") ?? "", ...labels, element.innerText].join(" ").trim(),
    is: element.localName,
    value: element.value ?? "",
    checked: element.checked ?? false,
    path: steps.join(" "),
    outlined: style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2,
    // A link may have more lines than the screen is high; it begins on it.
    on_screen: box.width > 0 && box.height > 0 && box.top < innerHeight && box.bottom > 0 && box.left < innerWidth && box.right > 0,
  };
}
