/** The event stream of the door, opened again whenever it ends. Events come in order of their `seq`, each at least once. */
import type { IncomingMessage } from 'node:http';
import { type DoorEvent, doorPaths } from '@holdfast/domain';
import { parseDoor } from './decode.ts';
import { type Caller, type Door, readAll, send } from './request.ts';

export interface EventListener {
  readonly event: (event: DoorEvent) => void;
  /** The stream is open, or it is lost and why. */
  readonly state: (connected: boolean, reason: string | null) => void;
}

const retryMsFirst = 50;
const retryMsMost = 2000;
const lineBytesMax = 1024 * 1024;

/** Streams events until the returned function is called; `next` is asked for the first sequence at each connection. */
export function followEvents(door: Door, caller: Caller, next: () => number, listener: EventListener): () => void {
  let stopped = false;
  let current: IncomingMessage | undefined;
  let retryMs = retryMsFirst;
  let timer: NodeJS.Timeout | undefined;

  const lost = (reason: string): void => {
    current = undefined;
    if (stopped) return;
    listener.state(false, reason);
    timer = setTimeout(open, retryMs);
    retryMs = Math.min(retryMs * 2, retryMsMost);
  };

  const open = async (): Promise<void> => {
    let failure = 'the stream ended';
    try {
      const answer = await send(door, caller, 'GET', `${doorPaths.events}?from=${next()}`, '');
      if (stopped) return void answer.destroy();
      current = answer;
      if (answer.statusCode !== 200) return lost(`status ${answer.statusCode}: ${await readAll(answer)}`);
      answer.socket.setTimeout(0);
      retryMs = retryMsFirst;
      listener.state(true, null);
      answer.on('error', (error) => {
        failure = error.message;
      });
      answer.on('close', () => lost(failure));
      readLines(answer, (line) => {
        if (!stopped) listener.event(parseDoor(line) as DoorEvent);
      });
    } catch (error) {
      lost((error as Error).message);
    }
  };

  void open();
  return () => {
    stopped = true;
    clearTimeout(timer);
    current?.destroy();
  };
}

/** A line that cannot be read ends the stream; what the listener throws is not ours and goes on. */
function readLines(answer: IncomingMessage, onLine: (line: string) => void): void {
  let held = '';
  answer.setEncoding('utf8');
  answer.on('data', (chunk: string) => {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
    if (held.length > lineBytesMax) answer.destroy(new Error(`a line longer than ${lineBytesMax} bytes`));
  });
}
