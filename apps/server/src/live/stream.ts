/** One listener of live events: server-sent events over an open answer. A listener that does not read is let go. */
import type { ServerResponse } from 'node:http';
import type { Hub, LiveEvent } from './hub.ts';

/** What may wait for a listener that reads slowly. */
const backlogBytesMax = 1024 * 1024;

const frame = ({ event, data }: LiveEvent): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Writes until the other side goes. `first` is said before anything else. The returned function ends the stream. */
export function streamEvents(response: ServerResponse, hub: Hub, first: readonly LiveEvent[], ended: () => void): () => void {
  response.write('retry: 1000\n\n');
  for (const event of first) response.write(frame(event));
  const leave = hub.listen((event) => {
    response.write(frame(event));
    if (response.writableLength > backlogBytesMax) response.destroy();
  });
  response.on('error', () => {}); // 'close' follows
  response.once('close', () => {
    leave();
    ended();
  });
  return () => response.end();
}
