/** Routes of bots and their deals. Reads come from the engine's database, changes go to the engine as commands. */
import { randomUUID } from 'node:crypto';
import {
  botDetail,
  botId,
  botKindsAnswer,
  botRoutes,
  botSettings,
  botsAnswer,
  type CreateBot,
  createBot,
  deal,
  dealsAnswer,
  done,
  ofPair,
} from '@holdfast/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { listBots, showBot } from '../engine/bots.ts';
import { listDeals } from '../engine/deals.ts';
import { ApiFailure } from '../failure.ts';
import { malformed } from '../openapi/zod-provider.ts';
import type { EngineRequest } from '../ports.ts';
import { answers, changing, count, since } from './answers.ts';
import type { App } from './app.ts';

const kinds = Object.entries(botSettings);

const botKinds = () =>
  kinds.map(([kind, schema]) => {
    const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, { io: 'input' });
    return { kind, title: jsonSchema.title ?? kind, description: jsonSchema.description ?? '', schema: jsonSchema };
  });

/** `DCA BTC/USDT`, `DCA of 3 pairs`; pairs that the settings name are not counted. */
function nameOf({ kind, pair, pairs = [] }: CreateBot): string {
  const named = pairs.length > 0 ? pairs : pair === undefined ? [] : [pair];
  if (named.length === 0) return kind.toUpperCase();
  return `${kind.toUpperCase()} ${named.length === 1 ? named[0] : `of ${named.length} pairs`}`;
}

/** Settings completed with their defaults. @throws ApiFailure bot-kind-unknown, settings-malformed */
function checkedSettings({ kind, settings }: CreateBot): Record<string, unknown> {
  const schema = kinds.find(([name]) => name === kind)?.[1];
  if (schema === undefined) {
    const known = kinds.map(([name]) => name).join(', ');
    throw new ApiFailure(400, 'bot-kind-unknown', `there is no kind of bot "${kind}"; it must be one of: ${known}`, 'kind');
  }
  const result = schema.safeParse(settings);
  if (result.success) return result.data;
  const { message, field } = malformed(result.error);
  throw new ApiFailure(400, 'settings-malformed', message, field === undefined ? 'settings' : `settings.${field}`);
}

/** HTTP statuses of the engine's codes; all others are 409: understood, but not possible as things are. */
const statuses: Readonly<Record<string, number>> = {
  'bot-unknown': 404,
  'bot-kind-unknown': 400,
  'command-malformed': 400,
  'funds-malformed': 400,
  'pair-malformed': 400,
  'pair-unknown': 400,
  'settings-malformed': 400,
  'settings-unfit': 400,
  'vault-unreachable': 503,
  'exchange-unreachable': 503,
};

/** @throws ApiFailure with the engine's code */
async function command<Result>(context: Context, id: string | undefined, request: EngineRequest): Promise<Result> {
  const answer = await context.engine.command(`api:${id ?? randomUUID()}`, request);
  if (answer.ok) return answer.result as Result;
  throw new ApiFailure(statuses[answer.error.code] ?? 409, answer.error.code, answer.error.reason);
}

const idempotency = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -')
    .optional()
    .describe('Sent again with the same key, a change is made once and gets the same answer'),
});

const byId = z.object({ id: botId });

export function addBotRoutes(app: App, context: Context): void {
  app.get(
    '/api/bot-kinds',
    {
      schema: {
        operationId: 'listBotKinds',
        tags: ['bots'],
        summary: 'Kinds of bots, each with the JSON Schema of its settings',
        response: answers(botKindsAnswer, 'All kinds'),
      },
    },
    () => ({ kinds: botKinds() }),
  );
  app.get(
    '/api/bots',
    {
      schema: {
        operationId: 'listBots',
        tags: ['bots'],
        summary: 'All bots, oldest first',
        response: answers(botsAnswer, 'All bots'),
      },
    },
    async () => ({ bots: [...(await listBots(context.database(), await context.dealTotals()))] }),
  );
  app.get(
    '/api/bots/:id',
    {
      schema: {
        operationId: 'getBot',
        tags: ['bots'],
        summary: 'One bot: settings, funds, what it waits for, and its open deal with the ladder',
        params: byId,
        response: answers(botDetail, 'The bot'),
      },
    },
    async ({ params }) => showBot(context.database(), params.id, await context.dealTotals()),
  );
  app.post(
    '/api/bots',
    {
      schema: {
        operationId: 'createBot',
        tags: ['bots'],
        summary: 'Make a bot',
        ...changing,
        headers: idempotency,
        body: createBot,
        response: answers(done, 'The bot is made'),
      },
    },
    async ({ body, headers }) => {
      const settings = checkedSettings(body);
      const made = await command<{ id: string }>(context, headers['idempotency-key'], {
        command: 'bot-create',
        name: body.name ?? nameOf(body),
        kind: body.kind,
        ...(body.pair === undefined ? {} : { pair: body.pair }),
        ...(body.pairs === undefined ? {} : { pairs: body.pairs }),
        settings,
        ...(body.funds === undefined ? {} : { funds: body.funds }),
        start: body.start ?? true,
      });
      return { ok: true as const, bot: made.id };
    },
  );
  for (const action of botRoutes) {
    app.post(
      `/api/bots/:id/${action}`,
      {
        schema: {
          operationId: action.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()),
          tags: ['bots'],
          summary: actionSummaries[action],
          ...changing,
          params: byId,
          headers: idempotency,
          body: ofPair,
          response: answers(done, 'Committed'),
        },
      },
      async ({ params, headers, body }) => {
        await command(context, headers['idempotency-key'], { command: 'bot-action', bot: params.id, action, ...body });
        return { ok: true as const, bot: params.id };
      },
    );
  }
  app.get(
    '/api/deals',
    {
      schema: {
        operationId: 'listDeals',
        tags: ['deals'],
        summary: 'Deals, newest first',
        querystring: z.strictObject({
          bot: botId.optional(),
          state: deal.shape.state.optional(),
          limit: count(500, 50),
          before: since,
        }),
        response: answers(dealsAnswer, 'Deals; `next` is the `before` of the following page'),
      },
    },
    ({ query }) => listDeals(context.database(), query),
  );
}

const actionSummaries: Readonly<Record<(typeof botRoutes)[number], string>> = {
  start: 'Let it open deals',
  stop: 'Open no new deal; the open one goes on to its end',
  'start-deal': 'Open a deal now',
  'close-now': 'Sell the open deal at once',
  'cancel-deal': 'Cancel the orders of the open deal and keep the coins',
};
