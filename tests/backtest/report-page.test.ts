/** The pages of a backtest and of a sweep in a real browser without any network: they draw, ask for nothing, and complain of nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  conductSweep,
  createSweep,
  openTrials,
  readySweep,
  type SweepDocument,
  storeSeries,
  sweepPage,
} from '@holdfast/backtest';
import { botSettings, settingForms } from '@holdfast/contracts';
import { browserSkip, launchBrowser } from '@holdfast/testkit';
import { dataVersion, documentOf } from '../../packages/backtest/src/report/document.ts';
import { htmlReport } from '../../packages/backtest/src/report/html.ts';
import { sampleAsk, sampleSweepAsk } from '../../packages/backtest/src/testing/sample-ask.ts';
import { walkRun, walkSeries } from '../../packages/backtest/src/testing/walk-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-report-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Both looks, both widths. @param drawings how many at least */
async function opensAlone(html: string, drawings: number): Promise<void> {
  const file = join(folder, 'report.html');
  writeFileSync(file, html);
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
      const drawn = await page.evaluate<number>(
        "[...document.querySelectorAll('svg[role=img]')].filter((it) => it.getBoundingClientRect().height > 60).length",
      );
      assert.ok(drawn >= drawings, `${drawn} drawings have a height`);
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
  }
  assert.ok(statSync(file).size < 1024 ** 2, `${statSync(file).size} bytes`);
}

test('a report opens without network, light and dark, wide and narrow', { skip: browserSkip() }, async () => {
  const { request, result } = walkRun(120, 5);
  const series = [...request.series.values()][0]!;
  const parts = { request, result, madeAt: 0, code: { version: '0.1.0', commit: null }, rulesFrom: new Map<string, string>() };
  await opensAlone(htmlReport(documentOf({ ...parts, data: [dataVersion(series, 'ab'.repeat(32))] })), 6);
});

async function sweep(): Promise<SweepDocument> {
  const data = join(folder, 'data');
  storeSeries(data, walkSeries(40, 5), { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });
  const settings = { baseOrderSize: '100', averagingOrderSize: '100' };
  const asked = sampleSweepAsk({
    ask: sampleAsk({ settings, otherPath: false }),
    vary: ['stepPercent=0.5..1.5/0.25', 'takeProfitPercent=0.5..2/0.5', 'takeProfitOf=total,base'],
    goal: '0 < 1 and profit',
  });
  const schema = botSettings.dca;
  const check = (settings: Readonly<Record<string, unknown>>): unknown => schema.parse(settings);
  const ready = readySweep(asked, data, { formOf: settingForms(schema), check });
  createSweep(data, 'page', { asked, madeAt: 0, data: ready.data });
  const conducted = await conductSweep(ready, {
    id: 'page',
    madeAt: 0,
    code: { version: '0.1.0', commit: null },
    trials: openTrials(data, 'page'),
    workers: 0,
    now: () => performance.now(),
  });
  assert.equal(conducted.kind, 'done');
  return (conducted as Extract<typeof conducted, { kind: 'done' }>).document;
}

test('the page of a sweep opens without network, and what was asked is no markup in it', { skip: browserSkip() }, async () => {
  const html = sweepPage(await sweep());
  assert.ok(html.includes('0 &lt; 1 and profit') && !html.includes('0 < 1'), 'the goal is escaped');
  await opensAlone(html, 4);
});
