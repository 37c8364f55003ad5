/** Processes that help with sweeps: a confined process may have no threads, so each is one of its own, confined the same. */
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { type Brought, bring, type Helper, mustBeSameData, readSweep, readySweep } from '@holdfast/backtest';
import { settingsOf } from './ask.ts';
import { hostSocketPath, workAnswer, workJobs, workRequest } from './protocol.ts';

/** A few hundred jobs with their settings. */
const lineBytesMost = 8 * 1024 * 1024;

/** Those that run now; none in an installation that starts none. */
export const helpersOf = (data: string, sweep: string): readonly Helper[] =>
  Array.from({ length: availableParallelism() - 1 }, (_, at) => hostSocketPath(data, at + 1))
    .filter((path) => existsSync(path))
    .map((path) => helperAt(path, sweep));

function helperAt(path: string, id: string): Helper {
  const socket = connect(path);
  const waiting: { readonly done: (brought: Brought) => void; readonly lost: (error: Error) => void }[] = [];
  let gone: Error | undefined;
  const lose = (error: Error): void => {
    gone ??= error;
    for (const { lost } of waiting.splice(0)) lost(gone);
  };
  socket.on('error', (cause) => lose(new Error('the process that helps went away', { cause })));
  socket.on('close', () => lose(new Error('the process that helps went away')));
  const lines = createInterface({ input: socket });
  lines.on('error', lose); // it says those of the socket again
  lines.on('line', (line) => {
    const answer = workAnswer.safeParse(JSON.parse(line));
    if (answer.success) waiting.shift()?.done(answer.data);
    else lose(new Error('the process that helps speaks otherwise'));
  });
  socket.write(`${JSON.stringify({ do: 'work', id })}\n`);
  return {
    run: (jobs) =>
      new Promise((done, lost) => {
        if (gone !== undefined) return lost(gone);
        waiting.push({ done, lost });
        socket.write(`${JSON.stringify({ jobs })}\n`);
      }),
    close: () => socket.destroy(),
  };
}

/** Does jobs of a stored sweep for whoever asks, line by line. What cannot be done ends the connection: the asker does it then. */
export function helpWith(first: string, rest: string, socket: Socket, data: string): void {
  const { id } = workRequest.parse(JSON.parse(first));
  const stored = readSweep(data, id);
  const ready = readySweep(stored.asked, data, settingsOf(stored.asked.ask.kind));
  mustBeSameData(id, stored, ready);
  const answer = (line: string): void => {
    try {
      const { jobs } = workJobs.parse(JSON.parse(line));
      socket.write(`${JSON.stringify(bring(ready.cases, jobs))}\n`);
    } catch {
      socket.destroy();
    }
  };
  let held = rest;
  const take = (text: string): void => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    if (held.length > lineBytesMost) socket.destroy();
    for (const line of lines) answer(line);
  };
  take('');
  socket.on('data', (text) => take(String(text)));
}
