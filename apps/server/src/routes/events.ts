/** `GET /api/events`: live events as server-sent events. */
import { z } from 'zod';
import type { Context } from '../context.ts';
import { ApiFailure } from '../failure.ts';
import { streamEvents } from '../live/stream.ts';
import { readStatusEvent } from '../status/status.ts';
import type { App } from './app.ts';

const listenersMost = 32;

/** The returned function ends all streams. */
export function addEventsRoute(app: App, context: Context): () => void {
  const streams = new Set<() => void>();
  app.get(
    '/api/events',
    {
      schema: {
        operationId: 'streamEvents',
        tags: ['events'],
        summary: 'Live events: `status`, `tick`, `candle`, `changed`, as server-sent events with JSON data',
        produces: ['text/event-stream'],
        response: { 200: z.string().describe('A stream that stays open; see docs/api.md') },
      },
    },
    async (_, reply) => {
      if (streams.size >= listenersMost) {
        const reason = `${listenersMost} listeners are connected already; close one`;
        throw new ApiFailure(429, 'too-many-listeners', reason);
      }
      const first = { event: 'status', data: await readStatusEvent(context) } as const;
      const headers = reply.getHeaders();
      reply.hijack();
      reply.raw.writeHead(200, {
        ...(headers as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'x-accel-buffering': 'no',
      });
      const end = streamEvents(reply.raw, context.hub, [first], () => streams.delete(end));
      streams.add(end);
    },
  );
  return () => {
    for (const end of streams) end();
  };
}
