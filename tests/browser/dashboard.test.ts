/** The page in a real browser, over canned answers: what it shows, what it sends, and that it keeps the strictest policy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as contracts from '@holdfast/contracts';
import { buildDashboard } from '@holdfast/dashboard/build';
import type { Locator } from 'playwright-core';
import { cannedAnswers } from './dashboard-fixture.ts';
import { dashboardInBrowser, type Shift } from './dashboard-look.ts';

const { skip, look, fixture, isFilled, noOverflow, picture, wide, phone } = dashboardInBrowser();

test('the canned answers fit the contracts', () => {
  const answers = cannedAnswers();
  contracts.status.parse(answers.status);
  contracts.botDetail.parse(answers.bot);
  contracts.dealsAnswer.parse(answers.deals);
  contracts.candlesAnswer.parse(answers.candles);
  contracts.fillsAnswer.parse(answers.fills);
  contracts.equityAnswer.parse(answers.equity);
  contracts.verdictsAnswer.parse(answers.verdicts);
  contracts.logAnswer.parse(answers.log);
});

test('the page is built once for the same sources', { skip }, async () => {
  assert.deepEqual(await buildDashboard(), { built: false });
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`the page shows market, deal, verdicts and processes in ${colorScheme} colours and breaks no rule`, { skip }, async () => {
    const { page, complaints } = await look({ viewport: wide, colorScheme });
    await isFilled(page);
    assert.ok((await page.locator('[data-testid=candles] canvas').count()) > 0);
    assert.equal(await page.getByTestId('ladder').locator('tbody tr').count(), 9);
    assert.match(await page.getByTestId('ladder').innerText(), /Take profit[\s\S]*Market[\s\S]*Averaging 2[\s\S]*resting/);
    assert.equal(await page.getByTestId('closed-deals').locator('tbody tr').count(), 14);
    assert.match(await page.getByTestId('verdicts').innerText(), /refused[\s\S]*E_BAND[\s\S]*the mandate allows 0\.80 %/);
    assert.match(await page.getByTestId('processes').innerText(), /signer[\s\S]*running/);
    assert.match(await page.getByTestId('account-value').innerText(), /10,017\.79\s*USDT/);
    assert.match(await page.locator('main').innerText(), /Paper account: no real money/);
    assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), colorScheme);
    await picture(page, `wide-${colorScheme}`);
    assert.deepEqual(await page.evaluate<string[]>('violations'), []);
    assert.deepEqual(complaints, []);
    const shifts = await page.evaluate<Shift[]>('shifts');
    const moved = shifts.reduce((sum, { value }) => sum + value, 0);
    assert.ok(moved < 0.01, `things moved while loading: ${JSON.stringify(shifts, null, 1)}`);
    assert.ok(await noOverflow(page));
    await page.context().close();
  });

test('on a phone nothing has to be scrolled sideways', { skip }, async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, complaints } = await look({
      viewport: phone,
      colorScheme,
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    });
    await isFilled(page);
    await picture(page, `phone-${colorScheme}`);
    assert.ok(await noOverflow(page));
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});

test('on a narrow phone the bar shows all that it has, and figures stay in their card', { skip }, async () => {
  const { page } = await look({ viewport: { width: 360, height: 700 }, isMobile: true, hasTouch: true });
  await isFilled(page);
  const rightOf = async (place: Locator): Promise<number> => {
    const box = await place.boundingBox();
    return box === null ? Number.NaN : box.x + box.width;
  };
  assert.ok((await rightOf(page.getByRole('button', { name: /^Switch to/ }))) <= 360);
  const [tag, card] = [page.locator('.account .figure .tag'), page.locator('.account')];
  assert.ok((await rightOf(tag)) < (await rightOf(card)) - 8);
  await page.context().close();
});

test('the colours can be switched, and stay so', { skip }, async () => {
  const { page } = await look({ viewport: wide, colorScheme: 'light' });
  await page.getByRole('button', { name: 'Switch to dark colours' }).click();
  await page.reload();
  assert.equal(await page.locator('html').getAttribute('data-mantine-color-scheme'), 'dark');
  await page.context().close();
});

test('a tick moves the price on the page without a reload', { skip }, async () => {
  const { page } = await look();
  await isFilled(page);
  await page.getByText('Live', { exact: true }).waitFor();
  fixture().tick({ pair: 'BTC/USDT', last: '64999.99', bid: '64999.99', ask: '65000', at: Date.now() });
  await page.getByTestId('ladder').getByText('64,999.99').waitFor({ timeout: 60_000 });
  await page.context().close();
});

test('what changed is read again', { skip }, async () => {
  const { page } = await look();
  await isFilled(page);
  await page.getByText('Live', { exact: true }).waitFor();
  fixture().answers.bot.openDeals = [];
  fixture().answers.bot.waitingFor = 'Cooling down until 09:44';
  fixture().changed(['deals']);
  await page.getByText('No deal is open').waitFor({ timeout: 60_000 });
  await page.context().close();
});

test('freezing asks first, says how it is undone, and sends JSON', { skip }, async () => {
  const { page, complaints } = await look();
  await isFilled(page);
  await page.getByRole('button', { name: 'Freeze', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('npx holdfast unfreeze').waitFor();
  await picture(page, 'freeze');
  assert.equal(fixture().sent.length, 0);
  await dialog.getByLabel('Reason').fill('odd orders');
  await dialog.getByRole('button', { name: 'Freeze now' }).click();
  await page.getByText('The vault is frozen').waitFor();
  assert.deepEqual(fixture().sent, [{ path: '/api/freeze', contentType: 'application/json', body: { reason: 'odd orders' } }]);
  await picture(page, 'frozen');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a bot is made with the form that its schema gives', { skip }, async () => {
  const { page, complaints } = await look();
  await isFilled(page);
  await page.getByRole('button', { name: 'New bot' }).click();
  const form = page.getByTestId('create-bot');
  await form.getByLabel('Base order', { exact: false }).first().fill('25');
  await form.getByLabel('First averaging order').fill('50');
  await picture(page, 'create');
  await form.getByRole('button', { name: 'Create and start' }).click();
  await form.waitFor({ state: 'detached' });
  const sent = contracts.createBot.parse(fixture().sent[0]?.body);
  assert.equal(contracts.dcaSettings.parse(sent.settings).averagingOrderSize, '50');
  assert.equal(sent.pair, 'BTC/USDT');
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a bot is stopped from its row', { skip }, async () => {
  const { page } = await look();
  await isFilled(page);
  const answered = page.waitForResponse((response) => response.url().endsWith('/api/bots/b1/stop'));
  await page.getByRole('button', { name: 'Stop Demonstration DCA' }).click();
  await answered;
  assert.equal(fixture().sent[0]?.path, '/api/bots/b1/stop');
  await page.context().close();
});

test('a server that fails is said plainly, and the page recovers by itself', { skip }, async () => {
  fixture().broken = 503;
  const { page } = await look();
  await page.getByTestId('banners').getByText('The server cannot answer').waitFor({ timeout: 60_000 });
  await picture(page, 'server-down');
  assert.ok(await noOverflow(page));
  fixture().broken = undefined;
  await page.getByTestId('ladder').waitFor({ timeout: 60_000 });
  await page.context().close();
});

test('without bots every panel says what will be there', { skip }, async () => {
  const { status } = fixture().answers;
  Object.assign(status, {
    bots: [],
    deals: { open: 0, closed: 0 },
    engine: { reachable: false, reason: 'Its socket is silent.' },
  });
  fixture().answers.equity.points = [];
  fixture().answers.verdicts.verdicts = [];
  fixture().answers.log.entries = [];
  const { page, complaints } = await look();
  await page.getByText('No bot yet').waitFor();
  await page.getByTestId('banners').getByText('The engine does not answer').waitFor();
  await picture(page, 'empty');
  assert.deepEqual(complaints, []);
  await page.context().close();
});
