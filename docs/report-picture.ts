// Takes a screenshot of the two charts in the report on unit-1, docs/report.jpg, in a real browser: npm run build && npx tsx docs/report-picture.ts

import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { startBrowser, Visit } from '../test/lab/browser';
import { Lab } from '../test/lab/lab';

const ROOT = path.join(__dirname, '..');
const WIDTH = 760;
const MARGIN = 14;

async function draw(): Promise<void> {
  const lab = new Lab();
  const browser = await startBrowser();
  try {
    const file = path.join(lab.dir, 'report.html');
    const args = ['report', 'fleets/unit-1/nutcracker.yml', '--plan', 'dist', '-o', file];
    execFileSync(process.execPath, ['build/cli/main.js', ...args], { cwd: ROOT });
    const { page } = await Visit.of(browser, file, { viewport: { width: WIDTH, height: 800 } });
    const [shares, ring] = await Promise.all(
      ['shares', 'ring'].map((part) => page.locator(`#pool-1-${part}`).boundingBox()),
    );
    if (shares === null || ring === null) throw new Error('the report has no charts');
    const clip = { x: 0, y: shares.y - MARGIN, width: WIDTH, height: ring.y + ring.height - shares.y + 2 * MARGIN };
    const picture = path.join(__dirname, 'report.jpg');
    await page.screenshot({ path: picture, type: 'jpeg', quality: 75, fullPage: true, clip });
  } finally {
    await browser.close();
    await lab.close();
  }
}

void draw();
