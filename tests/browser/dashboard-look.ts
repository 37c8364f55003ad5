/** The dashboard in a real browser over canned answers: opens it, watches what it does wrong, takes pictures of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { buildDashboard } from '@holdfast/dashboard/build';
import { browserSkip, launchBrowser } from '@holdfast/testkit';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { cannedAnswers, type Fixture, startFixture } from './dashboard-fixture.ts';

/** Where pictures of the page go, if anywhere: HOLDFAST_SHOTS=folder. */
const shots = process.env.HOLDFAST_SHOTS;
const wide = { width: 1440, height: 1000 };
const phone = { width: 390, height: 844 };

export interface Look {
  readonly page: Page;
  /** What the console complained of, policy violations included. */
  readonly complaints: string[];
}

/** Runs in the page, before anything of it: counts broken rules of the policy, and how far things moved by themselves. */
const watchPage = `
  Object.assign(window, { violations: [], shifts: [] });
  document.addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective + ' ' + event.blockedURI));
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries())
      shifts.push({ value, moved: sources.map(({ node }) => (node?.className || node?.nodeName) + ': ' + node?.textContent.slice(0, 40)) });
  }).observe({ type: 'layout-shift', buffered: true });
`;

export interface Shift {
  readonly value: number;
  readonly moved: readonly string[];
}

async function picture(page: Page, name: string, part?: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.waitForTimeout(300);
  const path = join(shots, `${name}.png`);
  if (part === undefined) await page.screenshot({ path, fullPage: true });
  else await page.locator(part).screenshot({ path });
}

const isFilled = (page: Page) =>
  Promise.all(
    ['candles', 'equity', 'ladder', 'closed-deals', 'verdicts', 'processes', 'log', 'bots', 'vault'].map((id) =>
      page.getByTestId(id).waitFor({ timeout: 60_000 }),
    ),
  );

const noOverflow = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

/** Registers what a file of tests needs; each test begins with fresh answers. */
export function dashboardInBrowser() {
  const skip = browserSkip();
  let browser: Browser;
  let fixture: Fixture;
  before(async () => {
    if (skip !== false) return;
    await buildDashboard();
    [browser, fixture] = [await launchBrowser(), await startFixture()];
  });
  after(async () => {
    await browser?.close();
    await fixture?.close();
  });
  beforeEach(() => {
    if (fixture === undefined) return;
    Object.assign(fixture.answers, cannedAnswers());
    Object.assign(fixture, { broken: undefined, refusal: undefined });
    fixture.sent.length = 0;
  });
  async function look(options: BrowserContextOptions = { viewport: wide }): Promise<Look> {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(120_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(watchPage);
    await page.goto(fixture.url);
    return { page, complaints };
  }
  return { skip, look, fixture: (): Fixture => fixture, isFilled, noOverflow, picture, wide, phone };
}
