/** Bots on the page: forms made from every schema, checks with all faults at once, acts on a deal, and what a bot says of itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as contracts from '@holdfast/contracts';
import type { Page } from 'playwright-core';
import { botKinds, check, dcaReport, gridReport, guards, signals, statistics, suggestion } from './bot-answers.ts';
import { marketNow } from './dashboard-fixture.ts';
import { dashboardInBrowser } from './dashboard-look.ts';

const { skip, look, fixture, isFilled, noOverflow, picture, wide, phone } = dashboardInBrowser();

async function openForm(page: Page) {
  await isFilled(page);
  await page.getByRole('button', { name: 'New bot' }).click();
  const form = page.getByTestId('create-bot');
  await form.waitFor();
  return form;
}

test('the canned answers about bots fit the contracts', () => {
  contracts.botKindsAnswer.parse({ kinds: botKinds() });
  contracts.checkAnswer.parse(check({ kind: 'grid', settings: {} }));
  contracts.checkAnswer.parse(check({ kind: 'recurring', settings: { size: '50' } }));
  contracts.suggestionAnswer.parse(suggestion);
  contracts.botReport.parse(dcaReport);
  contracts.botReport.parse(gridReport);
  contracts.statisticsAnswer.parse(statistics(marketNow));
  contracts.signalsAnswer.parse(signals(marketNow));
  contracts.guardsAnswer.parse(guards(marketNow));
});

test('all faults of a form stand at their fields, and the first gets the cursor', { skip }, async () => {
  const { page, complaints } = await look({ viewport: phone, isMobile: true, hasTouch: true });
  const form = await openForm(page);
  await form.getByLabel('Kind').selectOption('grid');
  await form.getByLabel('Lower price').fill('70000');
  await form.getByLabel('Upper price', { exact: true }).fill('60000');
  await form.getByRole('button', { name: 'Create and start' }).click();
  await form.getByTestId('faults').waitFor();
  const faults = await form.getByTestId('faults').innerText();
  for (const part of [/Upper price: must be above the lower price/, /Lines: is needed/, /Amount per line/])
    assert.match(faults, part);
  await form.locator('.mantine-InputWrapper-error').first().waitFor();
  assert.ok((await form.locator('.mantine-InputWrapper-error').count()) >= 3);
  assert.equal(fixture().sent.length, 0);
  assert.ok(await page.evaluate<boolean>('document.activeElement.closest("[data-testid=create-bot]") !== null'));
  await form.getByRole('button', { name: 'Lines', exact: true }).click();
  assert.equal(await page.evaluate<string>('document.activeElement.name'), 'lines');
  await picture(page, 'form-faults-phone');
  assert.ok(await noOverflow(page));
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('a grid is suggested, checked beside the mandate, and made', { skip }, async () => {
  const { page, complaints } = await look({ viewport: wide, colorScheme: 'dark' });
  const form = await openForm(page);
  await form.getByLabel('Kind').selectOption('grid');
  await form.getByRole('button', { name: 'Suggest range and lines' }).click();
  await form.getByText('an hour moves 2.6771 %').waitFor();
  await form.getByText('12 round trips and 28.25 in all').waitFor();
  assert.equal(await form.getByLabel('Lower price').inputValue(), '56939');
  await form.getByRole('button', { name: 'Check', exact: true }).click();
  await form.getByText('It can be made as it is.').waitFor();
  assert.match(await form.getByTestId('missing').innerText(), /maxOrderQuote: 650 would be needed, 500 is allowed/);
  assert.match(await form.getByTestId('check').innerText(), /27\.00\s*USDT/);
  assert.match(await form.getByTestId('first-orders').innerText(), /BTC\/USDT\s*buy 0\.0031/);
  const propose = form.getByRole('link', { name: 'Propose it to the owner' });
  assert.match((await propose.getAttribute('href')) ?? '', /^http:\/\/localhost:8431\/#mandate\/paper\//);
  await picture(page, 'form-grid-checked');
  await form.getByRole('button', { name: 'Create and start' }).click();
  await form.waitFor({ state: 'detached' });
  const sent = contracts.createBot.parse(fixture().sent[0]?.body);
  assert.equal(contracts.gridSettings.parse(sent.settings).lines, 5);
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('fields come and go with what they depend on, in the form of every kind', { skip }, async () => {
  const { page } = await look();
  const form = await openForm(page);
  await form.getByLabel('Kind').selectOption('trade');
  assert.equal(await form.getByLabel('Coins held', { exact: true }).count(), 0);
  await form.getByLabel('Entry', { exact: true }).selectOption('held');
  await form.getByLabel('Coins held', { exact: true }).fill('0.5');
  assert.equal(await form.locator('[name=size]').count(), 0);
  for (const { kind, schema } of botKinds()) {
    await form.getByLabel('Kind').selectOption(kind);
    for (const name of (schema.required ?? []) as string[]) await form.locator(`[name=${name}]`).waitFor();
    assert.equal(await form.getByLabel('Pair', { exact: true }).count(), kind === 'rebalance' ? 0 : 1);
  }
  await page.context().close();
});

test('a bot of a file fills the form; a file of another kind is refused by name', { skip }, async () => {
  const { page } = await look();
  const form = await openForm(page);
  const give = async (file: object): Promise<void> => {
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      form.getByRole('button', { name: 'From a file' }).click(),
    ]);
    await chooser.setFiles({ name: 'bot.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(file)) });
  };
  const bot = { holdfastBot: 1, kind: 'recurring', name: 'Mondays', pairs: ['ETH/USDT'], settings: { size: '75' }, funds: {} };
  await give({ ...bot, settings: { size: '75', sise: '1' } });
  await form.getByText('A recurring bot has no setting sise.').waitFor();
  await give(bot);
  // The file is read when the chooser has closed.
  for (let n = 0; n < 100 && (await form.getByLabel('Name', { exact: true }).inputValue()) === ''; n++)
    await page.waitForTimeout(20);
  assert.equal(await form.getByLabel('Kind').inputValue(), 'recurring');
  assert.equal(await form.getByLabel('Name', { exact: true }).inputValue(), 'Mondays');
  assert.equal(await form.locator('[name=size]').inputValue(), '75');
  await page.context().close();
});

test('exits say what rests and why not; funds are added and the deal is changed from the page', { skip }, async () => {
  const { page, complaints } = await look();
  await isFilled(page);
  const exits = await page.getByTestId('exits').innerText();
  assert.match(exits, /Take profit 2[\s\S]*resting[\s\S]*Stop loss[\s\S]*not resting[\s\S]*locked by the take profit/);
  await page.getByRole('button', { name: 'Add funds' }).click();
  await page.getByLabel('Amount').fill('40');
  await page.getByRole('dialog').getByRole('button', { name: 'Add funds' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Edit deal' }).click();
  await page.getByLabel('Stop loss').fill('2.5');
  await page.getByLabel('Averaging orders').fill('3');
  await page.getByRole('dialog').getByRole('button', { name: 'Edit deal' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Give funds' }).click();
  await page.getByRole('textbox', { name: 'USDT' }).fill('150');
  await page.getByRole('dialog').getByRole('button', { name: 'Give funds' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.deepEqual(
    fixture().sent.map(({ path, body }) => [path, body]),
    [
      ['/api/bots/b1/add-funds', { quote: '40' }],
      ['/api/bots/b1/edit-deal', { changes: { stopLossPercent: '2.5', averagingOrders: 3 } }],
      ['/api/bots/b1/fund', { funds: { USDT: '150' } }],
    ],
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('what a cancelled deal left is released from the page, after a question that says what that does', { skip }, async () => {
  const { report } = fixture().answers;
  fixture().answers.report = { ...report, kept: [{ pair: 'BTC/USDT', quantity: '0.00311', cost: '198.4' }] };
  const { page, complaints } = await look({ viewport: phone });
  const kept = page.getByTestId('kept');
  await kept.waitFor();
  assert.match(await kept.innerText(), /The bot keeps 0\.00311 BTC that cost 198\.40\s*USDT\./);
  await picture(page, 'kept-coins-phone', '.ladder-panel');
  assert.ok(await noOverflow(page));
  await kept.getByRole('button', { name: 'Release' }).click();
  const question = page.getByRole('dialog');
  assert.match(await question.innerText(), /Nothing is traded: .* free in the account again, and a trade .* can take it over\./);
  fixture().answers.report = report;
  await question.getByRole('button', { name: 'Release' }).click();
  await question.waitFor({ state: 'detached' });
  await kept.waitFor({ state: 'detached' });
  assert.deepEqual(
    fixture().sent.map(({ path, body }) => [path, body]),
    [['/api/bots/b1/release-kept', {}]],
  );
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test('lines of a grid are listed with their state, in both colours and on a phone', { skip }, async () => {
  for (const [viewport, colorScheme] of [
    [wide, 'light'],
    [phone, 'dark'],
  ] as const) {
    Object.assign(fixture().answers.bot, { kind: 'grid', openDeals: [] });
    fixture().answers.report = gridReport;
    const { page, complaints } = await look({ viewport, colorScheme });
    const lines = page.getByTestId('grid-lines');
    await lines.waitFor();
    assert.equal(await lines.locator('tbody tr').count(), 9);
    assert.match(await lines.innerText(), /sell\s*resting[\s\S]*between[\s\S]*buy\s*waiting[\s\S]*enough lines rest nearer/);
    await lines.scrollIntoViewIfNeeded();
    await picture(page, `grid-lines-${colorScheme}`, '.bot-panel');
    assert.ok(await noOverflow(page));
    assert.deepEqual(complaints, []);
    await page.context().close();
  }
});

test('statistics, log, signals and settings are reached with the keyboard', { skip }, async () => {
  const { page, complaints } = await look();
  await isFilled(page);
  await page.getByRole('tab', { name: 'Exits' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByTestId('statistics').waitFor();
  assert.match(await page.getByTestId('statistics').innerText(), /\+18\.41\s*USDT[\s\S]*1\.12\s*%[\s\S]*2026-03-14/);
  await picture(page, 'statistics', '.bot-panel');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.match(await page.getByTestId('signals').innerText(), /A deal is open[\s\S]*refused[\s\S]*signal-not-now, came 2 times/);
  await page.keyboard.press('ArrowRight');
  await page.getByTestId('settings').waitFor();
  assert.deepEqual(await page.evaluate<string[]>('violations'), []);
  assert.deepEqual(complaints, []);
  await page.context().close();
});
