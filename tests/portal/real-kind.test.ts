/**
 * The pages over a signer of the real kind, whose waits and second channels a simulated vault does not have: the signer's own
 * code in this process, with a clock that moves when told, behind the portal's own server and a real browser.
 */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { browserSkip, launchBrowser } from '@holdfast/testkit';
import type { Browser } from 'playwright-core';
import { readPages } from '../../apps/vault/src/portal/pages.ts';
import { createPortal, type Portal } from '../../apps/vault/src/portal/portal.ts';
import { scriptedVault } from '../../apps/vault/src/signer/testing/scripted-vault.ts';
import { until } from '../vault/harness.ts';
import { button, goTo, nothingWrong, openPage, type Person, refusal, signedIn } from './owner-page.ts';

const skip = browserSkip();
const hour = 3_600_000;
let browser: Browser;
let listener: Server;
let vault: ReturnType<typeof scriptedVault>;
let dora: Person;

/** Moves the vault's clock and the browser's with it. */
async function pass(ms: number): Promise<void> {
  await vault.pass(ms);
  await dora.page.clock.setFixedTime(vault.now());
}

before(async () => {
  if (skip !== false) return;
  browser = await launchBrowser();
  listener = createServer();
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done));
  const origin = `http://localhost:${(listener.address() as AddressInfo).port}`;
  vault = scriptedVault({ simulated: false, portalOrigin: origin });
  let portal: Portal;
  const signer = {
    send: (frame: { kind: string; id: number; path?: string; headers?: { key: string }; body?: string }): void => {
      if (frame.kind !== 'request') return;
      void vault
        .portal(frame.path ?? '', JSON.parse(frame.body ?? ''), frame.headers?.key)
        .then(({ status, body }) => portal.receive({ kind: 'answer', id: frame.id, status, body: JSON.stringify(body) }));
    },
  };
  portal = createPortal({ signer, origin: new URL(origin), pages: readPages() });
  portal.serve().listen(listener);
  dora = await openPage({ browser, origin });
  await dora.page.clock.setFixedTime(vault.now());
  await dora.page.reload();
});
after(async () => {
  await browser?.close();
  listener?.close();
});

/** The newest text that was sent to a destination. */
const told = (id: string): string => vault.exchange.notices.findLast(({ destination }) => destination.id === id)?.text ?? '';

test('a new vault says the first code on its console, and its page enrols with it', { skip }, async () => {
  const { page } = dora;
  const code = /code for [^:]*: ([A-Z2-9-]{14})/.exec(vault.logged.join('\n'))?.[1] ?? '';
  await page.getByLabel('Owner').fill('dora');
  await page.getByLabel('Code from the console').fill(code);
  await page.getByLabel('Name of this passkey').fill('Laptop');
  await button(page, 'Make a passkey').click();
  await signedIn(dora);
  const text = await page.locator('main').innerText();
  assert.match(text, /one credential only/);
  assert.match(text, /nothing can be widened, and you hear of nothing/);
  assert.doesNotMatch(await page.locator('header').innerText(), /simulated/);
  await nothingWrong(dora);
});

test('an account with its first mandate begins with a tenth of its limits', { skip }, async () => {
  const { page } = dora;
  await goTo(dora, 'Connect');
  const born = page.getByRole('region', { name: 'With a key born in the vault' });
  assert.match(await born.getByLabel('Exchange').innerText(), /Binance/);
  await born.getByLabel('Name of the account').fill('spot');
  await born.getByRole('button', { name: 'Make the key' }).click();
  await page.getByLabel('API key that the exchange shows for it').fill('KEY');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('heading', { name: 'Mandate of spot' }).waitFor();
  await vault.sync('100');
  await goTo(dora, 'Mandates');
  await page.getByLabel('Worth of the account').fill('20000');
  await page.getByLabel('Pairs', { exact: true }).fill('BTC/USDT');
  await page.getByLabel('What one costs now').fill('100');
  await button(page, 'Propose').click();
  await button(page, 'Sign with passkey').click();
  await page.getByText('In force: number 1').waitFor();
  assert.match(await page.locator('main').innerText(), /a tenth of its limits counts[\s\S]*count at 10 % now/);
  await nothingWrong(dora);
});

/** Types a burn into the form of a changed mandate and waits for its words. */
async function wantBurn(amount: string, change: string): Promise<void> {
  const { page } = dora;
  await goTo(dora, 'Accounts');
  await goTo(dora, 'Mandates');
  await button(page, 'Change it').click();
  const burn = page.getByLabel('Given away in 24 h, at most (B)');
  await burn.fill(amount);
  await burn.blur();
  await page.getByText(change).waitFor();
  await button(page, 'Sign with passkey').click();
}

test('nothing is widened before two places are confirmed that hear of it', { skip }, async () => {
  await wantBurn('80', 'Wider than the one in force');
  assert.match(await refusal(dora), /2 confirmed destinations, owner dora has 0.*E_MANDATE_PENDING/);
});

test('places are signed, and confirmed by the code that arrived there', { skip }, async () => {
  const { page } = dora;
  await goTo(dora, 'Notices');
  for (const id of ['phone', 'tablet']) {
    const add = page.locator('section', { hasText: 'Add a place' });
    await add.getByLabel('Name').fill(id);
    await add.getByLabel('Address').fill(`https://push.example/${id}`);
    await add.getByRole('button', { name: 'Sign the new list with passkey' }).click();
    await page.getByRole('button', { name: `Remove ${id}` }).waitFor();
  }
  await page.getByLabel('Place').selectOption('phone');
  await page.getByLabel('Code that arrived there').fill('000000');
  await button(page, 'Confirm with passkey').click();
  assert.match(await refusal(dora), /not the code that was sent to phone/);
  for (const id of ['phone', 'tablet']) {
    const code = await until('the code', () => /confirm": (\S+)/.exec(told(id))?.[1]);
    await page.getByLabel('Place').selectOption(id);
    await page.getByLabel('Code that arrived there').fill(code);
    await button(page, 'Confirm with passkey').click();
    await page.getByText(`${id} is confirmed.`).waitFor();
  }
  await nothingWrong(dora);
});

test('a widening waits a day, is announced on both places, and a veto ends it', { skip }, async () => {
  const { page } = dora;
  await wantBurn('80', 'Wider than the one in force');
  const waiting = page.locator('li[data-pending]');
  await waiting.waitFor();
  assert.match(await waiting.innerText(), /mandate 2 of account spot[\s\S]*burn24h[\s\S]*Theft could then take 140/);
  for (const id of ['phone', 'tablet']) assert.match(told(id), /mandate 2 of account spot/);
  await page.getByText('In force: number 1').waitFor();
  await waiting.getByRole('button', { name: 'Veto with passkey' }).click();
  await waiting.waitFor({ state: 'detached' });
  await pass(25 * hour);
  await page.getByText('In force: number 1').waitFor();
  await nothingWrong(dora);
});

test('a widening that nobody vetoes counts after its day; a narrowing counts at once', { skip }, async () => {
  const { page } = dora;
  await button(page, 'Sign out').click();
  await button(page, 'Sign in with a passkey').click();
  await signedIn(dora);
  await wantBurn('80', 'Wider than the one in force');
  await page.locator('li[data-pending]').waitFor();
  await pass(23 * hour);
  assert.equal(await page.getByText('In force: number 2').count(), 0);
  await pass(2 * hour);
  await button(page, 'Sign out').click();
  await button(page, 'Sign in with a passkey').click();
  await signedIn(dora);
  await goTo(dora, 'Mandates');
  await page.getByText('In force: number 2').waitFor();
  await wantBurn('20', 'Narrower than the one in force');
  await page.getByText('In force: number 3').waitFor();
  await nothingWrong(dora);
});

test('a second passkey waits three days', { skip }, async () => {
  const { page } = dora;
  await goTo(dora, 'Credentials');
  const second = await dora.authenticator.cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const { cdp, id: first } = dora.authenticator;
  // The hand is on the new one until it has made its passkey.
  await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: first, enabled: false });
  await page.getByLabel('Its name').first().fill('Key ring');
  await button(page, 'Make the passkey').click();
  const approve = button(page, 'Approve with a passkey that you have');
  await approve.waitFor();
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId: second.authenticatorId });
  assert.equal(credentials.length, 1);
  await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: second.authenticatorId });
  await cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: first, enabled: true });
  await approve.click();
  await page.getByText(/Key ring counts from/).waitFor();
  await goTo(dora, 'Accounts');
  assert.match(await page.getByRole('region', { name: 'Waiting' }).innerText(), /new credential "Key ring"/);
  await nothingWrong(dora);
});

test('a session ends by itself and leads back to signing in', { skip }, async () => {
  const { page } = dora;
  await pass(11 * 60_000);
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Audit' }).click();
  await button(page, 'Sign in with a passkey').waitFor();
});
