/** `main.ts FOLDER HOST PORT`: serves the unsealer of FOLDER until its standard input ends or a signal comes. */
import { appendFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openUnsealer } from './book.ts';
import { createUnsealer } from './serve.ts';

const [folder = '', host = '', port = ''] = process.argv.slice(2);
try {
  const log = (line: string): void => {
    appendFileSync(join(folder, 'shares.log'), `${line}\n`, { mode: 0o600 });
    process.stderr.write(`${line}\n`);
  };
  const server = createUnsealer({ folder, unsealer: openUnsealer(folder), now: Date.now, log });
  server.on('error', (error) => {
    process.stderr.write(`unsealer: cannot listen on ${host} port ${port}: ${error.message}\n`);
    process.exit(69);
  });
  server.listen({ host, port: Number(port) }, () => {
    const { port: taken } = server.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ ready: true, port: taken })}\n`);
  });
} catch (error) {
  process.stderr.write(`unsealer: ${(error as Error).message}\n`);
  process.exit(65);
}
