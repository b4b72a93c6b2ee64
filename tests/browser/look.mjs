// Looks at pages as people with a browser have them, and says what is wrong: violations that axe-core finds, pages that are
// wider than the screen, things that are loaded from elsewhere, weight. Reads what to look at from standard input and
// writes a line of JSON for each page and width.
//
//   {"origin": "http://127.0.0.1:8080", "cookie": {"name": "…", "value": "…"}, "paths": ["/en/"], "pictures": "folder"}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const WIDTHS = [360, 1280];
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const asked = JSON.parse(readFileSync(0, "utf8"));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  for (const width of WIDTHS) {
    // The policy of our pages lets no script in that is not ours; axe is one.
    const context = await browser.newContext({ viewport: { width, height: 800 }, bypassCSP: true });
    if (asked.cookie) await context.addCookies([{ ...asked.cookie, url: asked.origin }]);
    for (const path of asked.paths) {
      const page = await context.newPage();
      const elsewhere = [];
      let bytes = 0;
      page.on("request", (request) => {
        const url = request.url();
        if (!url.startsWith(asked.origin) && !url.startsWith("data:")) elsewhere.push(url);
      });
      page.on("response", async (response) => {
        // A stream of events has no end to wait for.
        if ((response.headers()["content-type"] ?? "").startsWith("text/event-stream")) return;
        bytes += (await response.body().catch(() => Buffer.alloc(0))).length;
      });
      await page.goto(asked.origin + path, { waitUntil: "load" });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      await page.evaluate(axe);
      const found = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), TAGS);
      const violations = found.violations.map(
        (one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join(" | ")}`,
      );
      if (asked.pictures) {
        const name = path.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 60);
        await page.screenshot({ path: join(asked.pictures, `${name}${width}.png`), fullPage: true });
      }
      console.log(JSON.stringify({ path, width, wide, bytes, elsewhere, violations }));
      await page.close();
    }
    await context.close();
  }
} finally {
  await browser.close();
}
