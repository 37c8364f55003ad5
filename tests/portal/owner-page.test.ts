/** The owner's pages in a real browser with a virtual authenticator, over a real vault and a real simulated exchange. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AccountId } from '@holdfast/domain';
import { createKey, creditUser, registerKey } from '@holdfast/exchange/control';
import { browserSkip } from '@holdfast/testkit';
import { createRecipient } from '@holdfast/vault/hpke';
import { exchangeTime, lastPrice, until } from '../vault/harness.ts';
import {
  button,
  consoleCode,
  enrol,
  goTo,
  nothingWrong,
  openPage,
  type Person,
  type Portal,
  refusal,
  signedIn,
  startPortal,
} from './owner-page.ts';

const skip = browserSkip();
/** Where pictures of the pages go, if anywhere: HOLDFAST_SHOTS=folder. */
const shots = process.env.HOLDFAST_SHOTS;

async function picture({ page }: Person, name: string): Promise<void> {
  if (shots !== undefined) await page.screenshot({ path: join(shots, `portal-${name}.png`), fullPage: true });
}

const main = 'main' as AccountId;
let portal: Portal;
/** The owner of the simulated vault, at one browser through all tests. */
let anna: Person;
before(async () => {
  if (skip !== false) return;
  portal = await startPortal();
  anna = await openPage(portal);
});
after(() => portal?.close());

const accountNow = async () => (await portal.instance.cli.status()).accounts.find(({ account }) => account === main);

test('a passkey is enrolled with the code from the console, and its owner is signed in', { skip }, async () => {
  const { page } = anna;
  await page.locator('main').getByText('Fingerprint').first().waitFor();
  assert.match(await page.locator('main').innerText(), /Fingerprint\s+SHA256:/);
  await enrol(portal, anna, 'owner');
  await signedIn(anna);
  assert.match(await page.locator('header').innerText(), /owner/);
  await nothingWrong(anna);
});

test('whoever comes back signs in with the passkey', { skip }, async () => {
  const { page } = anna;
  await page.reload();
  await button(page, 'Sign in with a passkey').click();
  await signedIn(anna);
  await nothingWrong(anna);
});

test('an account is made with a key born in the vault and connected to the exchange', { skip }, async () => {
  const { page } = anna;
  const { data, exchange } = portal.instance;
  await goTo(anna, 'Connect');
  const born = page.getByRole('region', { name: 'With a key born in the vault' });
  await born.getByLabel('Name of the account').fill(main);
  await born.getByRole('button', { name: 'Make the key' }).click();
  const publicKey = await page.getByTestId('public-key').inputValue();
  assert.match(publicKey, /^-----BEGIN PUBLIC KEY-----/);
  assert.match(await page.locator('main').innerText(), /Do not tick: withdrawals/);
  const control = { url: `http://127.0.0.1:${exchange.port}`, data };
  const { apiKey } = await registerKey(control, { type: 'ed25519', publicKey, ips: ['127.0.0.1'] });
  await creditUser(control, { apiKey, credit: { USDT: '20000' } });
  await page.getByLabel('API key that the exchange shows for it').fill(apiKey);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('heading', { name: `Mandate of ${main}` }).waitFor();
  await until('the account to be read', async () => (await accountNow())?.connected === true || undefined);
  await nothingWrong(anna);
});

test('a secret of the exchange is sealed in the page and opened in the vault alone', { skip }, async () => {
  const { page } = anna;
  const { data, exchange, vault } = portal.instance;
  const control = { url: `http://127.0.0.1:${exchange.port}`, data };
  for (const type of ['hmac', 'ed25519'] as const) {
    const { apiKey, secret = '' } = await createKey(control, { type, credit: { USDT: '10' } });
    const sent: string[] = [];
    page.on('request', (request) => sent.push(request.postData() ?? ''));
    await goTo(anna, 'Connect');
    const card = page.getByRole('region', { name: 'With a secret from the exchange' });
    await card.getByLabel('Name of the account').fill(`sealed-${type}`);
    await card.getByLabel('API key').fill(apiKey);
    await card.getByLabel('Kind of secret').selectOption(type);
    await card.getByLabel('Secret', { exact: true }).fill(secret);
    await card.getByRole('button', { name: 'Seal and connect' }).click();
    await page.getByRole('heading', { name: `Mandate of sealed-${type}` }).waitFor();
    const body = secret.replaceAll(/-----[A-Z ]+-----|\s/g, '');
    assert.ok(sent.some((text) => text.includes('account-import')));
    assert.ok(!sent.some((text) => text.replaceAll(/\\n|\s/g, '').includes(body)), 'it left the page in the open');
    assert.ok(!vault.log().includes(body));
  }
  await nothingWrong(anna);
});

test('a ticket that another vault signed is not sealed to', { skip }, async () => {
  const { page } = anna;
  await page.route('**/v1/portal/ticket', (route) =>
    route.fulfill({
      json: {
        ticket: randomBytes(16).toString('hex'),
        publicKey: createRecipient().publicKey.toString('base64'),
        expires: Date.now() + 600_000,
        signature: randomBytes(64).toString('base64'),
      },
    }),
  );
  await goTo(anna, 'Accounts');
  await goTo(anna, 'Connect');
  const card = page.getByRole('region', { name: 'With a secret from the exchange' });
  await card.getByLabel('Name of the account').fill('forged');
  await card.getByLabel('API key').fill('KEY');
  await card.getByLabel('Secret', { exact: true }).fill('a secret');
  await card.getByRole('button', { name: 'Seal and connect' }).click();
  assert.match(await card.getByRole('alert').innerText(), /not signed by this vault/);
  await page.unroute('**/v1/portal/ticket');
});

test('a first mandate is signed after its words and worst loss were shown', { skip }, async () => {
  const { page } = anna;
  await goTo(anna, 'Mandates');
  await page.getByRole('link', { name: main, exact: true }).click();
  await page.getByLabel('Worth of the account').fill('20000');
  await page.getByLabel('Pairs', { exact: true }).fill('BTC/USDT');
  const price = (await lastPrice(portal.instance)) / 10n ** 18n;
  await page.getByLabel('What one costs now').fill(String(price));
  await button(page, 'Propose').click();
  const words = page.getByTestId('words');
  await words.getByText('What you are about to sign').waitFor();
  const said = await words.innerText();
  assert.match(said, /Theft can take in 24 h, at most\s+100 USDT/);
  assert.match(said, /Even with forged prices, at most\s+[\d.]+ USDT/);
  assert.match(said, /The first mandate of this account/);
  await button(page, 'Sign with passkey').click();
  await page.getByText('In force: number 1').waitFor();
  await picture(anna, 'signed');
  const { mandate } = (await accountNow())!;
  assert.equal(mandate?.seq, 1);
  assert.equal(mandate?.pairs[0]?.pair, 'BTC/USDT');
  assert.ok((mandate?.exp ?? 0) > (await exchangeTime(portal.instance)));
  await nothingWrong(anna);
});

test('a changed field takes the button away until its words are there, and what is wider says so', { skip }, async () => {
  const { page } = anna;
  const reference = await until('a reference price', async () => (await portal.instance.cli.status()).reference[0]);
  await goTo(anna, 'Accounts');
  await goTo(anna, 'Mandates');
  await page.getByRole('link', { name: main, exact: true }).click();
  const prefilled = Number(await page.getByLabel('What one costs now').inputValue());
  assert.ok(Math.abs(prefilled / (Number(reference.price) / 1e18) - 1) < 0.05, String(prefilled));
  await button(page, 'Change it').click();
  const sign = button(page, 'Sign with passkey');
  await sign.waitFor();
  await page.getByLabel('Given away in 24 h, at most (B)').fill('80');
  await page.getByLabel('Given away in 24 h, at most (B)').blur();
  await page.getByText('Wider than the one in force').waitFor();
  assert.match(await page.getByRole('list', { name: 'Changes' }).innerText(), /burn24h/);
  assert.match(await page.getByTestId('words').innerText(), /Theft can take in 24 h, at most\s+140 USDT/);
  await page.getByLabel('Given away in 24 h, at most (B)').fill('nonsense');
  await page.getByLabel('Given away in 24 h, at most (B)').blur();
  await page.getByRole('alert').waitFor();
  assert.equal(await sign.isVisible(), false);
  await page.getByLabel('Given away in 24 h, at most (B)').fill('30');
  await page.getByLabel('Given away in 24 h, at most (B)').blur();
  await page.getByText('Narrower than the one in force').waitFor();
  await sign.click();
  await page.getByText('In force: number 2').waitFor();
  assert.equal((await accountNow())?.mandate?.burn24h, 30n * 10n ** 18n);
  await nothingWrong(anna);
});

test('freezing works at once and unfreezing takes the passkey', { skip }, async () => {
  const { page } = anna;
  await goTo(anna, 'Accounts');
  const card = page.getByRole('region', { name: `Account ${main}` });
  await card.getByRole('button', { name: 'Freeze' }).click();
  await card.getByText('frozen', { exact: true }).waitFor();
  assert.equal((await accountNow())?.condition, 'frozen');
  await anna.authenticator.verifies(false);
  await card.getByRole('button', { name: 'Unfreeze with passkey' }).click();
  await card.getByRole('alert').waitFor();
  assert.equal((await accountNow())?.condition, 'frozen', 'nobody was recognised, so nothing changed');
  await anna.authenticator.verifies(true);
  await card.getByRole('button', { name: 'Unfreeze with passkey' }).click();
  await card.getByText('active', { exact: true }).waitFor();
  assert.equal((await accountNow())?.condition, 'active');
  await nothingWrong(anna);
});

test('the audit log shows what was done, and credentials show what proves the owner', { skip }, async () => {
  const { page } = anna;
  await goTo(anna, 'Audit');
  const log = await page.getByRole('table').innerText();
  assert.match(log, /act mandate, account main, number 2[\s\S]*act account-create/);
  await goTo(anna, 'Credentials');
  await page.getByRole('heading', { name: 'What proves that it is you' }).waitFor();
  assert.match(await page.getByRole('table').innerText(), /owner’s laptop\s+webauthn/);
  await nothingWrong(anna);
});

test('every screen fits a phone', { skip }, async () => {
  const { page } = anna;
  await page.setViewportSize({ width: 390, height: 844 });
  for (const screen of ['Accounts', 'Connect', 'Mandates', 'Credentials', 'Notices', 'Audit']) {
    await goTo(anna, screen);
    await picture(anna, screen);
    const fits = await page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');
    assert.ok(fits, `${screen} is wider than the phone`);
  }
  await page.setViewportSize({ width: 1100, height: 1000 });
});

test('every control has a name', { skip }, async () => {
  const { page } = anna;
  for (const screen of ['Accounts', 'Connect', 'Mandates', 'Credentials', 'Notices', 'Audit']) {
    await goTo(anna, screen);
    const nameless = await page.evaluate<string[]>(`
      [...document.querySelectorAll('input, select, textarea, button, a')]
        .filter((it) => !(it.labels?.length > 0) && !it.closest('label') && !it.getAttribute('aria-label') && it.textContent.trim() === '')
        .map((it) => it.outerHTML)
    `);
    assert.deepEqual(nameless, [], screen);
  }
});

test('a wrong code enrols nobody', { skip }, async () => {
  const person = await openPage(portal);
  await consoleCode(portal, 'owner' as never);
  await enrol(portal, person, 'owner', 'AAAA-BBBB-CCCC');
  assert.match(await refusal(person), /not the code/);
  assert.equal(await person.page.getByRole('navigation', { name: 'Screens' }).getByRole('link').count(), 0);
  await nothingWrong(person);
  await person.context.close();
});

test('without a passkey nobody gets in', { skip }, async () => {
  const person = await openPage(portal);
  await button(person.page, 'Sign in with a passkey').click();
  assert.match(await refusal(person), /passkey was not used/);
  for (const path of ['view', 'words', 'ticket', 'freeze', 'kill', 'audit']) {
    const status = await person.page.evaluate<number>(
      `fetch('/v1/portal/${path}', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then((it) => it.status)`,
    );
    assert.equal(status, 401, path);
  }
  await person.context.close();
});

test('a page of another origin can neither read the vault nor post to it', { skip }, async () => {
  const context = await portal.browser.newContext();
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${portal.instance.exchange.port}/api/v3/time`);
  const tried = await page.evaluate<string[]>(`
    Promise.all([
      fetch('${portal.origin}/v1/portal/state', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }),
      fetch('${portal.origin}/v1/portal/kill', { method: 'POST', mode: 'no-cors', body: '{"reason":"x"}' }),
      fetch('${portal.origin}/'),
      fetch('${portal.origin}/', { mode: 'no-cors' }),
    ].map((it) => it.then((answer) => answer.type + answer.status, (error) => error.name)))
  `);
  assert.deepEqual(tried, ['TypeError', 'TypeError', 'TypeError', 'TypeError']);
  assert.equal((await accountNow())?.condition, 'active');
  await context.close();
});

test('another owner sees and changes nothing of the first', { skip }, async () => {
  const bert = await openPage(portal);
  await enrol(portal, bert, 'bert');
  await signedIn(bert);
  assert.match(await bert.page.locator('main').innerText(), /No account is connected yet/);
  assert.doesNotMatch(await bert.page.locator('main').innerText(), new RegExp(`\\b${main}\\b`));
  await goTo(bert, 'Audit');
  assert.doesNotMatch(await bert.page.getByRole('table').innerText(), /mandate|account-create/);
  const refused = await bert.page.evaluate<string>(`
    import('/page/api.ts').then(({ ask }) => ask('/v1/portal/freeze', { account: '${main}', reason: 'x' })).then(() => 'done', (error) => error.code)
  `);
  assert.equal(refused, 'E_STATE');
  assert.equal((await accountNow())?.condition, 'active');
  await nothingWrong(bert);
  await bert.context.close();
});

test('killing asks for the word, then everything is revoked', { skip }, async () => {
  const { page } = anna;
  await goTo(anna, 'Accounts');
  await button(page, 'Kill …').click();
  const dialog = page.getByRole('dialog', { name: 'Kill everything?' });
  await dialog.getByRole('button', { name: 'Kill' }).click();
  assert.ok(await dialog.isVisible(), 'without the word nothing happens');
  await dialog.getByLabel('Type KILL to go on').fill('KILL');
  await dialog.getByRole('button', { name: 'Kill' }).click();
  await page.getByText('Killed.').waitFor();
  await until('the vault to be dead', async () => {
    const status = await portal.instance.cli.status().catch((error: { code?: string }) => error.code ?? 'gone');
    return typeof status === 'string' || status.accounts[0]?.condition === 'revoked' ? true : undefined;
  });
});
