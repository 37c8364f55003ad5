/** Routes of backtests: ask for one, watch it, read what is stored, make a bot of it. */
import {
  AskError,
  compareDocuments,
  htmlReport,
  intervalName,
  listStored,
  mustBeSpot,
  pairsHaving,
  readStored,
  seriesThere,
} from '@holdfast/backtest';
import {
  askBacktest,
  backtestDocument,
  backtestJob,
  backtestsAnswer,
  byBacktest,
  byJob,
  candleSeriesAnswer,
  comparisonAnswer,
  done,
  namedBot,
} from '@holdfast/contracts';
import { z } from 'zod';
import { backtestJobs } from '../backtests/jobs.ts';
import { checkedSettings, makeBot } from '../bots/create.ts';
import type { Context } from '../context.ts';
import { idempotency } from '../engine/command.ts';
import { ApiFailure } from '../failure.ts';
import { answers, changing, count } from './answers.ts';
import type { App } from './app.ts';

/** Turns what the store refuses into a refusal of the API. */
const statuses: Readonly<Record<string, number>> = { 'backtest-unknown': 404, 'backtest-perpetual': 409 };

function stored<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AskError)) throw error;
    throw new ApiFailure(statuses[error.code] ?? 500, error.code, error.message, error.field);
  }
}

/** The page is a document of its own: styles of its own, no script, nothing fetched. */
export const pagePolicy =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const tags = ['backtests'];

export function addBacktestRoutes(app: App, context: Context): () => void {
  const { dataDirectory: data, backtests: host } = context;
  const jobs = backtestJobs(host, Date.now);
  app.get(
    '/api/candle-series',
    {
      schema: {
        operationId: 'listCandleSeries',
        tags,
        summary:
          'Candles, trades and rates of funding that backtests can use; `holdfast data import` and `data download` bring more',
        response: answers(candleSeriesAnswer, 'By exchange and pair, finest first'),
      },
    },
    () => ({
      series: seriesThere(data).map(({ exchange, pair, intervalMs }) => ({ exchange, pair, interval: intervalName(intervalMs) })),
      trades: pairsHaving(data, 'trades'),
      funding: pairsHaving(data, 'funding'),
    }),
  );
  app.post(
    '/api/backtests',
    {
      schema: {
        operationId: 'askBacktest',
        tags,
        summary: 'Run a backtest; it waits its turn and runs beside the server',
        ...changing,
        body: askBacktest,
        response: answers(backtestJob, 'The job; read it again to see how far it is'),
      },
    },
    ({ body }) => {
      checkedSettings(body); // what can be refused at once is
      return jobs.ask(body);
    },
  );
  app.get(
    '/api/backtests',
    {
      schema: {
        operationId: 'listBacktests',
        tags,
        summary: 'Stored runs and jobs, newest first',
        querystring: z.strictObject({ limit: count(500, 50) }),
        response: answers(backtestsAnswer, 'Runs of the command line are there too'),
      },
    },
    ({ query }) => ({
      runs: listStored(data)
        .slice(0, query.limit)
        .map((row) => ({ ...row, pairs: [...row.pairs] })),
      jobs: [...jobs.list()],
    }),
  );
  app.get(
    '/api/backtests/jobs/:id',
    {
      schema: {
        operationId: 'getBacktestJob',
        tags,
        summary: 'How far a backtest is',
        params: byJob,
        response: answers(backtestJob, 'The job; `run` names the stored result once it is done'),
      },
    },
    ({ params }) => jobs.find(params.id),
  );
  app.post(
    '/api/backtests/jobs/:id/cancel',
    {
      schema: {
        operationId: 'cancelBacktest',
        tags,
        summary: 'End a backtest that runs or waits',
        ...changing,
        params: byJob,
        body: z.strictObject({}),
        response: answers(backtestJob, 'The job'),
      },
    },
    ({ params }) => jobs.cancel(params.id),
  );
  app.get(
    '/api/backtests/compare',
    {
      schema: {
        operationId: 'compareBacktests',
        tags,
        summary: 'Stored runs beside each other',
        querystring: z.strictObject({
          ids: z.string().regex(/^[a-z0-9-]{1,80}(,[a-z0-9-]{1,80}){0,9}$/, 'must be up to 10 ids with commas'),
        }),
        response: answers(comparisonAnswer, 'Figures as text, and what differs in what was asked'),
      },
    },
    ({ query }) => {
      const ids = query.ids.split(',');
      const compared = compareDocuments(ids.map((id) => stored(() => readStored(data, id))));
      const mutable = (rows: (typeof compared)['rows']) => rows.map(({ name, values }) => ({ name, values: [...values] }));
      return { ids, rows: mutable(compared.rows), differing: mutable(compared.differing) };
    },
  );
  app.get(
    '/api/backtests/:id',
    {
      schema: {
        operationId: 'getBacktest',
        tags,
        summary: 'A stored run: figures, curves, deals, fills, assumptions',
        params: byBacktest,
        querystring: z.strictObject({ rows: count(20_000, 500) }),
        response: answers(backtestDocument, 'The document, with at most so many deals and fills'),
      },
    },
    ({ params, query }) => {
      const document = stored(() => readStored(data, params.id));
      const cut = { ...document, deals: document.deals.slice(0, query.rows), fills: document.fills.slice(0, query.rows) };
      return cut as unknown as z.input<typeof backtestDocument>;
    },
  );
  app.get('/api/backtests/:id/page', { schema: { hide: true, params: byBacktest } }, ({ params }, reply) => {
    const page = htmlReport(stored(() => readStored(data, params.id)));
    return reply.header('content-security-policy', pagePolicy).type('text/html; charset=utf-8').serializer(String).send(page);
  });
  app.post(
    '/api/backtests/:id/as-bot',
    {
      schema: {
        operationId: 'makeBotOfBacktest',
        tags,
        summary: 'Make a bot with the settings and funds of a stored run, and start it',
        ...changing,
        params: byBacktest,
        headers: idempotency,
        body: namedBot,
        response: answers(done, 'The bot is made'),
      },
    },
    async ({ params, body, headers }) => {
      const document = stored(() => readStored(data, params.id));
      stored(() => mustBeSpot(document.assumptions));
      const bot = await makeBot(context, headers['idempotency-key'], {
        kind: document.kind,
        ...(document.pairs.length === 1 ? { pair: document.pairs[0]! } : { pairs: [...document.pairs] }),
        ...(body.name === undefined ? {} : { name: body.name }),
        settings: document.settings as Record<string, unknown>,
        ...(document.funds === null ? {} : { funds: { ...document.funds } }),
        start: true,
      });
      return { ok: true as const, bot };
    },
  );
  app.post(
    '/api/backtests/:id/remove',
    {
      schema: {
        operationId: 'removeBacktest',
        tags,
        summary: 'Forget a stored run',
        ...changing,
        params: byBacktest,
        body: z.strictObject({}),
        response: answers(z.object({ ok: z.literal(true) }), 'It is gone'),
      },
    },
    async ({ params }) => {
      stored(() => readStored(data, params.id));
      const news = await host.remove(params.id);
      if (news.kind === 'failed') throw new ApiFailure(503, news.code, news.reason);
      return { ok: true as const };
    },
  );
  return () => jobs.close();
}
