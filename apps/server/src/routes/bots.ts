/** Routes of bots and their deals. Reads come from the engine's database, changes go to the engine as commands. */
import {
  botDetail,
  botId,
  botKindsAnswer,
  botRoutes,
  botSettings,
  botsAnswer,
  createBot,
  deal,
  dealsAnswer,
  dependentSettings,
  done,
  ofPair,
  pairsOfKind,
} from '@holdfast/contracts';
import { z } from 'zod';
import { makeBot } from '../bots/create.ts';
import type { Context } from '../context.ts';
import { listBots, showBot } from '../engine/bots.ts';
import { command, idempotency } from '../engine/command.ts';
import { listDeals } from '../engine/deals.ts';
import { ownKinds } from '../engine/strategies.ts';
import { answers, changing, count, since } from './answers.ts';
import type { App } from './app.ts';

const kinds = Object.entries(botSettings);

/** A field of a schema with the conditions under which a form shows it. */
function withConditions(kind: string, schema: Record<string, unknown>): Record<string, unknown> {
  const dependent = dependentSettings[kind] ?? {};
  const properties = Object.entries((schema.properties ?? {}) as Record<string, object>).map(([name, property]) => {
    const shownWhen = dependent[name];
    return [name, shownWhen === undefined ? property : { ...property, shownWhen }] as const;
  });
  return { ...schema, properties: Object.fromEntries(properties) };
}

const botKinds = () =>
  kinds.map(([kind, schema]) => {
    const { $schema: _, ...jsonSchema } = z.toJSONSchema(schema, { io: 'input' });
    return {
      kind,
      title: jsonSchema.title ?? kind,
      description: jsonSchema.description ?? '',
      pairs: pairsOfKind[kind] ?? 'one',
      schema: withConditions(kind, jsonSchema),
    };
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
    async () => ({ kinds: [...botKinds(), ...(await ownKinds(context.database()))] }),
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
      const made = await makeBot(context, headers['idempotency-key'], body);
      return { ok: true as const, bot: made };
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
  'release-kept': 'Give coins that the bot keeps of cancelled deals back to the owner',
};
