/** Routes that look at bots: their own report, statistics, and what became of signals. */
import { botId, botReport, signalsAnswer, statisticsAnswer } from '@holdfast/contracts';
import { z } from 'zod';
import { reportOf } from '../bots/report.ts';
import { botRow } from '../bots/rows.ts';
import { signalsView } from '../bots/signals.ts';
import { readStatistics } from '../bots/statistics.ts';
import type { Context } from '../context.ts';
import { answers, count } from './answers.ts';
import type { App } from './app.ts';

const byId = z.object({ id: botId });

export function addBotLookRoutes(app: App, context: Context): void {
  app.get(
    '/api/bots/:id/report',
    {
      schema: {
        operationId: 'getBotReport',
        tags: ['bots'],
        summary: 'What a bot says of itself: targets, stop loss and why it does not rest, trailing; lines of a grid',
        params: byId,
        response: answers(botReport, 'The report'),
      },
    },
    async ({ params }) => reportOf(await botRow(context.database(), params.id)),
  );
  app.get(
    '/api/bots/:id/statistics',
    {
      schema: {
        operationId: 'getBotStatistics',
        tags: ['bots'],
        summary: 'Profit of a bot by day, pair and deal, fees, funds locked, drawdown, time in the market',
        params: byId,
        response: answers(statisticsAnswer, 'One part for each asset that its pairs are priced in'),
      },
    },
    async ({ params }) => {
      const db = context.database();
      return { statistics: [...(await readStatistics(db, [await botRow(db, params.id, 'also deleted')]))] };
    },
  );
  app.get(
    '/api/statistics',
    {
      schema: {
        operationId: 'getStatistics',
        tags: ['bots'],
        summary: 'The same over all bots, deleted ones too: what they made was made',
        response: answers(statisticsAnswer, 'One part for each asset that pairs are priced in'),
      },
    },
    async () => {
      const db = context.database();
      const bots = await db.selectFrom('bots').selectAll().execute();
      return { statistics: [...(await readStatistics(db, bots))] };
    },
  );
  app.get(
    '/api/signals',
    {
      schema: {
        operationId: 'listSignals',
        tags: ['bots'],
        summary: 'What became of each signal and why, newest first',
        querystring: z.strictObject({ limit: count(500, 50), bot: botId.optional() }),
        response: answers(signalsAnswer, 'Signals, and what was turned away'),
      },
    },
    ({ query }) => signalsView(context.signalsFile, query.limit, query.bot),
  );
}
