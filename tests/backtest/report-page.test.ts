/** The page of a backtest in a real browser without any network: it draws, asks for nothing, and complains of nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { browserSkip, launchBrowser } from '@holdfast/testkit';
import { dataVersion, documentOf } from '../../packages/backtest/src/report/document.ts';
import { htmlReport } from '../../packages/backtest/src/report/html.ts';
import { walkRun } from '../../packages/backtest/src/testing/walk-run.ts';

test('a report opens without network, light and dark, wide and narrow', { skip: browserSkip() }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'));
  const { request, result } = walkRun(120, 5);
  const series = [...request.series.values()][0]!;
  const file = join(folder, 'report.html');
  const parts = { request, result, madeAt: 0, code: { version: '0.1.0', commit: null }, rulesFrom: new Map<string, string>() };
  writeFileSync(file, htmlReport(documentOf({ ...parts, data: [dataVersion(series, 'ab'.repeat(32))] })));
  const browser = await launchBrowser();
  try {
    for (const [colorScheme, width] of [
      ['light', 1280],
      ['dark', 390],
    ] as const) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, offline: true });
      const page = await context.newPage();
      const [complaints, requests]: [string[], string[]] = [[], []];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('pageerror', (error) => complaints.push(String(error)));
      page.on('request', (asked) => requests.push(asked.url()));
      await page.goto(pathToFileURL(file).href);
      assert.equal(await page.locator('svg[role=img]').count(), 4 + (await page.locator('.closeups svg[role=img]').count()));
      const drawn = await page.evaluate<number>(
        "[...document.querySelectorAll('svg[role=img]')].filter((it) => it.getBoundingClientRect().height > 60).length",
      );
      assert.ok(drawn >= 6, `${drawn} drawings have a height`);
      const invalid = await page.evaluate<number>(
        "[...document.querySelectorAll('svg path')].filter((it) => /NaN|Infinity|undefined/.test(it.getAttribute('d'))).length",
      );
      assert.equal(invalid, 0);
      assert.ok(await page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth'));
      assert.deepEqual([complaints, requests], [[], [pathToFileURL(file).href]]);
      await context.close();
    }
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
});
