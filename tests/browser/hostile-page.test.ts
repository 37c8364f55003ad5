/**
 * A page on another origin of the same machine, open in the owner's browser, tries every way that a page has to change or
 * read something at the server; then a name that was rebound to this machine. Nothing may change and nothing may be read.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browserSkip, launchBrowser } from '@holdfast/testkit';
import type { Browser } from 'playwright-core';
import { type Scripted, scriptedServer } from '../../apps/server/src/testing/neighbours.ts';

const skip = browserSkip();
const reboundName = 'rebound.example';

let scripted: Scripted;
let attacker: Server;
let browser: Browser;
let port = 0;
let attackerPort = 0;

before(async () => {
  if (skip !== false) return;
  scripted = await scriptedServer({ listenPort: () => port });
  await scripted.app.listen({ host: '127.0.0.1', port: 0 });
  port = (scripted.app.server.address() as AddressInfo).port;
  attacker = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>hostile</title><body></body>');
  });
  await new Promise<void>((done) => attacker.listen(0, '127.0.0.1', done));
  attackerPort = (attacker.address() as AddressInfo).port;
  browser = await launchBrowser([`--host-resolver-rules=MAP ${reboundName} 127.0.0.1`]);
});

after(async () => {
  if (skip !== false) return;
  await browser.close();
  await scripted.close();
  attacker.closeAllConnections();
  attacker.close();
});

/** Opens a page and runs there one of the functions of hostile-page.browser.js against `target`. */
async function onPage<Learned>(url: string, work: 'attack' | 'useIt' | 'ask', target: string): Promise<Learned> {
  // The policy of a refusal would stop its page already; what is tried here is the server.
  const context = await browser.newContext({ bypassCSP: work === 'ask' });
  await context.addInitScript({ path: join(import.meta.dirname, 'hostile-page.browser.js') });
  const page = await context.newPage();
  try {
    await page.goto(url);
    return (await page.evaluate(`${work}(${JSON.stringify(target)})`)) as Learned;
  } finally {
    await context.close();
  }
}

test('a hostile page on another origin of this machine changes nothing and reads nothing', {
  skip,
  timeout: 180_000,
}, async () => {
  for (const [page, target] of [
    [`http://127.0.0.1:${attackerPort}/`, `http://127.0.0.1:${port}`],
    [`http://localhost:${attackerPort}/`, `http://localhost:${port}`],
    [`http://${reboundName}:${attackerPort}/`, `http://localhost:${port}`],
  ] as const) {
    const learned = await onPage<Record<string, string>>(page, 'attack', target);
    assert.ok(Object.keys(learned).length >= 13, JSON.stringify(learned));
    assert.deepEqual(
      Object.entries(learned).filter(([, what]) => what !== 'nothing'),
      [],
      page,
    );
  }
  assert.deepEqual(scripted.freezes, []);
  assert.deepEqual(scripted.commands, []);
});

test('a name that was rebound to this machine is not answered', { skip, timeout: 180_000 }, async () => {
  const page = `http://${reboundName}:${port}`;
  const answers = await onPage<[number, string][]>(`${page}/`, 'ask', page);
  assert.deepEqual(
    answers.map(([status]) => status),
    [421, 421],
  );
  assert.ok(answers.every(([, text]) => !text.includes('dca1')));
  assert.deepEqual(scripted.freezes, []);
});

test('our own page reads, listens and freezes', { skip, timeout: 180_000 }, async () => {
  const own = `http://localhost:${port}`;
  assert.deepEqual(await onPage(`${own}/`, 'useIt', own), { read: 200, heard: true, freeze: 200 });
  assert.deepEqual(scripted.freezes, ['the owner asked']);
});
