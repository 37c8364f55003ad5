/** Routes of the limits over all bots. Read from the engine's database, changed by commands to the engine. */
import { randomUUID } from 'node:crypto';
import { type GuardRecord, guardChanges, guardSettings, guardsAnswer } from '@holdfast/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { ApiFailure } from '../failure.ts';
import type { EngineRequest } from '../ports.ts';
import { answers, changing } from './answers.ts';
import type { App } from './app.ts';

const { $schema: _, ...schema } = z.toJSONSchema(guardSettings, { io: 'input' });

async function readGuards(context: Context) {
  const db = context.database();
  const [row, engine] = await Promise.all([
    db.selectFrom('guards').select('record').executeTakeFirst(),
    db.selectFrom('engine').select(['quote', 'time']).executeTakeFirst(),
  ]);
  const none = {
    settings: guardSettings.parse({}),
    quote: engine?.quote ?? 'USDT',
    pauses: [],
    day: { start: 0, results: {}, stopped: false },
  };
  const record = row === undefined ? none : (JSON.parse(row.record) as GuardRecord);
  const time = engine?.time ?? null;
  return { ...record, pauses: record.pauses.filter(({ until }) => until > (time ?? 0)), schema, time };
}

/** @throws ApiFailure with the engine's code */
async function command(context: Context, request: EngineRequest): Promise<void> {
  const answer = await context.engine.command(`api:${randomUUID()}`, request);
  if (answer.ok) return;
  const { code, reason } = answer.error;
  throw new ApiFailure(code === 'settings-malformed' ? 400 : 409, code, reason, fieldOf(reason));
}

/** The first field that a sentence such as `Settings: maxDeals: must be at least 0` names. */
const fieldOf = (reason: string): string | undefined => /^Settings: ([A-Za-z]+)/.exec(reason)?.[1];

export function addGuardRoutes(app: App, context: Context): void {
  app.get(
    '/api/guards',
    {
      schema: {
        operationId: 'getGuards',
        tags: ['guards'],
        summary: 'Limits over all bots, and what they hold back now',
        response: answers(guardsAnswer, 'Settings, pauses, the result of the day, and the JSON Schema of the settings'),
      },
    },
    () => readGuards(context),
  );
  app.post(
    '/api/guards',
    {
      schema: {
        operationId: 'setGuards',
        tags: ['guards'],
        summary: 'Change limits over all bots; what is not named stays',
        ...changing,
        body: guardChanges,
        response: answers(guardsAnswer, 'As they are now'),
      },
    },
    async ({ body }) => {
      await command(context, { command: 'guards-set', changes: body });
      return readGuards(context);
    },
  );
  app.post(
    '/api/guards/resume',
    {
      schema: {
        operationId: 'resumeGuards',
        tags: ['guards'],
        summary: "End pauses and today's stop; losses of today are counted anew",
        ...changing,
        body: z.strictObject({}),
        response: answers(guardsAnswer, 'As they are now'),
      },
    },
    async () => {
      await command(context, { command: 'guards-resume' });
      return readGuards(context);
    },
  );
}
