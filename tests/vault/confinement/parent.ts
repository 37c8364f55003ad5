/** Starts the probe exactly as the warden starts the signer, and passes on what it says. */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { launchSigner } from '../../../apps/vault/src/warden/launch.ts';

const [entry = '', folder = ''] = process.argv.slice(2);
const child = launchSigner({ entry, folder });
let coreLimit = '0';
child.stdout!.once('data', () => {
  if (existsSync(`/proc/${child.pid}/limits`)) {
    const limits = readFileSync(`/proc/${child.pid}/limits`, 'utf8');
    coreLimit = /^Max core file size\s+(\S+\s+\S+)/m.exec(limits)?.[1] ?? '';
  }
});
child.stdout!.pipe(process.stdout);
child.stderr!.pipe(process.stderr);
for (const end of child.stdio.slice(3)) (end as NodeJS.ReadableStream | null)?.on('error', () => {});
child.on('exit', async () => {
  await sleep(300); // a signal that opens an inspector does so soon after
  process.stdout.write(`${JSON.stringify({ parentAlive: true, coreLimit })}\n`);
});
