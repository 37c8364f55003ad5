/** Routes that say how things are: status, equity, log. */
import { equityAnswer, logAnswer, status } from '@holdfast/contracts';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { readLog } from '../engine/log.ts';
import { mainQuote } from '../status/accounts.ts';
import { readStatus } from '../status/status.ts';
import { answers, count, since } from './answers.ts';
import type { App } from './app.ts';

export function addStatusRoutes(app: App, context: Context): void {
  app.get(
    '/api/status',
    {
      schema: {
        operationId: 'getStatus',
        tags: ['status'],
        summary: 'Everything at a glance: processes, accounts, vault, bots, profit, and whether the books agree',
        response: answers(status, 'The state of this instance'),
      },
    },
    () => readStatus(context),
  );
  app.get(
    '/api/equity',
    {
      schema: {
        operationId: 'getEquity',
        tags: ['status'],
        summary: 'Value of the account over time, oldest first',
        querystring: z.strictObject({ limit: count(5000, 1000) }),
        response: answers(equityAnswer, 'The curve, thinned to `limit` points with its peaks and troughs'),
      },
    },
    async ({ query }) => {
      const db = context.database();
      return context.equity(await mainQuote(db, await context.vaultStatus()), query.limit);
    },
  );
  app.get(
    '/api/log',
    {
      schema: {
        operationId: 'getLog',
        tags: ['status'],
        summary: 'What the engine did, newest first',
        querystring: z.strictObject({ limit: count(500, 100), before: since, bot: z.string().optional() }),
        response: answers(logAnswer, 'Entries; `next` is the `before` of the following page'),
      },
    },
    ({ query }) => readLog(context.database(), query),
  );
}
