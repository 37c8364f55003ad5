/**
 * A real Chromium for tests. Where there is none a test is skipped, and says so; with HOLDFAST_REQUIRE_BROWSER=1 its
 * absence is an error, so that a build cannot pass without having looked at the page.
 */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const candidates = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of the browser's program; undefined when none is installed. */
export const chromiumPath = (): string | undefined => candidates.find((path) => path !== undefined && existsSync(path));

/** For `test(name, { skip: browserSkip() }, …)`: false, or why the test is skipped. @throws when a browser is required and missing */
export function browserSkip(): string | false {
  if (chromiumPath() !== undefined) return false;
  if (process.env.HOLDFAST_REQUIRE_BROWSER === '1')
    throw new Error('no Chromium found; install the package chromium or set CHROMIUM to its program');
  return 'no Chromium is installed: install the package chromium or set CHROMIUM to its program';
}

/** Starts a browser that asks nothing of the network by itself. The caller closes it. */
export function launchBrowser(extraArguments: readonly string[] = []): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('no Chromium found');
  const isRoot = process.getuid?.() === 0;
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      ...(isRoot ? ['--no-sandbox'] : []),
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-quic',
      '--disable-sync',
      '--no-first-run',
      '--disable-dev-shm-usage',
      ...extraArguments,
    ],
  });
}
