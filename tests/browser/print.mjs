// Prints pages on the narrow paper of a receipt printer, and says what came out: how wide each sheet is, what stands beyond its edge,
// and how small the smallest letters are. Reads what to print from standard input and writes a line of JSON for each page.
//
//   {"origin": "http://127.0.0.1:8080", "cookie": {"name": "…", "value": "…"}, "pictures": "folder", "forms_from": "/en/",
//    "width_mm": 74, "prints": [{"name": "pass", "path": "/en/pass/1"}, {"name": "slip", "path": "/…", "form": "a=b"}]}
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const asked = JSON.parse(readFileSync(0, "utf8"));
const PIXELS_PER_MM = 96 / 25.4;
const width = Math.round(asked.width_mm * PIXELS_PER_MM);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
});
try {
  const context = await browser.newContext({ viewport: { width, height: 1000 } });
  if (asked.cookie) await context.addCookies([{ ...asked.cookie, url: asked.origin }]);
  const page = await context.newPage();
  for (const print of asked.prints) {
    await open(page, print);
    await page.emulateMedia({ media: "print" });
    const seen = await page.evaluate(onPaper);
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: false });
    const boxes = pdf.toString("latin1").matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)/g);
    const sheets = [...boxes].map(([, wide, high]) => [wide, high].map((points) => Math.round((points / 72) * 25.4)));
    if (asked.pictures) {
      await page.screenshot({ path: join(asked.pictures, `${print.name}-print.png`), fullPage: true });
      writeFileSync(join(asked.pictures, `${print.name}.pdf`), pdf);
    }
    await page.emulateMedia({ media: null });
    console.log(JSON.stringify({ name: print.name, width, sheets, ...seen }));
  }
} finally {
  await browser.close();
}

async function open(page, print) {
  if (print.form === undefined) return page.goto(asked.origin + print.path);
  await page.goto(asked.origin + asked.forms_from);
  await Promise.all([
    page.waitForNavigation(),
    page.evaluate(([action, fields]) => {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action });
      for (const [name, value] of fields) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      document.body.append(form);
      form.submit();
    }, [print.path, [...new URLSearchParams(print.form)]]),
  ]);
}

// What is on the paper: all that is shown, what of it stands beyond the right edge, and the smallest letters in points.
function onPaper() {
  const beyond = [];
  let points = Infinity;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
    if (boxes.length === 0) continue;
    if (boxes.some((box) => box.right > window.innerWidth + 0.5 || box.left < -0.5)) beyond.push(text.data.trim());
    points = Math.min(points, parseFloat(getComputedStyle(text.parentElement).fontSize) * 0.75);
  }
  for (const image of document.images) {
    const box = image.getBoundingClientRect();
    if (box.width > 0 && box.right > window.innerWidth + 0.5) beyond.push(image.alt);
  }
  const text = document.body.innerText.replaceAll(/\s+/g, " ");
  return { beyond, points, text, wide: document.documentElement.scrollWidth };
}
