/** A real vault, a real exchange and a real browser with a virtual authenticator, for the tests of the owner's pages. */
import assert from 'node:assert/strict';
import { type OwnerId, ownerId } from '@holdfast/domain';
import { launchBrowser } from '@holdfast/testkit';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { type Instance, launch, until } from '../vault/harness.ts';

export interface Portal {
  readonly instance: Instance;
  readonly browser: Browser;
  readonly origin: string;
  close(): Promise<void>;
}

export async function startPortal(): Promise<Portal> {
  const [instance, browser] = await Promise.all([launch(), launchBrowser()]);
  return {
    instance,
    browser,
    origin: instance.vault.portal(),
    close: async () => {
      await browser.close();
      await instance.close();
    },
  };
}

/** One person at a browser: a page, what its console complained of, and an authenticator that says yes. */
export interface Person {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[];
  readonly authenticator: Authenticator;
}

export interface Authenticator {
  readonly cdp: CDPSession;
  readonly id: string;
  /** Whether it recognises its user from now on. */
  verifies(yes: boolean): Promise<void>;
}

/** Runs in the page before anything of it. */
const watchPage = `
  globalThis.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
`;

async function authenticatorOf(context: BrowserContext, page: Page, evaluates: boolean): Promise<Authenticator> {
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId: id } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...(evaluates ? { ctap2Version: 'ctap2_1' as const, hasPrf: true } : {}),
    },
  });
  return {
    cdp,
    id,
    verifies: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified }) as never,
  };
}

/** `phone`: as narrow as one. `evaluates`: its passkeys can evaluate a secret (PRF). */
export async function openPage(
  { browser, origin }: Pick<Portal, 'browser' | 'origin'>,
  { phone = false, evaluates = false } = {},
): Promise<Person> {
  // A real vault's certificate is its own; an owner has the browser trust it, a test does not ask.
  const context = await browser.newContext({
    viewport: phone ? { width: 390, height: 844 } : { width: 1100, height: 1000 },
    ignoreHTTPSErrors: true,
  });
  context.setDefaultTimeout(120_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // An answer that is a refusal is shown by the page; the browser says it as well.
    if (message.type() === 'error' && !/the server responded with a status of 4/.test(message.text()))
      complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(watchPage);
  const authenticator = await authenticatorOf(context, page, evaluates);
  await page.goto(origin);
  return { page, context, complaints, authenticator };
}

/** What the policy forbade and what else went wrong in a page: nothing. */
export async function nothingWrong({ page, complaints }: Person): Promise<void> {
  assert.deepEqual(await page.evaluate<string[]>('violations'), []);
  assert.deepEqual(complaints, []);
}

/** Has the console say a code, and reads it there. */
export async function consoleCode({ instance }: Portal, owner: OwnerId): Promise<string> {
  const before = instance.vault.log().length;
  const asked = await instance.cli.enrolCode(owner);
  assert.equal(asked.kind, 'done');
  return until('the code on the console', () => /code for [^:]*: ([A-Z2-9-]{14})/.exec(instance.vault.log().slice(before))?.[1]);
}

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

/** Enrols a passkey for an owner with a code from the console, and is signed in. */
export async function enrol(portal: Portal, person: Person, owner: string, code?: string): Promise<void> {
  const { page } = person;
  await page.getByLabel('Owner').fill(owner);
  await page.getByLabel('Code from the console').fill(code ?? (await consoleCode(portal, ownerId(owner))));
  await page.getByLabel('Name of this passkey').fill(`${owner}’s laptop`);
  await button(page, 'Make a passkey').click();
}

export async function signedIn({ page }: Person): Promise<void> {
  await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Accounts' }).waitFor();
}

/** What stands in the refusal that is shown. */
export const refusal = ({ page }: Person): Promise<string> => page.getByRole('alert').first().innerText();

/** Goes to a screen, and is there once what was shown before is gone: the screen is drawn when the vault has answered. */
export async function goTo({ page }: Person, screen: string): Promise<void> {
  const link = page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: screen, exact: true });
  const isElsewhere = new URL(page.url()).hash !== (await link.getAttribute('href'));
  if (isElsewhere)
    await page.evaluate("for (const it of document.querySelectorAll('#main > *')) it.setAttribute('data-left', '')");
  await link.click();
  await until(`the screen ${screen}`, async () => (await page.title()).startsWith(screen) || undefined);
  await page.locator('#main > [data-left]').first().waitFor({ state: 'detached' });
}
