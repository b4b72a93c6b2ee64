// Watches a live page as somebody at the Treasury does, and says when it shows what: first a figure that was not there
// before, then, after the gateway is gone, that the feed is lost. Reads what to watch from standard input, writes a line
// whenever something is seen, and goes on when it reads a line.
//
//   {"url": "…/en/treasury/live", "origin": "…", "cookie": {"name": "…", "value": "…"}}
import { createInterface } from "node:readline/promises";
import { chromium } from "playwright-core";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => JSON.parse((await lines.next()).value);
const say = (what) => console.log(JSON.stringify(what));

const asked = await hear();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const context = await browser.newContext();
  await context.addCookies([{ ...asked.cookie, url: asked.origin }]);
  const page = await context.newPage();
  await page.goto(asked.url);
  const figure = page.locator("#figures .sum").first();
  const before = await figure.textContent();
  say({ shown: before });

  await page.waitForFunction((old) => document.querySelector("#figures .sum").textContent !== old, before, {
    timeout: 60000,
    polling: 50,
  });
  say({ shown: await figure.textContent() });

  // Paused, the figure stays; going on, it is the newest.
  await page.locator("#pause").click();
  say({ paused: await page.locator("#pause").getAttribute("aria-pressed") });
  await hear();
  await page.waitForTimeout(1500);
  say({ shown: await figure.textContent() });
  await page.locator("#pause").click();
  await page.waitForTimeout(200);
  say({ shown: await figure.textContent() });

  await page.locator("#stale").waitFor({ state: "visible", timeout: 60000 });
  say({ stale: await page.locator("#stale").textContent() });
} finally {
  await browser.close();
}
