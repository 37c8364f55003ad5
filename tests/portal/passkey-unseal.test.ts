/** A real vault as processes, sealed and opened by a passkey of its owner: Chromium's own, which evaluates a secret (PRF). */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browserSkip, launchBrowser } from '@holdfast/testkit';
import { askWarden, makeRealVault, passphraseDraft } from '@holdfast/vault/admin';
import type { Browser, Request } from 'playwright-core';
import { newFolder, type Running, start, stop, until, vaultMain } from '../vault/harness.ts';
import { button, goTo, nothingWrong, openPage, type Person, signedIn } from './owner-page.ts';

const skip = browserSkip();
const passphrase = 'correct horse battery staple';
const data = newFolder();
const ways = join(data, 'vault/unseal');
let browser: Browser;
let vault: Running;
let origin: string;
let dora: Person;
/** Bodies that the page sent. */
const sent: { readonly path: string; readonly body: string }[] = [];

const state = async () => (await askWarden(data, { do: 'status' })) as { state: string; unsealedBy: string };
const wraps = () => readdirSync(ways).sort();

before(async () => {
  if (skip !== false) return;
  const secret = Buffer.from(passphrase);
  await makeRealVault(data, 'localhost', () => [{ draft: passphraseDraft('passphrase', Date.now()), secret }], Date.now());
  vault = await start(vaultMain, ['--data', data, '--port', '0']);
  await askWarden(data, { do: 'unseal', with: 'passphrase' }, [Buffer.from(passphrase)]);
  browser = await launchBrowser();
  origin = vault.portal().replace('http:', 'https:');
});
after(async () => {
  await browser?.close();
  if (vault !== undefined) await stop(vault);
  rmSync(data, { recursive: true, force: true });
});

test('the page of a real vault enrols over TLS, and says that no passkey opens the vault yet', { skip }, async () => {
  const code = await until('the code', () => /code for [^:]*: ([A-Z2-9-]{14})/.exec(vault.log())?.[1]);
  dora = await until('the page', () => openPage({ browser, origin }, { evaluates: true }).catch(() => undefined));
  const { page } = dora;
  page.on('request', (request: Request) => sent.push({ path: new URL(request.url()).pathname, body: request.postData() ?? '' }));
  await page.getByLabel('Owner').fill('dora');
  await page.getByLabel('Code from the console').fill(code);
  await page.getByLabel('Name of this passkey').fill('Laptop');
  await button(page, 'Make a passkey').click();
  await signedIn(dora);
  assert.deepEqual(wraps(), ['passphrase.json']);
});

/** Adds the passkey on the page and waits until the page says so. */
async function add(): Promise<void> {
  const { page } = dora;
  await goTo(dora, 'Credentials');
  await button(page, 'Open the vault with Laptop after a restart').click();
  await button(page, 'Approve with a passkey that you have').click();
  await page.getByText(/Laptop opens the vault since/).waitFor();
}

test('a passkey is added with its own word, and what it gives leaves the page sealed only', { skip }, async () => {
  await add();
  assert.equal(wraps().length, 2);
  const file = wraps().find((name) => name.startsWith('passkey-')) ?? '';
  const wrap = JSON.parse(readFileSync(join(ways, file), 'utf8')) as { kind: string; credential: string; salt: string };
  assert.equal(wrap.kind, 'passkey');
  const secret = await dora.page.evaluate<string>(`(async () => {
    const { evaluate } = await import('/page/prf.ts');
    return (await evaluate([{ id: '${wrap.credential}', salt: '${wrap.salt}' }])).secret.toHex();
  })()`);
  assert.equal(secret.length, 64);
  const written = [Buffer.from(secret, 'hex').toString('base64'), Buffer.from(secret, 'hex').toString('base64url'), secret];
  assert.ok(sent.some(({ body }) => body.includes('unseal-add')));
  for (const text of written) assert.ok(!sent.some(({ body }) => body.includes(text)) && !vault.log().includes(text));
  await nothingWrong(dora);
});

/** Seals the vault and shows its page afresh. */
async function sealed(): Promise<void> {
  const { page } = dora;
  await askWarden(data, { do: 'seal' });
  await until('the sealed page', async () => {
    await page.goto(origin).catch(() => undefined);
    return (await page.getByRole('heading', { name: 'The vault is sealed' }).isVisible()) || undefined;
  });
}

test('the sealed vault is opened by that passkey on its page', { skip }, async () => {
  const { page } = dora;
  await sealed();
  dora.complaints.splice(0); // of looking while the processes changed
  await button(page, 'Unseal with a passkey').click();
  await button(page, 'Sign in with a passkey').waitFor({ timeout: 120_000 });
  assert.deepEqual([(await state()).state, (await state()).unsealedBy], ['open', 'passkey']);
  await button(page, 'Sign in with a passkey').click();
  await signedIn(dora);
});

test('what was overheard opens nothing a second time, nor does another passkey', { skip }, async () => {
  const { page } = dora;
  const overheard = sent.findLast(({ path }) => path === '/v1/portal/unseal')?.body ?? '';
  assert.match(overheard, /"sealed":"[A-Za-z0-9+/]{151}="/);
  await sealed();
  const post = (body: string): Promise<string> =>
    page.evaluate<string>(
      `import('/page/api.ts').then(({ ask }) => ask('/v1/portal/unseal', ${JSON.stringify(body)})).then(() => 'done', (error) => error.code + ' ' + error.message)`,
    );
  assert.match(await post(overheard), /^E_SIG .*not sealed to this vault, or its key was used/);
  assert.match(
    await post(overheard.replace(/"credential":"[^"]*"/, '"credential":"AAAA"')),
    /^E_SIG this passkey does not unseal/,
  );
  assert.match(await post('{"credential":"AAAA"}'), /^E_PARAM/);
  assert.equal((await state()).state, 'sealed');
  await button(page, 'Unseal with a passkey').click();
  await button(page, 'Sign in with a passkey').waitFor({ timeout: 120_000 });
  await button(page, 'Sign in with a passkey').click();
  await signedIn(dora);
});

test('the audit log has it, and a removed passkey opens nothing', { skip }, async () => {
  const { page } = dora;
  await goTo(dora, 'Audit');
  assert.match(await page.getByRole('table').innerText(), /unseal-add/);
  await goTo(dora, 'Credentials');
  await button(page, 'Let Laptop open it no more').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await button(page, 'Open the vault with Laptop after a restart').waitFor();
  assert.deepEqual(wraps(), ['passphrase.json']);
  await sealed();
  assert.equal(await button(page, 'Unseal with a passkey').count(), 0);
  assert.ok(existsSync(join(ways, 'passphrase.json')));
});
